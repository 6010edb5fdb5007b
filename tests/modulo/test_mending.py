"""What reformulators mend is told to the run that they are part of, and to no other."""

from __future__ import annotations

import pytest

import modulo
from modulo.events import CandidateReformulated
from modulo.mending import Mending, tell_mended
from modulo.trace import event_json


def test_outside_of_a_run_nobody_hears_of_mends() -> None:
    tell_mended("nothing")


def test_each_mend_is_kept_once_and_not_too_many() -> None:
    with Mending() as mending:
        for i in range(100):
            tell_mended(f"mend {i % 40}")
    tell_mended("too late")
    assert mending.mends == tuple(f"mend {i}" for i in range(20))


def test_one_inside_another_keeps_its_own() -> None:
    with Mending() as outer:
        tell_mended("out")
        with Mending() as inner:
            tell_mended("in")
        tell_mended("out again")
    assert (outer.mends, inner.mends) == (("out", "out again"), ("in",))


def tidy(text: str) -> str:
    if text != text.strip():
        tell_mended("space around")
    return text.strip()


def number(text: str) -> int:
    if text.endswith("."):
        tell_mended("a full stop")
    return int(text.removesuffix("."))


@modulo.critic(proves="it is large")
def large(problem: int, candidate: int) -> list[modulo.Violation]:
    return [] if candidate > problem else [modulo.Violation("small", "Too small.")]


@pytest.mark.anyio
async def test_mends_of_all_reformulators_stand_in_the_trace_and_on_the_candidate() -> None:
    graph = modulo.Graph("numbers")
    guess = graph.generator("guess", lambda request: ["1", " 2. ", "x. ", "9"][request.turn])
    tidied = graph.reformulator("tidied", tidy, reads=guess)
    graph.critic("large", large, reads=graph.reformulator("number", number, reads=tidied))
    trace = modulo.Trace()
    outcome = await modulo.solve(graph, 5, trace=trace)
    made = [event for event in trace.events if isinstance(event, CandidateReformulated)]
    assert [event.candidate.mended for event in made] == [(), ("space around", "a full stop"), ()]
    assert [event_json(event).get("mended") for event in made] == [None, ["space around", "a full stop"], None]
    assert isinstance(outcome, modulo.Certified)
