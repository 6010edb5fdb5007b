"""Tests and program in one process: for tests that share objects, with a weaker claim."""

import pytest

from modulo.critics.code import CodeProblem, PassesTests
from modulo.critique import Critique, Verdict
from tests.critics.code.problems import QUICK, needs_linux

pytestmark = [pytest.mark.anyio, needs_linux]


@pytest.fixture
def anyio_backend() -> str:
    """One is enough here: ``test_sandboxes`` has both, for everything that waits."""
    return "asyncio"


TEST = """
def check(candidate):
    stack = Stack()
    stack.push(1)
    assert stack.pop() == 1
    data = [3, 1, 2]
    candidate(data)
    assert data == [1, 2, 3]
"""
PROBLEM = CodeProblem(prompt="", entry_point="sort", test=TEST)
PROGRAM = """
class Stack(list):
    push = list.append
def sort(data):
    data.sort()
"""


async def judged(program: str) -> Critique:
    return await PassesTests(limits=QUICK, together=True).critique(PROBLEM, program)


async def test_tests_that_share_objects_pass_and_the_claim_says_so() -> None:
    assert await judged(PROGRAM) == Critique.accept(
        proves="passed 2 tests, run in one process with the program"
    )
    assert PassesTests(together=True).options()["together"] is True


async def test_it_is_not_the_default() -> None:
    assert not (await PassesTests(limits=QUICK).critique(PROBLEM, PROGRAM)).accepts


@pytest.mark.parametrize(
    ("program", "code"),
    [
        (PROGRAM.replace("sort()", "reverse()"), "wrong_result"),
        (PROGRAM.replace("data.sort()", "raise KeyError"), "test_raised"),
        (PROGRAM + "raise ValueError", "load"),
        (PROGRAM + "(", "syntax"),
        ("def sort(data): pass", "missing_name"),
        ("class Stack(list): push = list.append", "no_entry_point"),
        (PROGRAM.replace("data.sort()", "import os; os._exit(0)"), "exit"),
        (PROGRAM.replace("data.sort()", "while True: pass"), "timeout"),
        (PROGRAM.replace("data.sort()", "import time; time.sleep(100)"), "timeout"),
        (PROGRAM.replace("data.sort()", "import ctypes; ctypes.string_at(0)"), "crash"),
    ],
)
async def test_what_fails_is_rejected(program: str, code: str) -> None:
    critique = await judged(program)
    assert critique.verdict is Verdict.REJECT, critique
    assert critique.violations[0].code == code, critique
