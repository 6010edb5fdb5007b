"""Sets of problems: rounds go where they are most likely to certify."""

from __future__ import annotations

from collections import Counter
from typing import Any

import anyio
import pytest

import modulo
from modulo import BestOfN, Budget, Certified, ConfigurationError, Exhausted, Ledger, StopReason
from modulo.domains.simulated import SimulatedModel, SimulatedProblem, Skill, graph
from modulo.errors import ProgramError
from modulo.generators.function import FunctionGenerator
from modulo.many import solve_many
from modulo.strategies.adaptive import Adaptive, Standing
from modulo.testing import ScriptedGenerator
from tests.modulo.loops import graph_of, is_ok

SKILLS = {
    "easy": Skill(success=0.5),
    "medium": Skill(success=0.12),
    "hard": Skill(success=0.02),
    "impossible": Skill(success=0.0),
}
SAMPLES: Any = BestOfN(n=10**6, width=1)


def mixed(count: int) -> list[SimulatedProblem]:
    return [SimulatedProblem(i, list(SKILLS)[i % len(SKILLS)]) for i in range(count)]


def difficulty(problem: Any) -> Any:
    return problem.value.difficulty


def certified(outcomes: Any) -> int:
    return sum(isinstance(outcome, Certified) for outcome in outcomes)


@pytest.mark.anyio
async def test_it_certifies_far_more_than_equal_shares_of_the_same_budget() -> None:
    problems, model = mixed(200), graph(SimulatedModel(SKILLS))
    equal = [await modulo.solve(model, one, strategy=SAMPLES, budget=Budget(rounds=2)) for one in problems]
    ledger = Ledger(Budget(rounds=400))
    adaptive = await solve_many(
        model, problems, group=difficulty, strategy=SAMPLES, budget=Budget(), within=ledger
    )
    assert ledger.spent.rounds <= 400
    assert certified(adaptive) >= 1.3 * certified(equal)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "budget",
    [Budget(rounds=320), Budget(calls=320), Budget(tokens=320 * 20), Budget(cost_usd=3.2)],
)
async def test_without_groups_the_fields_of_problems_tell_how_difficult_they_are(budget: Budget) -> None:
    skills = {name: Skill(success=skill.success, cost_usd=0.01) for name, skill in SKILLS.items()}
    problems, model = mixed(160), graph(SimulatedModel(skills))
    equal = [await modulo.solve(model, one, strategy=SAMPLES, budget=Budget(rounds=2)) for one in problems]
    adaptive = await solve_many(
        model, problems, strategy=SAMPLES, budget=Budget(), within=Ledger(budget), concurrency=8
    )
    assert certified(adaptive) >= 1.25 * certified(equal)


@pytest.mark.anyio
async def test_the_outcomes_do_not_depend_on_timing() -> None:
    async def run(latency_seconds: float | None) -> list[tuple[Any, int]]:
        generator = ScriptedGenerator(
            lambda r: "ok" if hash_of(r) % 5 == 0 else f"no {r.turn}", latency_seconds=latency_seconds
        )
        outcomes = await solve_many(
            graph_of(generator),
            [f"problem {i}" for i in range(12)],
            concurrency=3,
            within=Ledger(Budget(rounds=30)),
            budget=Budget(),
        )
        return [(outcome.stop_reason, len(outcome.attempts)) for outcome in outcomes]

    assert await run(None) == await run(0.001)


def hash_of(request: Any) -> int:
    return sum(request.problem.canonical) * 7 + request.turn * 3


@pytest.mark.anyio
async def test_outcomes_are_in_the_order_of_the_problems() -> None:
    generator = ScriptedGenerator(lambda r: "ok" if r.problem.value == "b" else "no")
    outcomes = await solve_many(graph_of(generator), ["a", "b", "c"], budget=Budget(rounds=2))
    assert [isinstance(outcome, Certified) for outcome in outcomes] == [False, True, False]


@pytest.mark.anyio
async def test_what_is_not_worth_another_round_is_given_up_with_the_reason() -> None:
    generator = ScriptedGenerator(lambda r: "ok" if r.problem.value < "m" and r.turn else f"no {r.turn}")
    problems = [*"abcdef", *"uvwxyz"]
    outcomes = await solve_many(
        graph_of(generator),
        problems,
        allocation=Adaptive(worth_rounds=8),
        group=lambda problem: problem.value < "m",
        budget=Budget(),
        strategy=SAMPLES,
    )
    assert certified(outcomes) == 6
    given_up = [outcome for outcome in outcomes if isinstance(outcome, Exhausted)]
    assert {outcome.stop_reason for outcome in given_up} == {StopReason.GIVEN_UP}
    assert all("less than once in 8 rounds" in str(outcome.error) for outcome in given_up)


