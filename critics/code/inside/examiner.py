"""The tests' process: runs the tests of one check, with the candidate at the other end of two pipes."""

from __future__ import annotations

import ast
import sys
from types import ModuleType
from typing import Any

from modulo.critics.code.inside.asserting import Assertions, hook, instrumented
from modulo.critics.code.inside.remote import Remote
from modulo.critics.code.inside.reporting import Report
from modulo.critics.code.inside.servant import read_job

__all__ = ["main"]


def main(fds: list[int]) -> None:
    """Run the tests and report; returns only if the tests made it impossible.

    Args:
        fds: The job, the pipe for the report, the pipe of calls, the pipe of replies.
    """
    job_fd, report_fd, calls, replies = fds
    job = read_job(job_fd)
    report = Report(report_fd, job["nonce"])
    remote = Remote(calls, replies, report)
    names = remote.wait_until_loaded()
    if job["entry_point"] not in names:
        report.end_with("no_entry_point", f"The program defines no function {job['entry_point']}.")
    run_checks(job, remote.function(job["entry_point"]), Assertions(report, remote))


def run_checks(job: dict[str, Any], candidate: Any, assertions: Assertions) -> None:
    """Tests as in HumanEval and MBPP: assertions at the top, or in ``check(candidate)``."""
    report = assertions.report
    entry_point = job["entry_point"]
    try:
        scope = _scope_with_helpers(job["prompt"])
        scope |= {entry_point: candidate, "candidate": candidate, **hook(assertions)}
        tree = instrumented(job["test"], frozenset(("candidate", entry_point)))
        calls_itself = _calls_check(tree)
        exec(compile(tree, "<tests>", "exec", dont_inherit=True), scope)  # noqa: S102
        # Defining the tests may have rebound it, by importing or defining something of that name.
        if scope.get(entry_point) is not candidate:
            report.broken(f"the tests define {entry_point} themselves")
        if "check" in scope and not calls_itself:
            scope["check"](candidate)
    except SystemExit:
        report.broken("the tests ended before their end")
    except SyntaxError as error:
        report.broken(f"the tests are no Python: {error}")
    except Exception as error:
        text, line, sides = error.__dict__.get("_modulo_assertion", ("", 0, None))
        assertions.failed(error, text, line, sides)
    conclude(assertions)


def conclude(assertions: Assertions) -> None:
    """Report what came out; tests that tested nothing have passed nothing."""
    report = assertions.report
    if not report.has_faults and not report.calls:
        report.broken("the tests never call the code")
    if not report.has_faults and not report.passed:
        report.passed = 1  # tests without assertions: that nothing was raised is one test
    report.end()


def _scope_with_helpers(prompt: str) -> dict[str, Any]:
    """What the prompt defines besides the entry point's stub: imports and helpers that tests use."""
    module = ModuleType("tests")
    sys.modules["tests"] = module
    try:
        tree = ast.parse(prompt, "<prompt>")
    except (SyntaxError, ValueError):
        return module.__dict__  # a prompt in words, or one that stops in the middle of a line
    exec(compile(tree, "<prompt>", "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    return module.__dict__


def _calls_check(tree: ast.Module) -> bool:
    return any(
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id == "check"
        for statement in tree.body
    )
