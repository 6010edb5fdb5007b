"""Programs function by function: which beginnings are kept, what is asked behind them, how both are joined."""

import itertools
import random
from collections.abc import Sequence
from typing import Any

import pytest

import modulo
from modulo import BeamSearch, Budget, Certified, Critique, TreeSearch, Violation
from modulo.critics.code import CodeProblem, PassesTests
from modulo.domains.code import CodeSteps, graph, parse_program
from modulo.domains.code.begun import begun_text, joined, parts_of, read_begun
from modulo.domains.code.instances import PROBLEMS
from modulo.steps import Beginning
from modulo.testing import ScriptedGenerator
from tests.critics.code.problems import QUICK, needs_linux

STEPS = CodeSteps()
PYTEST = """\
import pytest
from solution import add, total, mean

def test_add():
    assert add(1, 2) == 3

@pytest.mark.parametrize("many", [[], [1, 2]])
def test_total(many):
    assert total(many) == sum(many)

def test_mean():
    assert mean([1, 3]) == 2
"""
UNITTEST = """\
import unittest
import solution

class Tests(unittest.TestCase):
    def test_add(self):
        self.assertEqual(solution.add(1, 2), 3)

    def test_total(self):
        self.assertEqual(solution.total([2, 2]), 4)

    def test_mean(self):
        self.assertEqual(solution.mean([1, 3]), 2)
"""
ADD = {"right": "def add(a, b):\n    return a + b\n", "wrong": "def add(a, b):\n    return a - b\n"}
TOTAL = {
    "right": "def total(many):\n    s = 0\n    for one in many:\n        s = add(s, one)\n    return s\n",
    "alone": "def total(many):\n    return sum(many)\n",
    "wrong": "def total(many):\n    return add(len(many), 1)\n",
}
MEAN = {
    "right": "def mean(many):\n    return total(many) / len(many)\n",
    "alone": "def mean(many):\n    return sum(many) / len(many)\n",
    "wrong": "def mean(many):\n    return total(many)\n",
}


def problem_of(test: str = PYTEST, format_: Any = "pytest") -> CodeProblem:
    return CodeProblem(prompt="Write add, total and mean.", entry_point="mean", test=test, format=format_)


def program_of(*functions: str) -> str:
    return "\n\n".join(functions)


async def kept(problem: CodeProblem, program: str) -> Sequence[str]:
    """The last names that the beginnings of a program define."""
    critique = await PassesTests(limits=QUICK).critique(problem, program)
    found = STEPS.beginnings_judged(problem, program, [critique])
    return [sorted(parts_of(text_of(one))[-1].names)[-1] for one in found]


def text_of(beginning: Beginning) -> str:
    begun = read_begun(beginning.text)
    assert begun is not None
    assert begun[1] == ""
    return begun[0]


@needs_linux
@pytest.mark.anyio
@pytest.mark.parametrize("problem", [problem_of(), problem_of(UNITTEST, "unittest")])
@pytest.mark.parametrize(
    ("functions", "expected"),
    [
        ((ADD["right"], TOTAL["right"], MEAN["wrong"]), ["add", "total"]),
        ((ADD["right"], TOTAL["wrong"], MEAN["right"]), ["add"]),
        ((ADD["wrong"], TOTAL["alone"], MEAN["alone"]), []),
        ((TOTAL["alone"], ADD["wrong"], MEAN["right"]), ["total"]),
        # What total and mean need comes after them, so their failing says nothing of them.
        ((TOTAL["right"], MEAN["right"], ADD["wrong"]), []),
        (("import math\n\n\n", ADD["right"], "LIMIT = 3\n", TOTAL["right"], MEAN["wrong"]), ["add", "total"]),
        ((ADD["right"], TOTAL["right"], "def mean(many):\n    return 1 +\n"), []),
        ((ADD["right"], TOTAL["right"], "def mean(many):\n    while True: pass\n"), []),
        ((ADD["right"], TOTAL["right"]), []),
        (
            (
                "from math import gcd\n",
                MEAN["right"].replace("/", "/ gcd(1, 0) +"),
                TOTAL["right"],
                ADD["right"],
            ),
            [],
        ),
    ],
)
async def test_a_program_is_kept_up_to_the_first_function_that_fails_its_tests(
    problem: CodeProblem, functions: Sequence[str], expected: Sequence[str]
) -> None:
    assert await kept(problem, program_of(*functions)) == expected


@needs_linux
@pytest.mark.anyio
async def test_what_is_kept_is_what_some_right_program_begins_with() -> None:
    problem, critic = problem_of(), PassesTests(limits=QUICK)
    choices = [*itertools.product(ADD.values(), TOTAL.values(), MEAN.values())]
    critiques = {functions: await critic.critique(problem, program_of(*functions)) for functions in choices}
    right = [program_of(*functions) for functions, critique in critiques.items() if critique.accepts]
    assert 0 < len(right) < len(choices)
    for functions, critique in critiques.items():
        if not critique.accepts:
            found = STEPS.beginnings_judged(problem, program_of(*functions), [critique])
            starts = [program_of(*functions[:count]) + "\n\n" for count in (1, 2)]
            assert [text_of(one) for one in found] == [
                start for start in starts if any(one.startswith(start) for one in right)
            ]


def told(*violations: Violation) -> Sequence[Critique]:
    return [Critique.reject(*violations)]


def failed(test: str, code: str = "wrong_result") -> Violation:
    return Violation(code, f"This does not hold: {test} (assert 1 == 2) [{test}]")


WHOLE = program_of(ADD["right"], TOTAL["right"], MEAN["wrong"])


