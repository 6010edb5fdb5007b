"""Tests that bring a framework of their own: unittest, doctest, pytest, Hypothesis.

The program is a module to them, ``solution``, whose functions are calls to the candidate. A skipped test has not
passed; tests of which none passed prove nothing.
"""

from __future__ import annotations

import doctest
import os
import re
import sys
import unittest
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from modulo.critics.code.inside.asserting import Assertions
from modulo.critics.code.inside.reporting import shortened

__all__ = ["SUITES"]

_FILE: Final = "/tmp/test_solution.py"  # noqa: S108  each check has a /tmp of its own

_RETURNS: Final = re.compile("return a value that is not None")
"""What unittest warns of and counts as passed."""
_NEVER_RUN: Final = "a test returned something, as a coroutine or generator that is never run does"


def _run_unittest(test: str, scope: dict[str, Any], assertions: Assertions) -> None:
    """The test cases of a module."""
    module = _module("tests", test, scope)
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        unittest.defaultTestLoader.loadTestsFromModule(module).run(_Result(assertions))
    if any(_RETURNS.search(str(warning.message)) for warning in given):
        assertions.report.doubt = _NEVER_RUN


def _doubt_result(assertions: Assertions, result: object) -> None:
    """A coroutine or a generator that a test returns has not been run."""
    if result is not None:
        assertions.report.doubt = _NEVER_RUN


class _Skips:
    """Tells tests that are skipped whatever the program does from those that it may have had skipped."""

    def __init__(self, assertions: Assertions) -> None:
        self._report = assertions.report
        self._calls_before = 0
        self.while_imported = self._report.calls

    def next_test(self) -> None:
        """A test is over."""
        self._calls_before = self._report.calls

    def skipped(self, test: str) -> None:
        """A test was skipped."""
        if self.while_imported or self._report.calls > self._calls_before:
            self._report.doubt = f"the test {shortened(test)} was skipped after the tests had called the code"


class _Result(unittest.TestResult):
    def __init__(self, assertions: Assertions) -> None:
        super().__init__()
        self._assertions = assertions
        self._skips = _Skips(assertions)

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().stopTest(test)
        self._skips.next_test()

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        self._skips.skipped(test.id())

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802  unittest's name
        self._assertions.report.passed += 1

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        self._assertions.failed_in(err[1], test.id())

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        self._assertions.failed_in(err[1], test.id())

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        self._assertions.report.fault("wrong_result", f"{test.id()} should have failed and did not.")

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802
        if err is not None:
            self._assertions.failed_in(err[1], subtest.id())


def _run_doctest(test: str, scope: dict[str, Any], assertions: Assertions) -> None:
    """The examples of an interactive session in a text."""
    parsed = doctest.DocTestParser().get_doctest(test, scope, "examples", "<tests>", 0)
    _Examples(assertions).run(parsed, out=lambda text: None)


class _Examples(doctest.DocTestRunner):
    def __init__(self, assertions: Assertions) -> None:
        super().__init__(verbose=False)
        self._assertions = assertions

    def report_start(self, out: Any, test: doctest.DocTest, example: doctest.Example) -> None:
        pass

    def report_success(self, out: Any, test: doctest.DocTest, example: doctest.Example, got: str) -> None:
        self._assertions.report.passed += 1

    def report_failure(self, out: Any, test: doctest.DocTest, example: doctest.Example, got: str) -> None:
        actual, expected = shortened(got.strip() or "nothing"), shortened(example.want.strip() or "nothing")
        message = f"{shortened(example.source.strip())} gave {actual}, not {expected}."
        self._assertions.report.fault("wrong_result", message, expected=expected, actual=actual)

    def report_unexpected_exception(
        self, out: Any, test: doctest.DocTest, example: doctest.Example, exc_info: Any
    ) -> None:
        self._assertions.failed_in(exc_info[1], shortened(example.source.strip()))


def _run_properties(test: str, scope: dict[str, Any], assertions: Assertions) -> None:
    """Functions called ``test_...``, as a rule with Hypothesis' ``@given``; the same examples in every run."""
    from hypothesis import settings

    settings.register_profile("modulo", derandomize=True, database=None, deadline=None)
    settings.load_profile("modulo")
    module = _module("tests", test, scope)
    for name, function in list(vars(module).items()):
        if not name.startswith("test_") or not callable(function):
            continue
        try:
            _doubt_result(assertions, function())
        except Exception as error:  # noqa: BLE001  tests may raise anything
            notes = [note for note in getattr(error, "__notes__", ()) if note.startswith("Falsifying")]
            assertions.failed_in(error, " ".join([name, *notes]))
        else:
            assertions.report.passed += 1


def _run_pytest(test: str, scope: dict[str, Any], assertions: Assertions) -> None:
    """A file of pytest's. Its plugins are not loaded."""
    import pytest

    with open(_FILE, "w", encoding="utf-8") as file:
        file.write(test)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:faulthandler",
        "-p",
        "no:threadexception",
        "--rootdir=/tmp",
        "-c",
        "/dev/null",
        _FILE,
    ]
    code = pytest.main(options, plugins=[_Plugin(assertions)])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not assertions.report.has_faults:
        assertions.report.broken(f"pytest ended with {pytest.ExitCode(code).name}")


class _Plugin:
    def __init__(self, assertions: Assertions) -> None:
        self._assertions = assertions
        self._skips = _Skips(assertions)

    def pytest_collection_finish(self) -> None:
        """A hook of pytest's."""
        self._skips.while_imported = self._assertions.report.calls

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        """A hook of pytest's; the report itself is pytest's to make."""
        import pytest

        error = call.excinfo.value if call.excinfo else None
        if error is None:
            self._assertions.report.passed += call.when == "call"
        elif isinstance(error, pytest.skip.Exception):
            self._skips.skipped(item.name)
        else:
            self._assertions.failed_in(error, item.name)
        if call.when == "teardown":
            self._skips.next_test()

    def pytest_collectreport(self, report: Any) -> None:
        """A hook of pytest's: a file that cannot be collected tests nothing."""
        if report.failed:
            self._assertions.report.broken(f"the tests cannot be collected: {shortened(str(report.longrepr))}")


SUITES: Final[dict[str, Callable[[str, dict[str, Any], Assertions], None]]] = {
    "unittest": _run_unittest,
    "doctest": _run_doctest,
    "pytest": _run_pytest,
    "properties": _run_properties,
}
"""By format: what runs tests of it."""


def _module(name: str, source: str, scope: dict[str, Any]) -> ModuleType:
    module = sys.modules[name] = ModuleType(name)
    vars(module).update(scope)
    exec(compile(source, "<tests>", "exec", dont_inherit=True), vars(module))  # noqa: S102
    return module
