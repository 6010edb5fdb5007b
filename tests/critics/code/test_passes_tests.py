"""What ``PassesTests`` accepts, rejects and leaves undecided, and what it says."""

import anyio
import pytest

from modulo.critics.code import CodeProblem, Limits, PassesTests
from modulo.critique import Critique, Soundness, Verdict
from modulo.errors import ConfigurationError
from tests.critics.code.problems import critic, needs_linux, problem

pytestmark = [pytest.mark.anyio, needs_linux]


@pytest.fixture
def anyio_backend() -> str:
    """One is enough here: ``test_sandboxes`` has both, for everything that waits."""
    return "asyncio"


DOUBLE = problem("candidate(2) == 4", "candidate(0) == 0", "candidate(-1) == -2")


MANY_LARGE_PROCESSES = """
for _ in range(5):
    if os.fork() == 0:
        data = b"x" * 2 * 10**8
        time.sleep(100)
time.sleep(100)
"""


async def judged(program: str, of: CodeProblem = DOUBLE) -> Critique:
    return await critic().critique(of, program)


async def code_and_message(program: str, of: CodeProblem = DOUBLE) -> tuple[str, str]:
    critique = await judged(program, of)
    assert critique.verdict is Verdict.REJECT, critique
    return critique.violations[0].code, critique.violations[0].message


@pytest.mark.parametrize(
    "program",
    [
        "def f(n): return 2 * n",
        "f = lambda n: n + n",
        "import functools\n@functools.lru_cache\ndef f(n): return n << 1",
        "from dataclasses import dataclass\n@dataclass\nclass D:\n    n: int\ndef f(n): return D(n).n * 2",
        "def f(n):\n    print('debugging', n)\n    return sum([n, n])",
        "class f:\n    def __new__(cls, n): return n * 2",
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def f(n):\n    with ThreadPoolExecutor() as pool: return sum(pool.map(int, [n, n]))",
        "import asyncio\nasync def g(n): return 2 * n\ndef f(n): return asyncio.run(g(n))",
        "import tempfile\ndef f(n):\n    with tempfile.TemporaryFile() as file: file.write(b'x'); return n * 2",
        "if __name__ == '__main__':\n    raise SystemExit\ndef f(n): return n * 2",
    ],
)
async def test_honest_programs_are_accepted(program: str) -> None:
    critique = await judged(program)
    assert critique == Critique.accept(proves="passed 3 tests")


async def test_a_wrong_result_is_shown_with_its_call_and_what_was_expected() -> None:
    critique = await judged("def f(n): return n * n")
    (violation,) = critique.violations
    assert violation.code == "wrong_result"
    assert violation.message == "f(-1) gave 1, not -2. [test at line 4: candidate(-1) == -2]"
    assert (violation.expected, violation.actual) == ("-2", "1")


async def test_every_test_that_fails_is_told() -> None:
    critique = await judged("def f(n): return 7")
    assert [violation.actual for violation in critique.violations] == ["7", "7", "7"]


async def test_a_test_that_is_no_comparison_of_a_call_is_shown_as_it_stands() -> None:
    about = problem("len(candidate('ab')) == 3", "abs(candidate('x')[0] - 2) < 1", "9 in candidate('y')")
    critique = await judged("def f(text): return [5]", about)
    assert [violation.message for violation in critique.violations] == [
        "len(candidate('ab')) gave 1, not 3. [test at line 2: len(candidate('ab')) == 3]",
        "This does not hold after f('x') gave [5]: abs(candidate('x')[0] - 2) < 1 "
        "[test at line 3: abs(candidate('x')[0] - 2) < 1]",
        "This does not hold after f('y') gave [5]: 9 in candidate('y') [test at line 4: 9 in candidate('y')]",
    ]


async def test_long_values_are_shortened() -> None:
    code, message = await code_and_message("def f(n): return list(range(10_000))")
    assert code == "wrong_result"
    assert len(message) < 1000
    assert " ... " in message


async def test_an_exception_comes_with_its_line_and_trace() -> None:
    critique = await judged("def f(n):\n    return g(n)\n\ndef g(n):\n    return n / 0\n")
    violation = critique.violations[0]
    assert violation.code == "exception"
    assert violation.location == "line 5"
    assert violation.message.startswith(
        "f(2) raised ZeroDivisionError: division by zero\nline 2, in f: return g(n)\nline 5, in g: return n / 0"
    )