@pytest.mark.parametrize(
    "critiques",
    [
        [],
        [Critique.accept()],
        [Critique.undecided("nobody knows")],
        told(Violation("hidden_test", "A hidden test failed.")),
        told(Violation("type", "int is no str [test_mean]")),
        told(failed("test_mean"), Violation("timeout", "It took too long. [test_total]")),
        told(failed("test_mean"), Violation("wrong_result", "No test's name.")),
        told(failed("test_of_nothing")),
    ],
)
def test_nothing_is_kept_where_it_is_not_known_which_tests_failed(critiques: Sequence[Critique]) -> None:
    assert [*STEPS.beginnings(problem_of(), WHOLE)] == []
    assert [*STEPS.beginnings_judged(problem_of(), WHOLE, critiques)] == []


def test_another_critics_remarks_say_nothing_of_tests() -> None:
    critiques = [*told(Violation("type", "int is no str")), *told(failed("test_mean"))]
    scores = [one.score for one in STEPS.beginnings_judged(problem_of(), WHOLE, critiques)]
    assert scores == [0.25, 0.5]


@pytest.mark.parametrize(
    "test",
    [
        # Whatever a helper, a fixture or another name of it needs may be what fails.
        PYTEST.replace(
            "def test_add():\n    assert add",
            "def sums():\n    return mean([1])\n\ndef test_add():\n    assert add",
        ),
        PYTEST.replace("add, total, mean", "add, total, mean as average"),
        PYTEST.replace("assert add(1, 2) == 3", "assert add(1, 2) == mean([3])"),
    ],
)
def test_a_test_that_may_need_a_later_function_tells_nothing_of_an_earlier_one(test: str) -> None:
    found = STEPS.beginnings_judged(problem_of(test), WHOLE, told(failed("test_add")))
    assert [*parts_of(text_of(found[0]))[-1].names] == ["add"]


@pytest.mark.parametrize(
    ("test", "format_"),
    [
        ("from solution import mean\n\ndef test_mean():\n    assert mean([1]) == 1\n", "pytest"),
        (">>> add(1, 2)\n3\n>>> mean([3])\n3\n", "doctest"),
        ("assert add(1, 2) == 3\nassert mean([3]) == 3\n", "assertions"),
    ],
)
def test_it_applies_to_named_tests_of_several_functions_only(test: str, format_: str) -> None:
    assert not STEPS.applies_to(problem_of(test, format_))
    assert not any(STEPS.applies_to(problem) for problem in PROBLEMS.values())
    assert STEPS.applies_to(problem_of())
    assert STEPS.applies_to(problem_of(UNITTEST, "unittest"))


def test_a_function_of_the_prompt_is_none_of_the_programs() -> None:
    problem = problem_of().model_copy(update={"prompt": "def add(a, b):\n    return a + b\n"})
    prompt = STEPS.prompt(problem, Beginning(text=begun_text(TOTAL["alone"]), state="", score=0.5))
    assert "These functions are missing: mean." in prompt


@pytest.mark.parametrize("answer", [f"Here:\n```python\n{MEAN['right']}```\nDone.", MEAN["right"]])
def test_an_answer_is_put_behind_its_beginning(answer: str) -> None:
    beginning = program_of(ADD["right"], TOTAL["right"]) + "\n"
    program = parse_program(begun_text(beginning) + answer, problem_of())
    assert program.startswith(beginning)
    assert program.endswith(MEAN["right"])


def test_what_the_rest_defines_anew_is_left_out_and_what_it_imports_is_not() -> None:
    rest = program_of("import math", "@cache\n" + ADD["wrong"], MEAN["right"])
    program = joined(ADD["right"], rest)
    assert "a - b" not in program
    assert "@cache" not in program
    assert "import math" in program
    assert program.endswith(MEAN["right"])


@pytest.mark.parametrize(
    "text",
    [
        "[BEGINNING 5]\nabc",
        "[BEGINNING 3]\nabc\n[REST]\n",
        " [BEGINNING 3]\nabc[REST]\n",
        "[BEGINNING 9999999]\n[REST]\n",
    ],
)
def test_a_mark_that_is_not_exactly_ours_is_none(text: str) -> None:
    assert read_begun(text) is None


def test_a_program_that_contains_the_marks_is_read_back() -> None:
    program = 'X = """\n[REST]\n[BEGINNING 3]\n"""\n'
    assert read_begun(begun_text(program) + "[REST]\n") == (program, "[REST]\n")


def test_parts_add_up_to_the_program() -> None:
    rng = random.Random(0)
    lines = [
        "def f(x):\n",
        "    return x\n",
        "@cache\n",
        "import os\n",
        "X: int = 3\n",
        "\n",
        "x == 3\n",
        "class A:\n",
    ]
    for _ in range(200):
        program = "".join(rng.choices(lines, k=rng.randrange(8)))
        assert "".join(part.text for part in parts_of(program)) == program


@needs_linux
@pytest.mark.anyio
@pytest.mark.parametrize("strategy", [BeamSearch(width=1, samples=1), TreeSearch(widening=0.5)])
async def test_a_search_keeps_the_functions_that_pass_and_asks_for_the_rest(strategy: Any) -> None:
    def answer(request: modulo.Request) -> str:
        if "is finished" in request.messages[-1].content:
            return f"```python\n{MEAN['right']}```"
        return f"```python\n{WHOLE}```"

    generator = ScriptedGenerator(answer)
    outcome = await modulo.solve(
        graph(generator, PassesTests(limits=QUICK)), problem_of(), strategy=strategy, budget=Budget(rounds=8)
    )
    assert isinstance(outcome, Certified)
    assert outcome.solution == program_of(ADD["right"], TOTAL["right"], MEAN["right"])
    prompt = generator.requests[-1].messages[-1].content
    assert "These functions are missing: mean." in prompt
