"""Tests in the formats of unittest, pytest, doctest and Hypothesis, and whole programs with cases."""

from typing import Any

import pytest
from pydantic import ValidationError

from modulo.critics.code import CodeProblem, WellFormedProgram
from modulo.critique import Critique, Verdict
from tests.critics.code.problems import critic, needs_linux

pytestmark = [pytest.mark.anyio, needs_linux]


@pytest.fixture
def anyio_backend() -> str:
    """One is enough: formats differ in the sandbox only."""
    return "asyncio"


UNITTEST = """
import unittest
from solution import f

class Doubling(unittest.TestCase):
    def test_small(self):
        self.assertEqual(f(2), 4)
    def test_large(self):
        for n in (60, 70):
            with self.subTest(n=n):
                self.assertEqual(f(n), 2 * n)
    def test_wrong_type(self):
        with self.assertRaises(TypeError):
            f(None)
    @unittest.skip("not counted")
    def test_skipped(self):
        pass
"""
PYTEST = """
import pytest
import solution

@pytest.fixture
def small():
    return 2

def test_small(small):
    assert solution.f(small) == 4

@pytest.mark.parametrize("n", [0, 60])
def test_many(n):
    assert solution.f(n) == 2 * n

def test_skipped():
    pytest.skip("not counted")
"""
PROPERTIES = """
from hypothesis import given, strategies as st
from solution import f

@given(st.integers(0, 1000))
def test_double(n):
    assert f(n) == n + n
"""
DOCTEST = """
>>> f(2)
4

Larger ones too:

>>> f(60)
120
>>> f(None)
Traceback (most recent call last):
TypeError: x
"""
TESTS = {
    "unittest": (UNITTEST, 3),
    "pytest": (PYTEST, 3),
    "properties": (PROPERTIES, 1),
    "doctest": (DOCTEST, 3),
}
RIGHT = "def f(n):\n    if n is None: raise TypeError('x')\n    return 2 * n"
WRONG_FOR_LARGE = RIGHT.replace("2 * n", "2 * n if n < 50 else 7")


def problem(format_: Any) -> CodeProblem:
    return CodeProblem(prompt="", entry_point="f", test=TESTS[format_][0], format=format_)


@pytest.mark.parametrize("format_", TESTS)
async def test_each_format_accepts_the_right_program_and_counts_its_tests(format_: str) -> None:
    number = TESTS[format_][1]
    assert await critic().critique(problem(format_), RIGHT) == Critique.accept(
        proves=f"passed {number} test{'s' if number > 1 else ''}"
    )


@pytest.mark.parametrize("format_", TESTS)
async def test_each_format_rejects_a_wrong_result_with_its_call(format_: str) -> None:
    critique = await critic().critique(problem(format_), WRONG_FOR_LARGE)
    assert {violation.code for violation in critique.violations} == {"wrong_result"}
    assert "7" in critique.violations[0].message
    assert any(f"f({n}" in critique.violations[0].message for n in (50, 60, 70))


@pytest.mark.parametrize("format_", TESTS)
@pytest.mark.parametrize(
    "program",
    [
        "import os\ndef f(n): os._exit(0)",
        "def f(n): raise StopIteration",
        "import unittest\ndef f(n): raise unittest.SkipTest('no')",
        "class Skipped(BaseException): pass\ndef f(n): raise Skipped('no')",
        "class Yes(int):\n    def __eq__(self, other): return True\ndef f(n): return Yes()",
        "def g(n): return n",
        "def f(n: return",
    ],
)
async def test_no_format_can_be_talked_out_of_a_rejection(format_: str, program: str) -> None:
    assert (await critic().critique(problem(format_), program)).verdict is Verdict.REJECT


@pytest.mark.parametrize(
    ("format_", "test"),
    [
        ("unittest", "import unittest"),
        (
            "unittest",
            "import unittest\nclass T(unittest.TestCase):\n    @unittest.skip('')\n    def test(self): pass",
        ),
        ("pytest", "def test_nothing(): pass"),
        ("pytest", "import pytest\ndef test(): pytest.skip()"),
        ("pytest", "import nothing_like_it"),
        ("doctest", "There is no example here."),
        ("doctest", ">>> 1 + 1\n2"),
        ("properties", "x = 1"),
    ],
)
async def test_tests_that_test_nothing_decide_nothing(format_: Any, test: str) -> None:
    about = CodeProblem(prompt="", entry_point="f", test=test, format=format_)
    assert (await critic().critique(about, RIGHT)).verdict is Verdict.UNDECIDED


STDIO = CodeProblem(
    prompt="Read a number, print its double.",
    format="stdio",
    cases=({"input": "2\n", "output": "4\n"}, {"input": "60", "output": "120"}),  # type: ignore[arg-type]
)