def graph_with_a_prompt_that_fails_on(broken: str) -> modulo.Graph:
    def prompt(problem: str) -> str:
        if problem in broken:
            raise RuntimeError("broken")
        return problem

    made = modulo.Graph("test")
    draft = made.generator("draft", ScriptedGenerator(["ok"], repeats_last=True), prompt=prompt)
    made.critic("ok", is_ok, reads=draft)
    return made


@pytest.mark.anyio
async def test_a_prompt_that_fails_on_every_problem_is_an_error() -> None:
    with pytest.raises(ProgramError, match="broken"):
        await solve_many(graph_with_a_prompt_that_fails_on("ab"), ["a", "b"])


@pytest.mark.anyio
async def test_a_prompt_that_fails_on_one_problem_leaves_the_others_alone() -> None:
    first, second, third = await solve_many(graph_with_a_prompt_that_fails_on("b"), ["a", "b", "c"])
    assert isinstance(second, Exhausted)
    assert second.stop_reason is StopReason.ERROR
    assert isinstance(second.cause, ProgramError)
    assert "broken" in str(second.error)
    assert certified([first, third]) == 2


@pytest.mark.anyio
async def test_an_allocation_that_fails_ends_all_of_them() -> None:
    class Broken(Adaptive):
        def ask(self, standings: Any, n: int, *, seed: int = 0) -> list[int]:
            raise RuntimeError("broken")

    with (
        anyio.fail_after(10),
        pytest.raises(ProgramError, match="the allocation 'Broken' failed: RuntimeError: broken"),
    ):
        await solve_many(graph_of(["ok"]), ["a", "b"], allocation=Broken())


@pytest.mark.anyio
@pytest.mark.parametrize("turns", range(1, 6))
@pytest.mark.parametrize("method", ["ask", "reasons"])
async def test_what_was_found_before_an_allocation_fails_is_there(turns: int, method: str) -> None:
    class Broken(Adaptive):
        asked = 0

        def ask(self, standings: Any, n: int, *, seed: int = 0) -> list[int]:
            self._fail_at_last("ask")
            return super().ask(standings, n, seed=seed)

        def reasons(self, standings: Any) -> Any:
            self._fail_at_last("reasons")
            return super().reasons(standings)

        def _fail_at_last(self, here: str) -> None:
            Broken.asked += here == method
            if Broken.asked > turns:
                raise RuntimeError("broken")

    async def draft(request: Any) -> str:
        return "ok" if request.problem.value == "a" else "no"

    with anyio.fail_after(10):
        outcomes = await solve_many(
            graph_of(FunctionGenerator(draft)),
            list("abcd"),
            allocation=Broken(),
            concurrency=1,
            budget=Budget(rounds=9),
        )
    assert certified(outcomes) == 1
    assert sum(outcome.usage.rounds for outcome in outcomes) == turns
    for outcome in outcomes:
        if isinstance(outcome, Exhausted):
            assert outcome.stop_reason is StopReason.ERROR
            assert isinstance(outcome.cause, ProgramError)
            assert outcome.error == "the allocation 'Broken' failed: RuntimeError: broken"


@pytest.mark.anyio
@pytest.mark.parametrize("places", [[0, 7], [-1], ["a"], [0.5]])
async def test_an_allocation_that_names_what_does_not_wait_fails(places: Any) -> None:
    class Wrong(Adaptive):
        def ask(self, standings: Any, n: int, *, seed: int = 0) -> list[int]:
            return places  # type: ignore[no-any-return]

    class WronglyGivenUp(Adaptive):
        def reasons(self, standings: Any) -> dict[int, str]:
            return dict.fromkeys(places, "no more")

    for allocation in (Wrong(), WronglyGivenUp()):
        with anyio.fail_after(10), pytest.raises(ProgramError, match="of which not all wait for a round"):
            await solve_many(graph_of(["ok"]), ["a", "b"], allocation=allocation)


