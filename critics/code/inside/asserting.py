"""Makes each ``assert`` of a test a test of its own, which is counted, named and explained when it fails."""

from __future__ import annotations

import ast
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final, TypeVar

from modulo.critics.code.inside.remote import Remote, remote_trace
from modulo.critics.code.inside.reporting import Report, shortened, shown

__all__ = ["Assertions"]

_Node = TypeVar("_Node", bound=ast.stmt | ast.expr)

_HOOK: Final = "_modulo_assertions"
_CURRENT: Final = "_modulo_assertion"
_LEFT: Final = "_modulo_left"
_RIGHT: Final = "_modulo_right"


class Assertions:
    """The assertions of some tests, and what becomes of them.

    Args:
        report: Takes what passes and what fails.
        remote: Knows which call was the latest; None if tests and program run together.
        names: Names that the tests call the candidate by.
    """

    def __init__(self, report: Report, remote: Remote | None, names: frozenset[str]) -> None:
        self.report = report
        self.remote = remote
        self.nodes: list[tuple[ast.Assert, ast.expr | None]] = []
        """Each assertion, with what it compares if that is not just the result of a call."""
        self._names = names

    def instrument(self, tests: ast.Module) -> dict[str, Any]:
        """Put a context around each assertion. Returns the names that the tests need for that.

        Assertions that stand at the top or in ``check`` go on after a failure: what follows is another test.
        """
        tests.body = _Instrumenter(self, self._names).tests(tests.body)
        return {_HOOK: self.at}

    def at(self, index: int, goes_on: bool) -> _Assertion:
        """The context that an assertion is evaluated in."""
        return _Assertion(self, index, goes_on)

    def failed(self, error: BaseException, at: _Assertion | None = None) -> None:
        """Report what an exception out of instrumented tests says of the candidate, or of the tests."""
        at = at or error.__dict__.get(_CURRENT)
        if at is None:
            self._failed(error, None, "the tests", {})
            return
        test = ast.unparse(self.nodes[at.index][0].test)
        line = self.nodes[at.index][0].lineno
        self._failed(error, at, test, {"test": f"test at line {line}: {shortened(test)}"})

    def may_be_caught(self, error: Exception, at: _Assertion) -> None:
        """Note that an assertion does not hold, in case that the tests catch that and go on."""
        if isinstance(error, AssertionError) and remote_trace(error) is None:
            line = self.nodes[at.index][0].lineno
            self.report.doubt = f"the assertion at line {line} of the tests does not hold, and the tests go on"

    def failed_in(self, error: BaseException, test: str) -> None:
        """Report what an exception out of a test says, by the name of that test."""
        self._failed(error, None, test, {"test": shortened(test)})

    def _failed(self, error: BaseException, at: _Assertion | None, test: str, where: dict[str, str]) -> None:
        theirs = remote_trace(error)
        if theirs is not None:
            self._raised(theirs, where)
        elif isinstance(error, NameError):
            message = f"The tests need {error.name}, which the program does not define."
            self.report.fault("missing_name", message, **where)
        elif isinstance(error, (ImportError, SyntaxError, MemoryError)):
            self.report.broken(f"the tests themselves fail: {type(error).__name__}: {shortened(str(error))}")
        elif isinstance(error, AssertionError):
            self._not_held(error, at, test, where)
        else:
            message = f"A test raised {type(error).__name__}{self._after()}: {shortened(str(error))}"
            self.report.fault("test_raised", message, actual=self._latest_result, **where)
        self.report.end_if_many()

    def _raised(self, theirs: tuple[str, str, str, int], where: dict[str, str]) -> None:
        kind, message, trace, line = theirs
        self.report.fault(
            "exception",
            f"{self._latest} raised {kind}: {shortened(message)}",
            location=f"line {line}" if line else None,
            trace=trace,
            **where,
        )

    def _not_held(self, error: AssertionError, at: _Assertion | None, test: str, where: dict[str, str]) -> None:
        if at is None or at.sides is None:
            said = f" ({shortened(str(error))})" if error.args else ""
            message = f"This does not hold{self._after()}: {shortened(test)}{said}"
            self.report.fault("wrong_result", message, actual=self._latest_result, **where)
            return
        actual, expected = [shown(side) for side in at.sides]
        compared = self.nodes[at.index][1]
        subject = ast.unparse(compared) if compared else self._latest or test
        message = f"{shortened(subject)} gave {actual}, not {expected}."
        self.report.fault("wrong_result", message, expected=expected, actual=actual, **where)

    @property
    def _latest(self) -> str | None:
        return self.remote.latest if self.remote else None

    @property
    def _latest_result(self) -> str | None:
        return self.remote.latest_result if self.remote else None

    def _after(self) -> str:
        return f" after {self._latest} gave {self._latest_result}" if self._latest_result else ""


