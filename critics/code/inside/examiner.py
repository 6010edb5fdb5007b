"""The tests' process: runs the tests of one check, with the candidate at the other end of two pipes."""

from __future__ import annotations

import ast
import builtins
import sys
import threading
from collections.abc import Container
from types import ModuleType
from typing import Any

from modulo.critics.code.inside.asserting import Assertions
from modulo.critics.code.inside.remote import Remote, report_unloaded
from modulo.critics.code.inside.reporting import Report
from modulo.critics.code.inside.servant import MODULE, error_reply, load_module, read_job

__all__ = ["main"]


def main(fds: list[int]) -> None:
    """Run the tests and report; returns only if the tests made it impossible.

    Args:
        fds: The job, the pipe for the report, the pipe of calls, the pipe of replies.
    """
    job_fd, report_fd, calls, replies = fds
    job = read_job(job_fd)
    report = Report(report_fd, job["nonce"])
    if "source" in job:
        run_together(job, report)
    remote = Remote(calls, replies, report)
    functions = {name: remote.function(name) for name in remote.wait_until_loaded()}
    _new_module(MODULE)
    names = frozenset(("candidate", job["entry_point"]))
    run_tests(job, functions, Assertions(report, remote, names))


def run_together(job: dict[str, Any], report: Report) -> None:
    """Run program and tests in this one process, which the program can do anything to."""
    try:
        program = load_module(job["source"])
    except BaseException as error:  # noqa: BLE001  the program may raise anything
        report_unloaded(report, *error_reply(error, job["source"]))
    report.calls = 1  # nobody counts them here
    names = {name: value for name, value in vars(program).items() if not name.startswith("__")}
    run_tests(job, names, Assertions(report, None, frozenset(("candidate", job["entry_point"]))))


def run_tests(job: dict[str, Any], functions: dict[str, Any], assertions: Assertions) -> None:
    """Run the tests of a job and report.

    Args:
        job: The job.
        functions: The program's functions by name, as tests can call them.
        assertions: Takes what comes of them.
    """
    report = assertions.report
    threading.excepthook = lambda failed: _doubt_thread(report, failed)
    try:
        prompt = _parsed(job["prompt"])
        _check_definitions(report, job["entry_point"], prompt, functions)
        _check_imports(report, _parsed(_python_of(job)), functions.keys() | _defined(prompt))
        scope = vars(_new_module("tests"))
        _run_prompt(prompt, scope, report)
        scope[job["entry_point"]] = functions[job["entry_point"]]
        if "source" not in job:
            _offer(job, prompt, scope, functions)
        if job["format"] == "assertions":
            _run_assertions(job, scope, functions, assertions)
        else:
            from modulo.critics.code.inside.suites import SUITES  # only there where it is needed

            SUITES[job["format"]](job["test"], scope, assertions)
    except SystemExit:
        report.broken("the tests ended before their end")
    except SyntaxError as error:
        report.broken(f"the tests are no Python: {error}")
    except Exception as error:  # noqa: BLE001  tests may raise anything
        assertions.failed(error)
    conclude(assertions, in_suite=job["format"] != "assertions")


def _doubt_thread(report: Report, failed: threading.ExceptHookArgs) -> None:
    report.doubt = f"a thread of the tests ended with {failed.exc_type.__name__}, and the tests went on"


def _run_assertions(
    job: dict[str, Any], scope: dict[str, Any], functions: dict[str, Any], assertions: Assertions
) -> None:
    """Tests as in HumanEval and MBPP: assertions at the top, or in ``check(candidate)``."""
    candidate = scope["candidate"] = functions[job["entry_point"]]
    try:
        tree = ast.parse(job["test"], "<tests>")
        _lend_functions(job, tree, scope, functions)
        calls_itself = _calls_check(tree)
        scope |= assertions.instrument(tree)
        code = compile(tree, "<tests>", "exec", dont_inherit=True)
    except RecursionError:
        assertions.report.broken("the tests are nested too deep to be compiled")
    exec(code, scope)  # noqa: S102
    check = scope.get("check", candidate)  # some functions to be written have that very name
    if check is not candidate and not calls_itself:
        check(candidate)


def _lend_functions(
    job: dict[str, Any], tree: ast.Module, scope: dict[str, Any], functions: dict[str, Any]
) -> None:
    """Give tests further functions of the program that they call, if they run with it or are about another one.

    Where they do call the entry point, a helper that they forgot must not be the program's, which could say yes to
    everything.
    """
    if "source" in job or not _calls_any(tree, ("candidate", job["entry_point"])):
        scope |= {name: functions[name] for name in _unbound(tree) & set(functions) - set(scope)}