@pytest.mark.parametrize(
    "program",
    [
        "print(int(input()) * 2)",
        "import sys\nsys.stdout.write(str(int(sys.stdin.read()) * 2) + '  \\n\\n')",
        "if __name__ == '__main__':\n    print(2 * int(input()))\n    raise SystemExit",
    ],
)
async def test_programs_are_judged_by_what_they_print(program: str) -> None:
    assert await critic().critique(STDIO, program) == Critique.accept(proves="passed 2 tests")


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("print(int(input()) ** 2)", "wrong_output"),
        ("import sys\nsys.exit(0)", "wrong_output"),
        ("print(4)\nraise ValueError", "exception"),
        ("import os\nos.write(1, b'4\\n')\nos._exit(3)", "exception"),
        ("while True: pass", "timeout"),
        ("print(", "exception"),
        ("while True: print('x' * 1000)", "exception"),
        ("x = bytearray(10**10)", "exception"),
        ("import ctypes\nctypes.string_at(0)", "crash"),
    ],
)
async def test_programs_that_print_something_else_are_rejected(program: str, code: str) -> None:
    critique = await critic().critique(STDIO, program)
    assert critique.violations[0].code == code, critique


async def test_what_a_program_printed_is_shown_with_its_input() -> None:
    critique = await critic().critique(STDIO, "print(int(input()) + 2)")
    (violation,) = critique.violations
    assert violation.message == r"On the input '60' it printed '62\n', not '120'."
    assert violation.location == "case 2"


@pytest.mark.parametrize(
    "fields", [{"test": ""}, {"test": "x", "format": "stdio"}, {"test": "x", "format": "other"}]
)
def test_problems_without_tests_are_refused(fields: Any) -> None:
    with pytest.raises(ValidationError):
        CodeProblem(prompt="", entry_point="f", **fields)


def one_case(expected: str) -> CodeProblem:
    return CodeProblem(prompt="", format="stdio", cases=({"input": "5\n", "output": expected},))


@pytest.mark.parametrize(
    ("expected", "program"),
    [
        ("1\n2", "print('1\\x0b2')"),
        ("1\n2", "print('1\\r2')"),
        ("1\n2", "print('1\\u20282')"),
        ("\\xff", "import sys\nsys.stdout.buffer.write(b'\\xff')"),
        ("1", "import sys\nprint(1)\nsys.exit(128)"),
        ("1", "import sys\nprint(1)\nsys.exit(-128)"),
    ],
)
async def test_nearly_what_a_program_should_print_is_wrong(expected: str, program: str) -> None:
    assert (await critic().critique(one_case(expected), program)).verdict is Verdict.REJECT


@pytest.mark.parametrize(
    "program",
    [
        "import threading\nthreading.Thread(target=lambda: print(int(input()) * 2)).start()",
        "import atexit\natexit.register(print, 10)",
        "import sys\nprint(10)\nsys.stdout.close()",
        "print(10)\nexit()",
        "import sys\nprint(10)\nsys.exit(256)",
    ],
)
async def test_a_program_ends_as_an_interpreter_would_end_it(program: str) -> None:
    assert (await critic().critique(one_case("10"), program)).accepts


async def test_sources_that_are_nested_too_deep_decide_nothing_of_the_program() -> None:
    test = "x = " + "+".join(["1"] * 20_000) + "\nassert f(2) == 4"
    about = CodeProblem(prompt="", entry_point="f", test=test)
    assert (await critic().critique(about, RIGHT)).verdict is Verdict.UNDECIDED
    about = CodeProblem(prompt="-" * 200_000 + "1", entry_point="f", test="assert f(2) == 4")
    assert (await critic().critique(about, RIGHT)).accepts
    assert (await WellFormedProgram().critique(about, RIGHT)).accepts


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    ("form", "head", "test"),
    [
        ("pytest", "", "def test_both():\n    assert f(1) == g(1)"),
        ("pytest", "", "def test_one():\n    assert f(1) == 2\ndef test_other():\n    assert g(1) == 2"),
        (
            "unittest",
            "import unittest\n",
            "class T(unittest.TestCase):\n    def test(self): self.assertEqual(f(1), g(1))",
        ),
        ("doctest", "", ""),
    ],
)
async def test_a_program_without_what_tests_import_and_call_has_failed_them(
    form: str, head: str, test: str, together: bool
) -> None:
    text = f"{head}from solution import f, g as g\n{test}\n"
    if form == "doctest":
        text = ">>> from solution import f, g\n>>> f(1) == g(1)\nTrue\n"
    about = CodeProblem(prompt="Write f, please.", entry_point="f", test=text, format=form)  # type: ignore[arg-type]
    one, both = "def f(n): return 2 * n\n", "def f(n): return 2 * n\ndef g(n): return n + n\n"
    critique = await critic(together=together).critique(about, one)
    assert critique.verdict is Verdict.REJECT, critique
    assert "g" in critique.violations[0].message
    assert (await critic(together=together).critique(about, both)).accepts


async def test_what_tests_import_and_do_not_call_may_be_no_function() -> None:
    text = "from solution import LIMIT, f\ndef test():\n    assert f(1) == LIMIT\n"
    about = CodeProblem(prompt="Write f, please.", entry_point="f", test=text, format="pytest")
    critique = await critic().critique(about, "LIMIT = 2\ndef f(n): return 2 * n\n")
    assert critique.verdict is Verdict.UNDECIDED


async def test_a_hidden_test_tells_no_name_that_it_needs() -> None:
    text = "from solution import f, secret\ndef test():\n    assert f(1) == secret(1)\n"
    about = CodeProblem(prompt="Write f, please.", entry_point="f", test=text, format="pytest")
    critique = await critic(hidden=True).critique(about, "def f(n): return 2 * n\n")
    assert [violation.message for violation in critique.violations] == ["A hidden test failed."]