class _Assertion(AbstractContextManager["_Assertion"]):
    __slots__ = ("_assertions", "_goes_on", "index", "sides")

    def __init__(self, assertions: Assertions, index: int, goes_on: bool) -> None:
        self._assertions = assertions
        self._goes_on = goes_on
        self.index = index
        self.sides: tuple[object, object] | None = None

    def compare(self, actual: object, expected: object) -> None:
        """Note the two sides of an ``==``."""
        self.sides = (actual, expected)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is None:
            self._assertions.report.passed += 1
            return False
        if not isinstance(error, Exception):
            return False
        if not self._goes_on:
            self._assertions.may_be_caught(error, self)
            error.__dict__.setdefault(_CURRENT, self)
            return False
        self._assertions.failed(error, error.__dict__.get(_CURRENT, self))
        return True


class _Instrumenter(ast.NodeTransformer):
    def __init__(self, assertions: Assertions, names: frozenset[str]) -> None:
        self._assertions = assertions
        self._names = names

    def tests(self, body: list[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in body:
            if isinstance(statement, ast.Assert):
                result.append(self._around(statement, goes_on=True))
                continue
            if isinstance(statement, ast.FunctionDef) and statement.name == "check":
                statement.body = self.tests(statement.body)
            else:
                self.generic_visit(statement)
            result.append(statement)
        return result

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return self._around(node, goes_on=False)

    def _around(self, node: ast.Assert, *, goes_on: bool) -> ast.stmt:
        if isinstance(node.test, ast.Constant):  # says nothing of the candidate
            return node
        compared, body = self._in_steps(node)
        index, flag = _at(node, ast.Constant(len(self._assertions.nodes))), _at(node, ast.Constant(goes_on))
        self._assertions.nodes.append((node, compared))
        current = _at(node, ast.Name(_CURRENT, ast.Store()))
        context = _at(node, ast.Call(_name(_HOOK, node), [index, flag], []))
        return _at(node, ast.With([ast.withitem(context, current)], body))

    def _in_steps(self, node: ast.Assert) -> tuple[ast.expr | None, list[ast.stmt]]:
        """``left == right`` in steps, so that both sides can be shown; anything else as it is."""
        test = node.test
        if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
            return None, [node]
        left, right = test.left, test.comparators[0]
        tested, sides = left, [_name(_LEFT, node), _name(_RIGHT, node)]
        if self._calls_candidate(right) and not self._calls_candidate(left):
            tested = right
            sides.reverse()
        compare = _at(node, ast.Attribute(_name(_CURRENT, node), "compare", ast.Load()))
        again = _at(node, ast.Compare(_name(_LEFT, node), test.ops, [_name(_RIGHT, node)]))
        body: list[ast.stmt] = [
            _at(node, ast.Assign([_at(node, ast.Name(_LEFT, ast.Store()))], left)),
            _at(node, ast.Assign([_at(node, ast.Name(_RIGHT, ast.Store()))], right)),
            _at(node, ast.Expr(_at(node, ast.Call(compare, sides, [])))),
            _at(node, ast.Assert(again, node.msg)),
        ]
        return (None if self._is_call(tested) else tested), body

    def _calls_candidate(self, node: ast.expr) -> bool:
        return any(self._is_call(part) for part in ast.walk(node))

    def _is_call(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self._names


def _name(name: str, node: ast.Assert) -> ast.expr:
    return _at(node, ast.Name(name, ast.Load()))


def _at(node: ast.Assert, new: _Node) -> _Node:
    """A new node, in the place of an old one; ``ast.fix_missing_locations`` would look at all the old ones too."""
    new.lineno, new.col_offset = node.lineno, node.col_offset
    return new
