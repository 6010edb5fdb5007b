"""A model may restate a plan, and nothing else: no action more, less or elsewhere than in the text."""

from __future__ import annotations

import pytest

import modulo
from modulo.domains.planning import LLMReformulator, parse_plan, planning_graph
from modulo.domains.planning.restatement import Restatement, StandsInText
from modulo.testing import ScriptedGenerator
from tests.domains.planning.problems import BLOCKS, PLAN

IN_WORDS = """\
First, unstack the block a from c.
Then put-down a on the table, and pick up c.
Finally I stack block c on top of b."""


def codes(text: str, plan: str) -> list[str]:
    return [
        violation.code for violation in StandsInText().critique(Restatement(text=text, problem=BLOCKS), plan)
    ]


@pytest.mark.parametrize(
    "text",
    [
        IN_WORDS,
        IN_WORDS.upper(),
        PLAN,
        "We stack things here.\n" + IN_WORDS,
        "unstack a c put-down a pick-up c stack c b",
        "unstack a block called a from c\nput-down a\npick-up c\nstack c on a block: b",
    ],
)
def test_a_plan_with_the_actions_of_the_text_in_its_order_is_accepted(text: str) -> None:
    assert codes(text, PLAN) == []


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (f"{PLAN}\n(pick-up a)", "not_in_text"),
        (f"(pick-up b)\n{PLAN}", "left_out"),
        ("(unstack a c)\n(put-down a)\n(pick-up c)", "left_out"),
        ("(put-down a)\n(unstack a c)\n(pick-up c)\n(stack c b)", "left_out"),
        ("(unstack a c)\n(put-down a)\n(pick-up c)\n(stack b c)", "left_out"),
        ("(unstack a c)\n(put-down a)\n(pick-up c)\n(stack c)", "left_out"),
        ("(unstack a c)\n(put-down a)\n(pick-up c)\n(stack c b b)", "left_out"),
        ("", "left_out"),
    ],
)
def test_a_plan_that_says_something_else_is_rejected(plan: str, code: str) -> None:
    assert codes(IN_WORDS, plan) == [code]


def test_of_two_plans_in_a_text_none_can_be_chosen() -> None:
    text = f"{IN_WORDS}\nNo, better: pick-up b. Stack b on a."
    assert codes(text, PLAN)
    assert codes(text, "(pick-up b)\n(stack b a)")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("restated", "accepted"),
    [
        ([PLAN], True),
        ([f"```\n{PLAN}\n```"], True),
        (["(pick-up b)", PLAN], True),
        (["no idea", "(pick-up b)", PLAN], False),  # it may try twice
        ([PLAN.replace("(stack c b)", "(stack c a)")] * 2, False),
        (["No plan exists."] * 2, False),
    ],
)
async def test_a_restatement_is_taken_only_if_it_keeps_to_the_text(restated: list[str], accepted: bool) -> None:
    reformulator = LLMReformulator(ScriptedGenerator(restated))
    graph = planning_graph("blocks", ScriptedGenerator([IN_WORDS]), reformulator=reformulator)
    outcome = await modulo.solve(graph, BLOCKS, budget=modulo.Budget(rounds=1))
    assert isinstance(outcome, modulo.Certified) is accepted
    if isinstance(outcome, modulo.Certified):
        assert outcome.solution == PLAN
    else:
        assert outcome.attempts[0].critiques[0].violations[0].code == "action_in_prose"


@pytest.mark.anyio
async def test_a_text_that_can_be_read_is_not_restated() -> None:
    asked = ScriptedGenerator([])
    assert await LLMReformulator(asked)(PLAN, BLOCKS) == parse_plan(PLAN, BLOCKS)
    assert asked.requests == []


@pytest.mark.anyio
async def test_restating_is_charged_to_the_run() -> None:
    reformulator = LLMReformulator(ScriptedGenerator([PLAN]))
    graph = planning_graph("blocks", ScriptedGenerator([IN_WORDS]), reformulator=reformulator)
    outcome = await modulo.solve(graph, BLOCKS, budget=modulo.Budget(rounds=1))
    assert outcome.usage.calls == 2
