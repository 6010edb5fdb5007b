"""Makes each ``assert`` of a test a test of its own, which is counted, named and explained when it fails."""

from __future__ import annotations

import ast
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final

from modulo.critics.code.inside.remote import Remote, remote_trace
from modulo.critics.code.inside.reporting import Report, shortened

__all__ = ["Assertions", "hook", "instrumented"]

_HOOK: Final = "_modulo_assertions"
_LEFT: Final = "_modulo_left"
_RIGHT: Final = "_modulo_right"


class Assertions:
    """What instrumented tests tell of their assertions.

    Args:
        report: Takes what passes and what fails.
        remote: Knows which call was the latest.
    """

    def __init__(self, report: Report, remote: Remote | None) -> None:
        self.report = report
        self.remote = remote
        self.ran = 0

    def about(self, text: str, line: int, goes_on: bool) -> _Assertion:
        """The context that one assertion is evaluated in."""
        return _Assertion(self, text, line, goes_on)

    def failed(self, error: BaseException, text: str, line: int, sides: _Sides | None) -> None:
        """Report what an exception says of an assertion."""
        call = self.remote.latest if self.remote else None
        where = {"test": f"test at line {line}: {shortened(text)}"} if line else {}
        theirs = remote_trace(error)
        if theirs is not None:
            kind, message, trace, at = theirs
            self.report.fault(
                "exception",
                f"{call} raised {kind}: {shortened(message)}",
                location=f"line {at}" if at else None,
                trace=trace,
                **where,
            )
        elif isinstance(error, NameError):
            self.report.fault(
                "missing_name", f"The tests need {error.name}, which the program does not define.", **where
            )
        elif isinstance(error, (ImportError, SyntaxError, MemoryError)):
            self.report.broken(f"the tests themselves fail: {type(error).__name__}: {shortened(str(error))}")
        elif sides is not None and isinstance(error, AssertionError):
            actual, expected = shortened(sides.actual), shortened(sides.expected)
            subject = sides.subject or call or text
            message = f"{shortened(subject)} gave {actual}, not {expected}."
            self.report.fault("wrong_result", message, expected=expected, actual=actual, **where)
        else:
            self._other(error, text, call, where)
        self.report.end_if_many()

    def _other(self, error: BaseException, text: str, call: str | None, where: dict[str, str]) -> None:
        actual = self.remote.latest_result if self.remote else None
        after = f" after {call} gave {actual}" if call else ""
        if isinstance(error, AssertionError):
            said = f" ({shortened(str(error))})" if error.args else ""
            message = f"This does not hold{after}: {shortened(text)}{said}"
            self.report.fault("wrong_result", message, actual=actual, **where)
        else:
            message = f"A test raised {type(error).__name__}{after}: {shortened(str(error))}"
            self.report.fault("test_raised", message, actual=actual, **where)


class _Sides:
    """The two sides of an ``==``, and what the first of them is; None for the latest call itself."""

    __slots__ = ("actual", "expected", "subject")

    def __init__(self, subject: str | None, actual: object, expected: object) -> None:
        self.subject = subject
        self.actual = actual
        self.expected = expected


class _Assertion(AbstractContextManager["_Assertion"]):
    __slots__ = ("_assertions", "_goes_on", "_line", "_sides", "_text")

    def __init__(self, assertions: Assertions, text: str, line: int, goes_on: bool) -> None:
        self._assertions = assertions
        self._text = text
        self._line = line
        self._goes_on = goes_on
        self._sides: _Sides | None = None

    def sides(self, subject: str | None, actual: object, expected: object) -> None:
        self._sides = _Sides(subject, actual, expected)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is None:
            self._assertions.ran += 1
            self._assertions.report.passed += 1
            return False
        if not isinstance(error, Exception):
            return False
        if not self._goes_on:
            error.__dict__.setdefault("_modulo_assertion", (self._text, self._line, self._sides))
            return False
        self._assertions.failed(error, self._text, self._line, self._sides)
        return True


def instrumented(module: ast.Module, names: frozenset[str]) -> ast.Module:
    """A test's program with a context around each of its assertions.

    Those that stand in ``check`` or at the top go on after a failure, since what follows is another test.

    Args:
        module: The test; it is changed.
        names: Names that the candidate is called by.
    """
    tree = _Instrumenter(names).module(module)
    return ast.fix_missing_locations(tree)


class _Instrumenter(ast.NodeTransformer):
    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def module(self, module: ast.Module) -> ast.Module:
        module.body = self._tests(module.body)
        return module

    def visit_Assert(self, node: ast.Assert) -> ast.AST:  # noqa: N802  ast's name
        return self._around(node, goes_on=False)

    def _tests(self, body: list[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in body:
            if isinstance(statement, ast.Assert):
                result.append(self._around(statement, goes_on=True))
            elif isinstance(statement, ast.FunctionDef) and statement.name == "check":
                statement.body = self._tests(statement.body)
                result.append(statement)
            else:
                result.append(self.visit(statement))
        return result

    def _around(self, node: ast.Assert, *, goes_on: bool) -> ast.stmt:
        if isinstance(node.test, ast.Constant):  # says nothing of the candidate
            return node
        text = ast.unparse(node.test)
        about = _call(ast.Attribute(_name(_HOOK), "about", ast.Load()), text, node.lineno, goes_on)
        body = self._compared(node) or [node]
        block = ast.With([ast.withitem(about, ast.Name(_HOOK + "_it", ast.Store()))], body)
        return ast.copy_location(block, node)

    def _compared(self, node: ast.Assert) -> list[ast.stmt] | None:
        """``left == right`` in steps, so that both sides can be shown; None if it is something else."""
        test = node.test
        if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
            return None
        tested, sides = test.left, [_name(_LEFT), _name(_RIGHT)]
        if self._calls_candidate(test.comparators[0]) and not self._calls_candidate(test.left):
            sides.reverse()
            tested = test.comparators[0]
        subject = None if self._is_call(tested) else ast.unparse(tested)
        show = _call(ast.Attribute(_name(_HOOK + "_it"), "sides", ast.Load()), subject, *sides)
        return [
            ast.Assign([ast.Name(_LEFT, ast.Store())], test.left),
            ast.Assign([ast.Name(_RIGHT, ast.Store())], test.comparators[0]),
            ast.Expr(show),
            ast.Assert(ast.Compare(_name(_LEFT), test.ops, [_name(_RIGHT)]), node.msg),
        ]

    def _calls_candidate(self, node: ast.expr) -> bool:
        return any(self._is_call(part) for part in ast.walk(node))

    def _is_call(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self._names


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _call(function: ast.expr, *args: Any) -> ast.expr:
    given = [arg if isinstance(arg, ast.expr) else ast.Constant(arg) for arg in args]
    return ast.Call(function, given, [])


def hook(assertions: Assertions) -> dict[str, Any]:
    """The names that instrumented tests need."""
    return {_HOOK: assertions}