async def test_a_syntax_error_comes_with_its_position() -> None:
    critique = await judged("def f(n):\n    return (n\n")
    (violation,) = critique.violations
    assert (violation.code, violation.location) == ("syntax", "line 2")
    assert "'(' was never closed (line 2, column 12: return (n)" in violation.message


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("def g(n): return 2 * n", "no_entry_point"),
        ("f = 3", "no_entry_point"),
        ("raise ValueError('no')", "load"),
        ("import numpy\ndef f(n): return 2 * n", "load"),
        ("def f(n): return bytearray()", "not_plain_data"),
        ("def f(): return 1", "exception"),
        ("def f(n): import os; os._exit(3)", "exit"),
        ("def f(n):\n    while True: pass", "timeout"),
        ("import time\ndef f(n): time.sleep(100)", "timeout"),
        ("def f(n): return bytearray(10**10)", "memory"),
        ("import ctypes\ndef f(n): ctypes.string_at(0)", "crash"),
        ("", "no_entry_point"),
        ("\0", "syntax"),
        ("#" * 1_000_001, "too_long"),
    ],
)
async def test_each_way_to_fail_has_a_code(program: str, code: str) -> None:
    assert (await code_and_message(program))[0] == code


async def test_a_program_that_never_ends_is_rejected_with_the_call_that_did_not_end() -> None:
    _, message = await code_and_message("def f(n):\n    while n == 0: pass\n    return 2 * n")
    assert message == "The program ended during f(0). It took more than 1 s of CPU time."


async def test_hidden_tests_show_nothing_but_that_one_failed() -> None:
    hidden = PassesTests(hidden=True)
    critique = await hidden.critique(DOUBLE, "def f(n): return 'secret-looking'")
    (violation,) = critique.violations
    assert (violation.code, violation.message) == ("hidden_test", "A hidden test failed.")
    assert violation.expected is violation.actual is violation.location is None
    critique = await hidden.critique(DOUBLE, "def f(n: return")
    assert critique.violations[0].code == "syntax"


async def test_mbpp_tests_call_the_entry_point_by_its_name() -> None:
    mbpp = CodeProblem(prompt="Double it.", entry_point="f", test="assert f(2) == 4\nassert f(5) == 10")
    assert await judged("def f(n): return n * 2", mbpp) == Critique.accept(proves="passed 2 tests")
    checks = CodeProblem(prompt="", entry_point="f", test="def check(c):\n    assert f(2) == 4\ncheck(f)")
    assert await judged("def f(n): return n * 2", checks) == Critique.accept(proves="passed 1 test")


async def test_helpers_of_the_prompt_are_the_problems_and_not_the_programs() -> None:
    prompt = "def shift(n):\n    return n + 5\n\ndef f(n):\n    '''Undo shift.'''\n"
    about = problem("candidate(shift(3)) == 3", prompt=prompt)
    honest = "def shift(n): return n + 5\ndef f(n): return n - 5"
    assert (await judged(honest, about)).accepts
    cheat = "def shift(n): return 3\ndef f(n): return n"
    assert (await code_and_message(cheat, about))[0] == "wrong_result"
    assert (await code_and_message("def f(n): return n - 5", about))[0] == "missing_definition"


async def test_tests_about_another_function_than_the_entry_point_call_that() -> None:
    about = CodeProblem(prompt="", entry_point="f", test="def check(c):\n    assert whole(4) == 2\ncheck(f)")
    assert (await judged("def f(n): return n\ndef whole(n): return n // 2", about)).accepts
    critique = await judged("def f(n): return n", about)
    assert critique.violations[0].message.startswith("The tests need whole, which the program does not define.")


async def test_a_helper_that_tests_forgot_is_not_taken_from_the_program() -> None:
    about = problem("close(candidate(2), 4)")
    cheat = "def f(n): return 0\ndef close(*args): return True"
    assert (await code_and_message(cheat, about))[0] == "missing_name"


async def test_exceptions_are_of_the_built_in_type_that_they_derive_from() -> None:
    test = (
        "def check(candidate):\n    try:\n        candidate(-1)\n    except ValueError as error:\n"
        "        assert str(error) == 'too small'\n    else:\n        assert False\n    assert candidate(1) == 1\n"
    )
    about = CodeProblem(prompt="", entry_point="f", test=test)
    program = "class Small(ValueError): pass\ndef f(n):\n    if n < 0: raise Small('too small')\n    return n"
    assert (await judged(program, about)).accepts
    assert not (await judged(program.replace("ValueError", "KeyError"), about)).accepts
    key = CodeProblem(
        prompt="",
        entry_point="f",
        test=test.replace("ValueError", "KeyError").replace("'too small'", "repr('too small')"),
    )
    assert (await judged(program.replace("ValueError", "KeyError"), key)).accepts


