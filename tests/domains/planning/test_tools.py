"""The simulator for models: it tells what an independent one finds, and what fails is told in words."""

from __future__ import annotations

import itertools
import json
import random
import re
from typing import Any

import pytest

import modulo
from modulo import Budget, Certified, ToolLoop
from modulo.clock import SystemClock
from modulo.critics.plan import PddlProblem
from modulo.domains import blocksworld
from modulo.domains.planning.simulating import solves
from modulo.domains.planning.tools import applicable_actions, apply_actions
from modulo.protocols import Finish, Generation, Request
from modulo.testing import ScriptedGenerator
from modulo.toolbox import ToolCall
from tests.domains.planning.problems import BLOCKS, NOTHING_TO_DO, PLAN, TEMPORAL

pytestmark = pytest.mark.anyio


async def said(tool: Any, problem: PddlProblem, actions: str) -> Any:
    answer = await tool.call(problem, json.dumps({"actions": actions}), SystemClock())
    return answer if answer.startswith("error") else json.loads(answer)


def can_be_carried_out(problem: PddlProblem, actions: list[str]) -> bool:
    """What another program says, for a goal that holds always."""
    aimless = re.sub(r"\(:goal.*\Z", "(:goal (and)))", problem.problem_pddl, flags=re.DOTALL)
    return solves(problem.domain_pddl, aimless, "\n".join(actions))


def all_actions(names: str) -> set[str]:
    one = {f"({action} {x})" for action in ("pick-up", "put-down") for x in names}
    two = {f"({action} {x} {y})" for action in ("stack", "unstack") for x, y in itertools.product(names, names)}
    return one | two


@pytest.mark.parametrize("seed", range(4))
async def test_exactly_what_can_be_carried_out_is_listed(seed: int) -> None:
    problem, _ = blocksworld.generate(blocks=4, seed=seed)
    rng, done = random.Random(seed), list[str]()
    for _ in range(6):
        listed = await said(applicable_actions(), problem, "\n".join(done))
        assert not listed["there_are_more"]
        assert set(listed["applicable"]) == {
            action for action in all_actions("abcd") if can_be_carried_out(problem, [*done, action])
        }
        done.append(rng.choice(listed["applicable"]))


async def test_what_holds_after_actions_is_told() -> None:
    after = await said(apply_actions(), BLOCKS, "(unstack a c)")
    assert "(holding a)" in after["facts"]
    assert not after["goal_holds"]
    assert (await said(apply_actions(), BLOCKS, PLAN))["goal_holds"]
    assert (await said(apply_actions(), NOTHING_TO_DO, ""))["goal_holds"]


@pytest.mark.parametrize(
    ("problem", "actions", "complaint"),
    [
        (BLOCKS, "(unstack a c)\n(pick-up b)", "step 2"),
        (BLOCKS, "(fly a)", "step 1"),
        (BLOCKS, "(pick-up nobody)", "step 1"),
        (BLOCKS, "unstack a", "error"),
        (BLOCKS, "((((", "error"),
        (BLOCKS, "(unstack a c) ; " + "x" * 11_000, "too long"),
        (BLOCKS, "0: (unstack a c) [1]", "error"),
        (TEMPORAL, "", "take time"),
    ],
)
@pytest.mark.parametrize("tool", [applicable_actions(), apply_actions()])
async def test_what_fails_is_told_in_words(
    problem: PddlProblem, actions: str, complaint: str, tool: Any
) -> None:
    answer = await said(tool, problem, actions)
    assert answer.startswith("error")
    assert complaint in answer


async def test_long_lists_are_cut() -> None:
    problem, _ = blocksworld.generate(blocks=20, seed=1)
    everything = PddlProblem(problem.domain_pddl, re.sub(r"\(on [^)]*\)", "", problem.problem_pddl))
    listed = await said(applicable_actions(), everything, "")
    assert len(listed["applicable"]) <= 100


async def test_a_model_that_steps_through_the_simulator_is_judged_as_any_other() -> None:
    def answer(request: Request) -> Generation:
        """Takes what is applicable until nothing is left to try, by the tool alone."""
        assert request.toolbox is not None
        if not request.toolbox.consultations:
            call = ToolCall(id="1", tool="apply_actions", arguments=json.dumps({"actions": PLAN}))
            return Generation(text="", finish=Finish.TOOL_CALLS, tool_calls=(call,))
        holds = json.loads(request.toolbox.consultations[-1].results[0])["goal_holds"]
        return Generation(text=PLAN if holds else "I do not know.")

    loop = ToolLoop(ScriptedGenerator(answer), [apply_actions(), applicable_actions()])
    outcome = await modulo.solve(blocksworld.graph(loop), BLOCKS, budget=Budget(rounds=1))
    assert isinstance(outcome, Certified)
    assert outcome.usage.calls == 2
