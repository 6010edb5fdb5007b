"""Backprompts about plans: hints only where they are asked for, and nothing else changed by them."""

from __future__ import annotations

from itertools import pairwise

import pytest

import modulo
from modulo.domains.planning import PlanBackprompter, planning_graph
from modulo.protocols import Reveals
from modulo.testing import ScriptedGenerator
from tests.domains.planning.problems import BLOCKS, PLAN

WRONG = ["(pick-up c)", "no idea", "(unstack a c)\n(put-down a)", "(pick-up zz)"]


async def prompts(backprompter: modulo.Backprompter) -> list[str]:
    guesses = ScriptedGenerator([*WRONG, PLAN])
    outcome = await modulo.solve(planning_graph("blocks", guesses), BLOCKS, backprompter=backprompter)
    assert isinstance(outcome, modulo.Certified)
    assert all(
        v.hint is None
        for a in outcome.attempts
        for c in a.critiques
        if c.critic == "valid"
        for v in c.violations
    )
    return ["\n".join(message.content for message in request.messages) for request in guesses.requests]


@pytest.mark.anyio
async def test_a_constructive_backprompt_says_what_would_help() -> None:
    _, after_step, after_nonsense, after_goal, _ = await prompts(PlanBackprompter(granularity="constructive"))
    assert "(clear c) does not hold" in after_step
    assert "Inserting (unstack a c) (put-down a) before step 1" in after_step
    assert "give the plan only" in after_nonsense
    assert "Adding (pick-up c) (stack c b) at the end reaches the goal." in after_goal


@pytest.mark.anyio
async def test_earlier_hints_stand_in_later_prompts_word_for_word() -> None:
    chat = await prompts(PlanBackprompter(granularity="constructive"))
    for earlier, later in pairwise(chat):
        assert later.startswith(earlier)


@pytest.mark.anyio
@pytest.mark.parametrize("granularity", ["none", "binary", "first", "all"])
async def test_other_backprompts_give_no_hints(granularity: modulo.backprompt.Granularity) -> None:
    plain = await prompts(modulo.ChatBackprompter(granularity=granularity))
    assert await prompts(PlanBackprompter(granularity=granularity)) == plain
    assert not any("Inserting" in prompt for prompt in plain)


@pytest.mark.anyio
async def test_a_backprompt_with_hints_says_so() -> None:
    guesses = ScriptedGenerator([WRONG[0], PLAN])
    trace = modulo.Trace()
    await modulo.solve(
        planning_graph("blocks", guesses),
        BLOCKS,
        backprompter=PlanBackprompter(granularity="constructive"),
        trace=trace,
    )
    assert Reveals.HINTS in [getattr(event, "reveals", None) for event in trace.events]