async def test_no_except_clause_of_a_test_makes_a_pass_of_an_early_end() -> None:
    test = (
        "def check(candidate):\n    try:\n        candidate(1)\n    except BaseException:\n        pass\n"
        "    assert True == True\n"
    )
    about = CodeProblem(prompt="", entry_point="f", test=test)
    for program in (
        "import os\ndef f(n): os._exit(0)",
        "import sys\ndef f(n): sys.exit()",
        "def f(n): return f",
    ):
        assert (await judged(program, about)).verdict is Verdict.REJECT


async def test_stop_iteration_does_not_end_the_loops_of_tests() -> None:
    test = "def check(candidate):\n    assert all(map(lambda n: candidate(n) == 2 * n, [1, 2, 3]))\n"
    about = CodeProblem(prompt="", entry_point="f", test=test)
    assert (await judged("def f(n): return 2 * n", about)).accepts
    assert (await code_and_message("def f(n): raise StopIteration", about))[0] == "exception"


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("def check(candidate):\n    assert 1 == 1", "never call the code"),
        ("def check(candidate): pass", "never call the code"),
        ("def check(candidate)", "no Python"),
        ("import nothing_like_it\nassert f(1) == 2", "ModuleNotFoundError"),
        ("import sys\nassert f(1) == 2\nsys.exit(0)", "ended before their end"),
        ("import os\nassert f(1) == 2\nos._exit(0)", "without a report"),
        ("assert f(object()) == 2", "only plain data can cross"),
        ("assert f(1) == 2\nwhile True: pass", "more than 1 s of CPU time"),
        ("import time\nassert f(1) == 2\ntime.sleep(100)", "waited for more than 1 s"),
        (f"assert f(1) == 2\nimport os, time\n{MANY_LARGE_PROCESSES}", "or 512 MiB of memory"),
    ],
)
async def test_tests_at_fault_decide_nothing(test: str, reason: str) -> None:
    critique = await judged("def f(n): return 2 * n", CodeProblem(prompt="", entry_point="f", test=test))
    assert critique.verdict is Verdict.UNDECIDED
    assert critique.reason is not None
    assert reason in critique.reason


async def test_a_prompt_that_cannot_be_run_decides_nothing() -> None:
    about = problem("candidate(1) == 2", prompt="LIMIT = 1 / 0\ndef f(n):\n    pass\n")
    critique = await judged("def f(n): return 2", about)
    assert critique.reason == "the problem's prompt cannot be run: ZeroDivisionError: division by zero"


async def test_a_test_without_assertions_is_one_test() -> None:
    about = CodeProblem(prompt="", entry_point="f", test="def check(candidate):\n    candidate(1)")
    assert await judged("def f(n): return 1", about) == Critique.accept(proves="passed 1 test")


async def test_arguments_are_copies() -> None:
    test = "data = [3, 1]\nassert f(data) == [1, 3]\nassert data == [3, 1]\n"
    about = CodeProblem(prompt="", entry_point="f", test=test)
    assert (await judged("def f(data):\n    data.sort()\n    return data", about)).accepts


async def test_many_checks_at_once_all_come_out_right() -> None:
    programs = ["def f(n): return 2 * n", "def f(n): return n", "def f(n: return", "import os\nos._exit(0)"]
    verdicts: dict[int, bool] = {}

    async def check(place: int) -> None:
        verdicts[place] = (await judged(programs[place % len(programs)])).accepts

    async with anyio.create_task_group() as tasks:
        for place in range(40):
            tasks.start_soon(check, place)
    assert verdicts == {place: place % 4 == 0 for place in range(40)}


async def test_what_it_proves_is_worth_tests_and_its_settings_are_told() -> None:
    assert critic().soundness is Soundness.TESTS
    assert critic().options()["isolation"] == "bubblewrap"
    assert PassesTests(isolation="none").options()["isolation"] == "none"
    with pytest.raises(ConfigurationError, match="isolation"):
        PassesTests(isolation="weak")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="max_cpu_seconds"):
        Limits(max_cpu_seconds=0)


async def test_without_isolation_honest_programs_are_judged_alike() -> None:
    bare = PassesTests(isolation="none")
    await bare.prepare()
    assert (await bare.critique(DOUBLE, "def f(n): return n * 2")).accepts
    assert not (await bare.critique(DOUBLE, "def f(n): return n * 3")).accepts
