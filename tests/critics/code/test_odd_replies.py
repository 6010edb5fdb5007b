"""Replies and calls made to stop a check from ending as it must, or from being reported."""

from typing import Any

import pytest

from modulo.critics.code import CodeProblem
from modulo.critique import Critique, Verdict
from tests.critics.code.problems import critic, needs_linux, problem

pytestmark = [pytest.mark.anyio, needs_linux]

BY_HAND = """
import os
from modulo.critics.code.inside.wire import dump
def send(value):
    data = dump(value) if type(value) is tuple else value
    view = memoryview(len(data).to_bytes(4, 'big') + data)
    while view: view = view[os.write(REPLIES, view):]
for fd in range(3, 20):
    try: os.write(fd, b'')
    except OSError: continue
    REPLIES = fd
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def judge(format_: Any, test: str, program: str) -> Critique:
    about = CodeProblem(prompt="", entry_point="f", test=test, format=format_)
    return await critic().critique(about, program)


@pytest.mark.parametrize(
    "program",
    ["def f(n): return object()", "import os\ndef f(n): os._exit(0)", f"{BY_HAND}\ndef f(n): send(b'?')"],
)
async def test_a_call_that_cannot_be_shown_ends_a_check_all_the_same(program: str) -> None:
    """An int of that many digits makes ``repr`` raise the very exception that the test waits for."""
    test = """
import unittest
from solution import f
class T(unittest.TestCase):
    def test_it(self):
        with self.assertRaises(ValueError): f(10**5000)
"""
    assert (await judge("unittest", test, program)).verdict is Verdict.REJECT


async def test_a_wrong_result_that_cannot_be_shown_is_rejected_as_such() -> None:
    (violation,) = (
        await critic().critique(problem("candidate(1) == 2"), "def f(n): return 10**5000")
    ).violations
    assert violation.code == "wrong_result"


async def test_what_ends_a_check_ends_no_fork_of_the_tests_with_success() -> None:
    test = """
import os
def check(candidate):
    candidate(0)
    child = os.fork()
    if child == 0:
        candidate(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""
    assert (await judge("assertions", test, "def f(n): return object() if n else 0")).verdict is Verdict.REJECT


@pytest.mark.parametrize(
    "program",
    [
        "def f(n): send(('raised', ['ValueError'], 'm', 'x' * 2_000_000, 1))",
        "def f(n): send(('raised', ['SystemExit'], 'm', 'x' * (2**24 - 80), 1))",
        "def f(n): send(('raised', [10**5000], 'm', '', 10**5000))",
        "send(('failed', ['SyntaxError'], 'x' * 2_000_000, 'x', 10**5000))",
        "send(('failed', [10**5000], 'x', 'x' * 2_000_000, -1))",
        "send(('loaded', ['f', '__all__', '__getattr__', 'not a name', '']))\ndef f(n): return 0",
    ],
)
async def test_no_reply_is_too_long_or_too_odd_to_be_reported(program: str) -> None:
    critique = await critic().critique(problem("candidate(1) == 2"), BY_HAND + program)
    assert critique.verdict is Verdict.REJECT
    assert len(str(critique)) < 10_000


async def test_a_program_that_takes_no_calls_is_rejected_for_waiting() -> None:
    program = BY_HAND + "import time\nsend(('loaded', ['f']))\ntime.sleep(1000)"
    (violation,) = (await critic().critique(problem("candidate('x' * 300_000) == 2"), program)).violations
    assert violation.code == "timeout"