@pytest.mark.anyio
async def test_an_allocation_is_not_asked_when_all_are_over() -> None:
    class Counting(Adaptive):
        asked = 0

        def ask(self, standings: Any, n: int, *, seed: int = 0) -> list[int]:
            Counting.asked += 1
            return super().ask(standings, n, seed=seed)

    outcomes = await solve_many(
        graph_of(ScriptedGenerator(["ok"], repeats_last=True)), ["a", "b"], allocation=Counting()
    )
    assert certified(outcomes) == 2
    assert Counting.asked == 1


@pytest.mark.anyio
async def test_cancelling_it_cancels_every_run() -> None:
    generator = ScriptedGenerator(["ok"], latency_seconds=3600)
    with anyio.move_on_after(0.01) as scope:
        await solve_many(graph_of(generator), list("abcdef"))
    assert scope.cancelled_caught


@pytest.mark.anyio
async def test_no_problems_have_no_outcomes() -> None:
    assert await solve_many(graph_of(["ok"]), []) == ()


@pytest.mark.anyio
@pytest.mark.parametrize("options", [{"concurrency": 0}, {"concurrency": True}, {"trace": modulo.Trace()}])
async def test_options_that_make_no_sense_are_refused(options: Any) -> None:
    with pytest.raises(ConfigurationError):
        await solve_many(graph_of(["ok"]), ["a"], **options)


# ---------------------------------------------------------------------------------------------------- who is next


def test_kinds_that_certified_more_are_asked_first() -> None:
    good = [Standing(group="good", violations=(1, 0), certified=True, is_open=False)] * 20
    bad = [Standing(group="bad", violations=(1,) * 20)] * 20
    fresh = [Standing(group=group) for group in ("bad", "good") * 10]
    chosen = Adaptive().ask([*good, *bad, *fresh], 10)
    assert Counter(([*good, *bad, *fresh][place]).group for place in chosen) == {"good": 10}


def test_within_a_kind_whoever_had_fewer_rounds_goes_first() -> None:
    standings = [Standing(group="a", violations=(1,) * 9), Standing(group="a", violations=(1,) * 12)]
    assert Adaptive().ask(standings, 1) == [0]


def test_the_same_standings_and_seed_give_the_same_places() -> None:
    standings = [Standing(group=i % 3, violations=(1,) * (i % 4)) for i in range(30)]
    assert Adaptive().ask(standings, 7, seed=3) == Adaptive().ask(standings, 7, seed=3)


def test_nothing_is_asked_for_that_cannot_go_on() -> None:
    assert Adaptive().ask([Standing(group="a", is_open=False)] * 3, 5) == []


@pytest.mark.parametrize("settings", [{"worth_rounds": 0}, {"worth_rounds": "x"}, {"least_rounds": -1}])
def test_settings_that_make_no_sense_are_refused(settings: Any) -> None:
    with pytest.raises(ConfigurationError):
        Adaptive(**settings)


@pytest.mark.anyio
async def test_no_seed_is_as_if_none_were_given() -> None:
    generator = ScriptedGenerator(["no", "ok"])
    outcomes = await solve_many(graph_of(generator), ["a", "b"], seed=None)  # type: ignore[arg-type]
    assert certified(outcomes) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("group", [lambda problem: [1], lambda problem: 1 / 0])
async def test_a_group_that_fails_or_cannot_be_a_key_is_said_before_anything_is_paid(group: Any) -> None:
    generator = ScriptedGenerator(["ok"])
    with pytest.raises(ProgramError, match="the group of"):
        await solve_many(graph_of(generator), ["a", "b"], group=group)
    assert generator.requests == []


@pytest.mark.anyio
async def test_an_allocation_that_gives_nobody_a_round_ends_all_runs() -> None:
    class TwoRounds(Adaptive):
        def ask(self, standings: Any, n: int, *, seed: int = 0) -> list[int]:
            made = sum(len(standing.violations) for standing in standings)
            return super().ask(standings, 1, seed=seed) if made < 2 else []

    generator = ScriptedGenerator(["no"], repeats_last=True)
    with anyio.fail_after(10):
        outcomes = await solve_many(graph_of(generator), ["a", "b", "c"], allocation=TwoRounds())
    assert [outcome.stop_reason for outcome in outcomes] == [StopReason.GIVEN_UP] * 3
    assert sum(outcome.usage.rounds for outcome in outcomes) == 2
    assert {outcome.error for outcome in outcomes} == {"the allocation gave nobody a further round"}
