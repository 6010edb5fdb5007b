"""The domain: its problems, their files, and the loop around the critic."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo.batch import check_lines
from modulo.critics.code import PassesTests
from modulo.domain import find_domain
from modulo.domains.code import DOMAIN, PROBLEMS, CodeProblem, graph, prompt, read_problems
from modulo.errors import ProblemError
from modulo.generators.function import FunctionGenerator
from tests.critics.code.problems import needs_linux

SOLUTIONS = {
    "longest_run": """
def longest_run(values):
    best = length = 0
    for place, value in enumerate(values):
        length = length + 1 if place and values[place - 1] == value else 1
        best = max(best, length)
    return best
""",
    "caesar": """
def caesar(text, shift):
    def moved(c):
        for first in 'aA':
            if first <= c <= chr(ord(first) + 25):
                return chr((ord(c) - ord(first) + shift) % 26 + ord(first))
        return c
    return ''.join(map(moved, text))
""",
    "merge_spans": """
def merge_spans(spans):
    merged = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
""",
    "balanced": """
def balanced(text):
    open_ones = []
    for c in text:
        if c in '([{':
            open_ones.append(c)
        elif c in ')]}' and (not open_ones or open_ones.pop() + c not in ('()', '[]', '{}')):
            return False
    return not open_ones
""",
}
HUMAN_EVAL = {
    "task_id": "HumanEval/900",
    "prompt": "def f(n):\n    '''Double.'''\n",
    "entry_point": "f",
    "canonical_solution": "    return 2 * n\n",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n",
}
MBPP = {
    "task_id": 900,
    "text": "Write a function to double a number.",
    "code": "def double(n): return n * 2",
    "test_setup_code": "",
    "test_list": ["assert set(double(2)) == 4", "assert double(3) == 6"],
    "challenge_test_list": [],
}


def test_it_is_installed() -> None:
    assert find_domain("code") is DOMAIN


@needs_linux
@pytest.mark.anyio
@pytest.mark.parametrize("name", PROBLEMS)
async def test_our_own_problems_can_be_solved(name: str) -> None:
    assert (await PassesTests().critique(PROBLEMS[name], SOLUTIONS[name])).accepts
    assert not (await PassesTests().critique(PROBLEMS[name], f"def {name}(*args): return None")).accepts


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_prompt_holds_the_problem_and_no_test(name: str) -> None:
    text = prompt(PROBLEMS[name])
    assert PROBLEMS[name].prompt.strip() in text
    assert "assert" not in text


def test_human_eval_and_mbpp_are_read() -> None:
    assert DOMAIN.read_problem(HUMAN_EVAL).entry_point == "f"
    problem = DOMAIN.read_problem(MBPP)
    assert problem.entry_point == "double"
    assert "must be called double" in prompt(problem)
    assert problem.test == "assert set(double(2)) == 4\nassert double(3) == 6\n"


@pytest.mark.parametrize(
    "row",
    [
        [],
        {},
        {"prompt": "x"},
        HUMAN_EVAL | {"entry_point": "f()"},
        MBPP | {"test_list": []},
        MBPP | {"test_list": [1]},
    ],
)
def test_what_is_no_problem_is_refused(row: Any) -> None:
    with pytest.raises(ProblemError):
        DOMAIN.read_problem(row)


def test_files_of_json_lines_give_their_problems_by_id(tmp_path: Path) -> None:
    path = tmp_path / "problems.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, [HUMAN_EVAL, MBPP])).encode()))
    assert list(read_problems(path)) == ["HumanEval/900", "900"]
    assert DOMAIN.read_problem_file(Path(f"{path}#900")).entry_point == "double"
    with pytest.raises(ProblemError, match="has no problem 'x', but HumanEval/900"):
        DOMAIN.read_problem_file(Path(f"{path}#x"))
    single = tmp_path / "one.json"
    single.write_text(json.dumps(HUMAN_EVAL))
    assert DOMAIN.read_problem_file(single) == read_problems(path)["HumanEval/900"]


@needs_linux
@pytest.mark.anyio
async def test_the_loop_certifies_after_a_backprompt_with_the_failing_call() -> None:
    prompts: list[str] = []

    def programmer(request: modulo.Request) -> str:
        prompts.append(request.messages[-1].content)
        return (
            "```python\ndef longest_run(values): return 0\n```"
            if request.turn == 0
            else SOLUTIONS["longest_run"]
        )

    outcome = await modulo.solve(graph(FunctionGenerator(programmer)), DOMAIN.example())
    assert isinstance(outcome, modulo.Certified)
    assert outcome.certificate.claim.text == "passed 6 tests"
    assert "longest_run([5]) gave 0, not 1." in prompts[1]
    assert (await modulo.verify(outcome.certificate)).critiques[0].accepts


@needs_linux
@pytest.mark.anyio
async def test_rows_are_judged_together_and_answered_in_order() -> None:
    slow = "import time\ndef f(n):\n    time.sleep(0.5)\n    return 2 * n"
    programs = [slow, "def f(n): return 2 * n", slow, "def f(n): return 0", 3]
    lines = [
        json.dumps({"id": place, "domain": "code", "problem": HUMAN_EVAL, "candidate": program}).encode()
        for place, program in enumerate(programs)
    ]
    rows = [row.document async for row in check_lines([*lines, b"{}"])]
    assert [row["id"] for row in rows] == [0, 1, 2, 3, 4, None]
    verdicts = ["accept", "accept", "accept", "reject", "reject", "error"]
    assert [row["verdict"] for row in rows] == verdicts


@needs_linux
@pytest.mark.anyio
async def test_recorded_programs_of_models_get_the_verdicts_that_are_known(shared_data: Path) -> None:
    lines = gzip.decompress((shared_data / "code_seeds.jsonl.gz").read_bytes()).splitlines()[::8]
    expected = [json.loads(line)["expected"] for line in lines]
    assert [row.document["verdict"] async for row in check_lines(lines)] == expected


@needs_linux
@pytest.mark.slow
@pytest.mark.anyio
async def test_all_recorded_programs_get_them(shared_data: Path) -> None:
    lines = gzip.decompress((shared_data / "code_seeds.jsonl.gz").read_bytes()).splitlines()
    expected = [json.loads(line)["expected"] for line in lines]
    assert [row.document["verdict"] async for row in check_lines(lines)] == expected


def test_a_problem_is_a_value() -> None:
    assert CodeProblem(**DOMAIN.example().model_dump()) == DOMAIN.example()


@pytest.mark.parametrize(
    "assertion",
    [
        "assert double(2) == 4",
        "assert not (double(0))",
        "assert math.isclose(double(2), 4.0)",
        "assert isclose(double(2), 4.0)",
        "assert all(double(n) == 2 * n for n in (1, 2))",
        "assert isinstance(double(2), int)",
        "assert 'f(x)' != double(2)",
        "assert Counter(double([1])) == Counter([1, 1])",
    ],
)
def test_what_an_assertion_of_mbpp_is_about_is_no_function_around_it(assertion: str) -> None:
    """A program that brings its own ``all`` or ``isinstance`` would check itself."""
    problem = DOMAIN.read_problem({"text": "Double.", "test_list": [assertion]})
    assert problem.entry_point == "double"


def test_an_assertion_of_mbpp_that_is_no_python_is_told() -> None:
    with pytest.raises(ProblemError, match="no Python"):
        DOMAIN.read_problem({"text": "Double.", "test_list": ["assert double(2 == 4"]})