def conclude(assertions: Assertions, *, in_suite: bool) -> None:
    """Report what came out; tests that tested nothing have passed nothing."""
    report = assertions.report
    if report.has_faults:
        report.end()
    if not report.calls:
        report.broken("the tests never call the code")
    if report.doubt:
        report.broken(report.doubt)
    if not report.passed and (in_suite or assertions.nodes):
        report.broken("the tests call the code, but none of them came to a result")
    report.passed = report.passed or 1  # tests without assertions: that nothing was raised is one test
    report.end()


def _offer(job: dict[str, Any], prompt: ast.Module, scope: dict[str, Any], functions: dict[str, Any]) -> None:
    """Make the program a module for tests to import.

    What the prompt defines besides the entry point is the prompt's there too. An import of everything gets no more
    than the tests need from it, and no name of a built-in function is there: the program must not bring an ``abs`` of
    its own into them.
    """
    helpers = {name: scope[name] for name in _defined(prompt) & set(scope) - {job["entry_point"]}}
    starred = {job["entry_point"], *helpers, *(_wanted_of_all(_python_of(job)) & set(functions) - set(scope))}
    others = {name: function for name, function in functions.items() if name not in vars(builtins)}
    offered = {**others, job["entry_point"]: functions[job["entry_point"]], **helpers}
    vars(sys.modules[MODULE]).update({**offered, "__all__": sorted(starred)})


def _defined(prompt: ast.Module) -> set[str]:
    """Functions and classes that a prompt defines."""
    return {part.name for part in prompt.body if isinstance(part, (ast.FunctionDef, ast.ClassDef))}


def _wanted_of_all(test: str) -> set[str]:
    """Names that tests can only mean the program's by, if they import everything from it and from nowhere else."""
    tree = _parsed(test)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    sources = [node.module for node in imports if node.names[0].name == "*"]
    return _unbound(tree) if sources == [MODULE] else set()


def _python_of(job: dict[str, Any]) -> str:
    """The tests as a program."""
    return _session(job["test"]) if job["format"] == "doctest" else str(job["test"])


def _session(text: str) -> str:
    """What an interactive session has typed in."""
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line[4:] for line in lines if line.startswith((">>> ", "... ")))


def _parsed(text: str) -> ast.Module:
    """A source; an empty one for words, for what stops in the middle of a line, and for what is nested too deep."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _run_prompt(prompt: ast.Module, scope: dict[str, Any], report: Report) -> None:
    """Run what the prompt imports and defines, for the tests."""
    try:
        exec(compile(prompt, "<prompt>", "exec", dont_inherit=True), scope)  # noqa: S102
    except Exception as error:  # noqa: BLE001  it may raise anything
        report.broken(f"the problem's prompt cannot be run: {type(error).__name__}: {error}")


def _check_definitions(report: Report, entry_point: str, prompt: ast.Module, defined: Container[str]) -> None:
    """The program stands where the prompt stood, so it defines the entry point and what else the prompt defines."""
    if entry_point not in defined:
        report.end_with("no_entry_point", f"The program defines no function {entry_point}.")
    for name in sorted(_defined(prompt)):
        if name not in defined:
            message = f"The program leaves out {name}, which the problem defines; give all of the module."
            report.end_with("missing_definition", message)


def _check_imports(report: Report, tests: ast.Module, known: Container[str]) -> None:
    """The program has what tests import from it and call: without that it has failed them, whatever else it does."""
    for statement in tests.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == MODULE:
            for item in statement.names:
                is_missing = item.name != "*" and item.name not in known
                if is_missing and _calls_any(tests, (item.asname or item.name,)):
                    message = f"The tests need {item.name}, which the program does not define."
                    report.end_with("missing_definition", message)


def _new_module(name: str) -> ModuleType:
    """A module that can be imported."""
    module = sys.modules[name] = ModuleType(name)
    return module


def _unbound(tree: ast.Module) -> set[str]:
    """Names that a program uses and binds nowhere."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return {node.id for node in names} - bound - set(vars(builtins))


def _calls_any(tree: ast.Module, names: Container[str]) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
        for node in ast.walk(tree)
    )


def _calls_check(tree: ast.Module) -> bool:
    return any(
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id == "check"
        for statement in tree.body
    )
