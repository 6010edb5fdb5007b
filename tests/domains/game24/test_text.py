"""The reformulator, the schema and the backprompter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import modulo
from modulo.domains.game24 import (
    DOMAIN,
    Game24Problem,
    MakesTarget,
    answer_schema,
    find_solution,
    generate,
    graph,
    parse_expression,
    prompt,
)
from modulo.domains.game24.backprompter import beginning
from modulo.domains.game24.solving import tree_text
from modulo.errors import Malformed
from modulo.problem import NO_SOLUTION
from modulo.testing import ScriptedGenerator

PUZZLE = Game24Problem(numbers=(4, 9, 10, 13))
ANSWER = "(10 - 4) * (13 - 9)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ANSWER, ANSWER),
        (f'{{"expression": "{ANSWER}"}}', ANSWER),
        (f'Sure!\n```json\n{{"expression": "{ANSWER} = 24"}}\n```\n', f"{ANSWER} = 24"),
        (f"The answer is {ANSWER} = 24.", f"{ANSWER} = 24"),
        (f"Answer: {ANSWER}", ANSWER),
        (f"**Answer:** {ANSWER}", ANSWER),
        (f"**{ANSWER}**", ANSWER),
        (f"`{ANSWER} = 24`", f"{ANSWER} = 24"),
        ("$(10 - 4) \\times (13 - 9) = 24$", f"{ANSWER} = 24"),
        ("\\((10 - 4) \\times (13 - 9) = 24\\)", f"{ANSWER} = 24"),
        ("So:\n\\[\n\\left(10 - 4\\right) \\times (13 - 9) = 24\n\\]\nDone.", f"{ANSWER} = 24"),
        ("\\boxed{(10 - 4) * (13 - 9)}", ANSWER),
        ("(10 \u2212 4) \u00d7 (13 \u2212 9)", ANSWER),
        ("(10 - 4) x (13 - 9)", ANSWER),
        ("[10 - 4] * [13 - 9]", ANSWER),
        (f"1. {ANSWER}", ANSWER),
        (f"- {ANSWER}", ANSWER),
        (
            f"Steps:\n10 - 4 = 6 (left: 6 9 13)\n6 * 4 = 24 (left: 24)\nAnswer: {ANSWER} = 24",
            f"{ANSWER} = 24",
        ),
        (f"10 - 4 = 6 and 13 - 9 = 4, so {ANSWER} works.", ANSWER),
        (f"{ANSWER} = 6 * 4 = 24", f"{ANSWER} = 24"),
        (f"{ANSWER}\nCheck: (10-4)*(13-9) = 24", "(10-4)*(13-9) = 24"),
        (f"<think>perhaps 10 * 4 - 13 + 9?</think>{ANSWER}", ANSWER),
        (f"I tried 10 + 4 + 13 - 9 = 18.\nFinal answer: {ANSWER}", ANSWER),
        ("10 + 4", "10 + 4"),
        (f"{ANSWER} = 25", f"{ANSWER} = 25"),
        ("no solution", NO_SOLUTION),
        ("There is no way to obtain 24 with these numbers.", NO_SOLUTION),
        ("Answer: not possible", NO_SOLUTION),
        ('{"expression": "no solution"}', NO_SOLUTION),
    ],
)
def test_the_expression_of_a_chat_answer_is_found(text: str, expected: object) -> None:
    assert parse_expression(text, PUZZLE) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot help with that.",
        "24",
        "(10 - 4) * (13 - 9) or 10 + 4 + 13 - 9",
        "Answer: (10 - 4) * (13 - 9)\nAnswer: 10 + 4 + 13 - 9",
        "(10 - 4) * (13 - 9) = 24 = 25",
        "(10 - 4) * (13 - 9) = 24\n(10-4)*(13-9) = 25",
        "(10 - 4) * (13 - 9) = 10 + 9 + 4 + 13",
        "(10 - 4)! * (13 - 9)",
        "(10 - 4) ^ (13 - 9)",
        "(10 - 4) ** (13 - 9)",
        "(10 - 4) // (13 - 9)",
        "(10 - 4)(13 - 9)",
        "(10 - 4 * (13 - 9)",
        "10 - 4 * 13 9",
        "a10 - 4 * (13 - 9)",
        '{"expression": 24}',
        '{"expression": "(10 - 4) * (13 - 9)"} {"expression": "10 + 4 + 13 - 9"}',
        "There is no solution, but (10 - 4",
        "(" * 10_000,
        "-" * 19_000,
        " " * 19_000 + "(",
        "1 + " * 4_000,
        "x" * 50_000,
    ],
)
def test_what_may_mean_several_expressions_or_none_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_expression(text, PUZZLE)


@pytest.mark.parametrize("seed", range(10))
def test_the_schema_takes_a_solution_and_no_number_twice(seed: int) -> None:
    problem, _ = generate(seed=seed)
    pattern = answer_schema(problem)["properties"]["expression"]["pattern"]  # type: ignore[index,call-overload]
    found = find_solution(problem.numbers, problem.target)
    assert found is not None
    assert re.fullmatch(pattern, tree_text(found))
    first = problem.numbers[0]
    assert not re.fullmatch(pattern, " + ".join([str(first)] * 5))


@pytest.mark.parametrize("count", [1, 2, 5, 6])
def test_the_schema_of_other_counts_takes_their_solutions(count: int) -> None:
    problem = Game24Problem(numbers=(24,)) if count == 1 else generate(count=count, seed=1)[0]
    found = find_solution(problem.numbers, problem.target)
    assert found is not None
    pattern = answer_schema(problem)["properties"]["expression"]["pattern"]  # type: ignore[index,call-overload]
    assert re.fullmatch(pattern, tree_text(found))


@pytest.mark.parametrize("seed", range(10))
def test_a_beginning_grows_and_never_shows_the_last_number(seed: int) -> None:
    problem, _ = generate(seed=seed)
    shown = [beginning(problem, steps) or "" for steps in range(1, 8)]
    assert [len(re.findall(r"\d+", text)) for text in shown] == [2, 3, 3, 3, 3, 3, 3]
    assert shown[-1].endswith(("+", "-", "*", "/"))


def test_a_beginning_leads_to_a_solution() -> None:
    begun = beginning(PUZZLE, 3)
    assert begun is not None
    missing = next(n for n in PUZZLE.numbers if str(n) not in re.findall(r"\d+", begun))
    expression = f"{begun} {missing}" + ")" * (begun.count("(") - begun.count(")"))
    assert MakesTarget().critique(PUZZLE, expression).violations == ()


def test_a_run_is_certified_through_backprompts() -> None:
    generator = ScriptedGenerator(["24", "(10 + 4) * (13 - 9)", f"Answer: {ANSWER} = 24"])
    outcome = modulo.solve_sync(
        graph(generator), PUZZLE, strategy=DOMAIN.strategy(), backprompter=DOMAIN.backprompter()
    )
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == f"{ANSWER} = 24"
    asked = generator.requests[2].messages[-1].content
    assert "The expression is 56, not 24." in asked
    assert 'Complete this answer: {"expression": "' in asked


def test_a_claim_that_is_true_ends_a_run_as_unsolvable() -> None:
    outcome = modulo.solve_sync(graph(ScriptedGenerator(["no solution"])), Game24Problem(numbers=(1, 1, 1, 1)))
    assert isinstance(outcome, modulo.Unsolvable)


def test_a_claim_that_is_false_is_backprompted() -> None:
    outcome = modulo.solve_sync(graph(ScriptedGenerator(["no solution", ANSWER])), PUZZLE)
    assert isinstance(outcome, modulo.Certified)


def test_the_prompt_does_not_give_the_answer_as_its_example() -> None:
    assert ANSWER not in prompt(PUZZLE)
    assert ANSWER in prompt(DOMAIN.example())


def test_the_prompt_names_numbers_and_target() -> None:
    assert "Make 24 from the numbers 4, 9, 10, 13." in prompt(PUZZLE)


def test_the_example_is_solvable(tmp_path: Path) -> None:
    example = DOMAIN.example()
    assert find_solution(example.numbers, example.target) is not None
