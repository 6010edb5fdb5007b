"""Constructive backprompts: every violation is shown, and the proposed changes lead somewhere."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

import modulo
from modulo.domains.graph_coloring import DOMAIN, ProperColoring, generate, graph
from modulo.domains.graph_coloring.backprompter import recoloring
from modulo.testing import ScriptedGenerator


@pytest.mark.anyio
async def test_a_backprompt_shows_every_violation_and_a_line_for_each_node() -> None:
    problem = DOMAIN.example()
    guesses = ScriptedGenerator(
        ["no idea", '{"A":"red","B":"red","C":"red","D":"red","E":"red","F":"red"}', "x"]
    )
    budget = modulo.Budget(rounds=3)
    await modulo.solve(graph(guesses), problem, backprompter=DOMAIN.backprompter(), budget=budget)
    after_nonsense, after_conflicts = (request.messages for request in guesses.requests[1:])
    assert "holds no JSON object" in after_nonsense[-1].content
    (message,) = after_conflicts
    for one, other in problem.edges:
        assert f"{one} and {other} are both red" in message.content
    for node in problem.nodes:
        assert f'"{node}": "' in message.content


@pytest.mark.anyio
async def test_a_model_that_does_as_it_is_told_gets_there() -> None:
    problem = DOMAIN.example()

    def obedient(request: modulo.Request) -> str:
        import json
        import re

        told = dict(re.findall(r'"(\w)": "(\w+)" is', request.messages[-1].content))
        return json.dumps(told or dict.fromkeys(problem.nodes, "red"))

    outcome = await modulo.solve(
        graph(ScriptedGenerator(obedient)), problem, backprompter=DOMAIN.backprompter()
    )
    assert isinstance(outcome, modulo.Certified)


@given(st.integers(0, 500), st.integers(0, 5), st.data())
def test_a_recoloring_is_total_with_allowed_colors_and_no_more_conflicts(
    seed: int, variant: int, data: st.DataObject
) -> None:
    problem, _ = generate(nodes=6, colors=3, density=0.75, seed=seed)
    coloring = {node: data.draw(st.sampled_from(problem.colors)) for node in problem.nodes}
    changed = coloring | recoloring(problem, coloring, variant=variant)
    assert changed.keys() == coloring.keys()
    assert set(changed.values()) <= set(problem.colors)
    before = len(list(ProperColoring().critique(problem, coloring)))
    after = len(list(ProperColoring().critique(problem, changed)))
    assert after <= before


def test_an_incomplete_coloring_is_completed() -> None:
    problem = DOMAIN.example()
    assert recoloring(problem, {}).keys() == set(problem.nodes)


def test_one_color_for_two_neighbours_is_no_crash() -> None:
    problem, _ = generate(nodes=2, colors=1, density=1)
    assert anyio.run(lambda: modulo.check(DOMAIN.graph_for_checking(), problem, {"A": "red", "B": "red"}))
