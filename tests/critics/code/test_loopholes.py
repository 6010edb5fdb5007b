"""Programs that are wrong in a way that the form of their tests would hide."""

from typing import Any

import pytest

from modulo.critics.code import CodeProblem
from modulo.critique import Critique, Verdict
from tests.critics.code.problems import critic, needs_linux

pytestmark = [pytest.mark.anyio, needs_linux]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def judge(format_: Any, test: str, program: str, prompt: str = "") -> Critique:
    about = CodeProblem(prompt=prompt, entry_point="f", test=test, format=format_)
    return await critic().critique(about, program)


STAR = "from solution import *\ndef test_it():\n    assert abs(f(2) - 4) < 1e-6\n"
STAR_CASE = """
from math import isclose
from solution import *
from unittest import TestCase
class T(TestCase):
    def test_it(self): self.assertTrue(isclose(f(2), 4))
"""


@pytest.mark.parametrize(
    ("format_", "test", "program"),
    [
        ("pytest", STAR, "def f(n): return 0\ndef abs(n): return 0"),
        ("unittest", STAR_CASE, "def f(n): return 0\ndef isclose(a, b): return True"),
        (
            "doctest",
            ">>> from solution import *\n>>> sum(f(2))\n4",
            "def f(n): return []\ndef sum(n): return 4",
        ),
    ],
)
async def test_a_program_does_not_replace_what_tests_check_it_with(
    format_: Any, test: str, program: str
) -> None:
    assert (await judge(format_, test, program)).verdict is Verdict.REJECT


async def test_helpers_of_the_prompt_are_the_prompts_for_tests_that_import_them() -> None:
    prompt = "def value(x): return x * x - 4\n\ndef f(n):\n    '''A root of value.'''\n"
    test = "from solution import f, value\ndef test_it(): assert value(f(1)) == 0\n"
    wrong = "def value(x): return 0\ndef f(n): return 7"
    right = "def value(x): return x * x - 4\ndef f(n): return 2"
    assert (await judge("pytest", test, wrong, prompt)).verdict is Verdict.REJECT
    assert (await judge("pytest", test, right, prompt)).accepts


@pytest.mark.parametrize(
    ("format_", "test"),
    [
        ("pytest", "from solution import *\ndef test_it(): assert f(2) == 4 and g(1) == 2\n"),
        ("doctest", ">>> from solution import *\n>>> f(2), g(1)\n(4, 2)"),
    ],
)
async def test_an_import_of_everything_gives_other_functions_that_the_tests_need(
    format_: Any, test: str
) -> None:
    assert (await judge(format_, test, "def f(n): return g(n)\ndef g(n): return 2 * n")).accepts


SKIPS_IN_CASE = """
import unittest
from solution import f
class T(unittest.TestCase):
    def test_first(self): self.assertEqual(f(0), 0)
    def test_second(self):
        if f(2) is None: self.skipTest("not implemented")
        self.assertEqual(f(2), 4)
"""
SKIPS = """
import pytest
from solution import f
def test_first(): assert f(0) == 0
def test_second():
    if f(2) is None: pytest.skip("not implemented")
    assert f(2) == 4
"""
SKIPS_AT_IMPORT = """
import pytest
from solution import f
def test_first(): assert f(0) == 0
@pytest.mark.skipif(f(2) is None, reason="not implemented")
def test_second(): assert f(2) == 4
"""


@pytest.mark.parametrize(
    ("format_", "test"), [("unittest", SKIPS_IN_CASE), ("pytest", SKIPS), ("pytest", SKIPS_AT_IMPORT)]
)
async def test_a_program_cannot_have_a_test_skipped(format_: Any, test: str) -> None:
    critique = await judge(format_, test, "def f(n): return None if n else 0")
    assert critique.verdict is Verdict.UNDECIDED
    assert "skipped" in (critique.reason or "")
    assert (await judge(format_, test, "def f(n): return 2 * n")).accepts
    assert (await judge(format_, test, "def f(n): return None if n else 1")).verdict is Verdict.REJECT


async def test_assertions_of_which_none_is_reached_decide_nothing() -> None:
    test = "def check(candidate):\n    for item in candidate(3): assert item == 1\n"
    assert (await judge("assertions", test, "def f(n): return []")).verdict is Verdict.UNDECIDED
    assert (await judge("assertions", test, "def f(n): return [1]")).accepts


async def test_a_function_to_be_written_may_be_called_check() -> None:
    about = CodeProblem(
        prompt="", entry_point="check", test="assert check(70) == False\nassert check(73) == True"
    )
    assert (await critic().critique(about, "def check(n): return n == 73")).accepts
    assert (await critic().critique(about, "def check(n): return True")).verdict is Verdict.REJECT


async def test_an_assertion_that_fails_where_tests_catch_it_decides_nothing() -> None:
    caught = "try:\n    assert f(1) == 2\nexcept AssertionError:\n    print('failed')\nassert f(0) == 0\n"
    assert (await judge("assertions", caught, "def f(n): return 0")).verdict is Verdict.UNDECIDED
    assert (await judge("assertions", caught, "def f(n): return 2 * n")).accepts
    raises = "try:\n    assert f(1) == 2\nexcept ValueError:\n    pass\nassert f(0) == 0\n"
    assert (await judge("assertions", raises, "def f(n):\n    if n: raise ValueError\n    return 0")).accepts


NEVER_AWAITED = """
import unittest
from solution import f
class T(unittest.TestCase):
    def test_first(self): self.assertEqual(f(0), 0)
    async def test_second(self): self.assertEqual(f(2), 4)
"""
NEVER_ITERATED = """
from solution import f
def test_first(): assert f(0) == 0
def test_second():
    assert f(2) == 4
    yield
"""
IN_A_THREAD = """
import threading, unittest
from solution import f
def fails():
    assert f(2) == 4
class T(unittest.TestCase):
    def test_first(self):
        thread = threading.Thread(target=fails)
        thread.start()
        thread.join()
"""


@pytest.mark.parametrize(
    ("format_", "test"),
    [
        ("unittest", NEVER_AWAITED),
        ("unittest", IN_A_THREAD),
        ("properties", NEVER_ITERATED),
        ("pytest", IN_A_THREAD),
    ],
)
async def test_a_test_whose_outcome_nobody_sees_decides_nothing(format_: Any, test: str) -> None:
    assert (await judge(format_, test, "def f(n): return 0")).verdict is Verdict.UNDECIDED


async def test_no_program_brings_a_built_in_function_of_its_own_into_its_tests() -> None:
    test = """
import unittest, solution
globals().update(vars(solution))
class T(unittest.TestCase):
    def test(self): self.assertTrue(abs(f(2) - 4) < 1)
"""
    wrong = "def f(n): return 0\ndef abs(n): return 0"
    assert (await judge("unittest", test, wrong)).verdict is Verdict.REJECT
    assert (await judge("unittest", test, "def f(n): return 2 * n")).accepts
