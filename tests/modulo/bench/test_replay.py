"""Recorded runs, run again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

import modulo
from modulo.bench.recordings import Recording, read_recordings
from modulo.bench.replay import GroupResult, replay_recordings
from modulo.domains.pddl import DOMAIN as PDDL
from modulo.errors import ConfigurationError, MissingDependencyError
from modulo.generators.price import Price
from modulo.generators.transcript import Transcript, read_transcripts
from modulo.problem import NO_SOLUTION
from modulo.protocols import Finish, Generation
from tests.modulo.sample_domain import DOMAIN, Numbers
from tests.modulo.sample_graphs import Target, whole_number

TRUTH = {
    ("blocksworld_hard", "deepseek-r1-api"): (110, [59, 59, 59, 59]),
    ("blocksworld_hard", "gpt-4o-mini-2024-07-18_chat"): (110, [0, 0, 0, 0]),
    ("blocksworld_hard", "o1-mini_chat"): (110, [1, 4, 9, 11]),
    ("sokoban", "deepseek-r1-api"): (55, [8, 8, 8, 8]),
    ("sokoban", "gpt-4o-mini-2024-07-18_chat"): (30, [0, 0, 0, 0]),
    ("sokoban", "o1-mini_chat"): (55, [6, 7, 7, 7]),
}
"""What the recording itself says, by round."""


def recording(*answers: str, total: int = 4, suite: str = "s", model: str = "m") -> Recording:
    generations = tuple(
        Generation(
            text=answer,
            finish=Finish.STOP if answer else Finish.EMPTY,
            usage=modulo.Usage(calls=1, prompt_tokens=10, completion_tokens=len(answer)),
        )
        for answer in answers
    )
    transcript = Transcript(
        id="1", suite=suite, model=model, domain=None, problem={"total": total}, answers=generations
    )
    return Recording(transcript=transcript, problem=Target(total))


def replay(*recordings: Recording, rounds: int = 3, **options: Any) -> tuple[GroupResult, ...]:
    domain = options.pop("domain", DOMAIN)
    return anyio.run(partial(replay_recordings, domain, recordings, rounds=rounds, **options))


def test_problems_are_counted_from_the_round_that_solved_them_on() -> None:
    (group,) = replay(recording("4"), recording("3", "4"), recording("1", "2", "3"), rounds=4)
    assert group.problems == 3
    assert group.solved_after == (1, 2, 2, 2)
    assert group.errors == ()


def test_calls_and_tokens_are_those_that_were_needed() -> None:
    (group,) = replay(recording("3", "4", "never asked"), recording("12345"))
    assert (group.calls, group.prompt_tokens, group.completion_tokens) == (3, 30, 7)


def test_a_certified_answer_costs_all_that_was_spent_failures_included() -> None:
    price = Price(input_usd_per_million=1.0, output_usd_per_million=2.0)
    (group,) = replay(recording("4"), recording("3", "22"), prices={"m": price})
    assert group.per_certified["tokens"].value == 34
    assert group.per_certified["calls"].value == 3
    assert group.cost_usd == pytest.approx((30 * 1 + 4 * 2) / 1e6)
    assert group.per_certified["cost_usd"].value == group.cost_usd


def test_without_a_price_nothing_is_said_of_dollars() -> None:
    (group,) = replay(recording("4"))
    assert group.cost_usd is None
    assert set(group.per_certified) == {"calls", "tokens"}


def test_what_certifies_nothing_has_no_cost_per_certified_answer() -> None:
    (group,) = replay(recording("3"))
    assert group.per_certified["tokens"].value is None


def test_a_price_of_a_model_that_is_not_there_is_refused() -> None:
    price = Price(input_usd_per_million=1.0, output_usd_per_million=2.0)
    with pytest.raises(ConfigurationError, match="no run of a model 'n' to put a price on; there is m"):
        replay(recording("4"), prices={"n": price})


def test_no_run_is_longer_than_its_recording_or_the_rounds_asked_for() -> None:
    (group,) = replay(recording("1", "2", "4"), recording("3"), recording(), rounds=2)
    assert (group.calls, group.solved_after) == (3, (0, 0))


def test_a_recording_that_repeats_itself_is_run_to_its_end() -> None:
    (group,) = replay(recording(*["3"] * 14, "4"), rounds=15)
    assert group.solved_after == (0,) * 14 + (1,)


def test_an_answer_that_cannot_be_read_or_is_empty_takes_its_round() -> None:
    (group,) = replay(recording("no number", "", "4"))
    assert group.solved_after == (0, 0, 1)


def test_groups_come_in_the_order_of_the_file_however_long_they_take() -> None:
    first = [recording(*["3"] * 3, suite="slow") for _ in range(9)]
    groups = replay(*first, recording("4", suite="quick"), recording("4", suite="slow", model="other"))
    assert [(group.suite, group.model) for group in groups] == [
        ("slow", "m"),
        ("quick", "m"),
        ("slow", "other"),
    ]


def test_recordings_of_one_problem_are_answered_each_with_its_own_answers() -> None:
    one, other = replay(recording("4"), recording("3", "4", model="other"))
    assert (one.solved_after, other.solved_after) == ((1, 1, 1), (0, 1, 1))


def test_every_run_is_reported_as_it_ends() -> None:
    ended: list[None] = []
    replay(*[recording("4") for _ in range(20)], on_finished=lambda: ended.append(None))
    assert len(ended) == 20


class Judged(Numbers):
    """Numbers, with a critic of choice."""

    def __init__(self, critic: modulo.Critic[Target, int]) -> None:
        self._critic = critic

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        graph = modulo.Graph("numbers")
        number = graph.reformulator("number", whole_number, reads=graph.generator("guess", generator))
        graph.critic("critic", self._critic, reads=number)
        return graph


@modulo.critic(proves="nothing")
def fails(problem: Target, candidate: int) -> Iterator[modulo.Violation]:
    raise RuntimeError("out of order")
    yield


def test_a_critic_that_fails_solves_nothing_and_is_reported() -> None:
    (group,) = replay(recording("4"), recording("4", "4"), domain=Judged(fails))
    assert group.solved_after == (0, 0, 0)
    assert len(group.errors) == 2
    assert "out of order" in group.errors[0]


def test_what_is_missing_is_one_error_and_no_group_of_errors() -> None:
    class Needy(modulo.Critic[Target, int]):
        def critique(self, problem: Target, candidate: int) -> list[modulo.Violation]:
            return []

        async def prepare(self) -> None:
            raise MissingDependencyError("buy one")

    needy = Needy()
    needy.proves = "something"
    with pytest.raises(MissingDependencyError, match="buy one"):
        replay(recording("4"), recording("4"), domain=Judged(needy))


def test_a_proof_that_there_is_no_solution_solves_a_problem() -> None:
    @modulo.critic(proves="no such number", judges="unsolvability")
    def is_negative(problem: Target, candidate: int) -> Iterator[modulo.Violation]:
        if problem.total >= 0:
            yield modulo.Violation("exists", "There is one.")

    def read(text: str) -> Any:
        return NO_SOLUTION if text == "none" else int(text)

    class Natural(Numbers):
        def graph(self, generator: modulo.Generator) -> modulo.Graph:
            graph = modulo.Graph("numbers")
            number = graph.reformulator("number", read, reads=graph.generator("guess", generator))
            graph.critic("is_target", is_nothing, reads=number)
            graph.critic("none", is_negative, reads=number)
            return graph

    (group,) = replay(recording("none", total=-1), recording("none", total=1), domain=Natural())
    assert group.solved_after == (1, 1, 1)


@modulo.critic(proves="nothing is right")
def is_nothing(problem: Target, candidate: int) -> Iterator[modulo.Violation]:
    yield modulo.Violation("wrong", "It is wrong.")


@pytest.fixture(scope="module")
def replayed(shared_data: Path) -> tuple[GroupResult, ...]:
    path = shared_data / "lrm_modulo_transcripts.jsonl.gz"
    recordings = read_recordings(path, PDDL)
    return anyio.run(partial(replay_recordings, PDDL, recordings, rounds=15))


def test_the_recorded_runs_come_to_what_was_recorded(replayed: tuple[GroupResult, ...]) -> None:
    for group in replayed:
        problems, solved = TRUTH[group.suite, group.model]
        assert group.problems == problems
        assert list(group.solved_after) == solved + solved[-1:] * 11
        assert group.errors == ()
    assert len(replayed) == len(TRUTH)


def test_every_recorded_call_is_made_and_no_other(replayed: tuple[GroupResult, ...], shared_data: Path) -> None:
    transcripts = list(read_transcripts(shared_data / "lrm_modulo_transcripts.jsonl.gz"))
    for group in replayed:
        answers = [
            answer
            for one in transcripts
            if (one.suite, one.model) == (group.suite, group.model)
            for answer in one.answers
        ]
        usages = [answer.usage for answer in answers if answer.usage]
        assert group.calls == len(answers)
        assert group.prompt_tokens == sum(usage.prompt_tokens for usage in usages)
        assert group.completion_tokens == sum(usage.completion_tokens for usage in usages)


def test_each_recorded_run_ends_as_it_was_recorded(shared_data: Path) -> None:
    """Run by run, not only in sum; a sample, since the sums say the rest."""
    path = shared_data / "lrm_modulo_transcripts.jsonl.gz"
    recordings = read_recordings(path, PDDL)[::10]
    recorded = _recorded_solved(path)
    for one in recordings:
        (group,) = replay(one, domain=PDDL, rounds=15)
        assert bool(group.solved_after[-1]) is recorded[one.transcript.id], one.transcript.id


def _recorded_solved(path: Path) -> dict[str, bool]:
    import gzip

    with gzip.open(path) as file:
        return {row["id"]: row["recorded_solved"] for row in map(json.loads, file)}
