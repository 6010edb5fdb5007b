from __future__ import annotations

from datetime import UTC, datetime

import anyio
import pytest
from anyio.lowlevel import checkpoint

from modulo.budget import Usage
from modulo.errors import GeneratorDepleted, RateLimited
from modulo.problem import Problem
from modulo.protocols import Generation, Request
from modulo.testing import ManualClock, ScriptedGenerator


def request(turn: int, node: str = "g") -> Request:
    return Request(problem=Problem.of("p", domain="d"), messages=(), node=node, turn=turn)


# -------------------------------------------------------------------------------------------- scripted answers


@pytest.mark.anyio
async def test_a_script_is_played_by_the_turn_of_the_call() -> None:
    whole = Generation(text="b", model="m")
    generator = ScriptedGenerator(["a", whole, RateLimited("slow down")])
    assert (await generator.generate(request(1))) is whole
    assert (await generator.generate(request(0))).text == "a"
    with pytest.raises(RateLimited, match="slow down"):
        await generator.generate(request(2))
    with pytest.raises(GeneratorDepleted, match="the script of 'g' has 3 entries"):
        await generator.generate(request(3))
    assert [r.turn for r in generator.requests] == [1, 0, 2, 3]


@pytest.mark.anyio
async def test_the_last_entry_may_be_played_for_ever() -> None:
    generator = ScriptedGenerator(["a", "b"], repeats_last=True, keeps_requests=False)
    assert [(await generator.generate(request(turn))).text for turn in (0, 1, 2, 9)] == ["a", "b", "b", "b"]
    assert generator.requests == []
    with pytest.raises(GeneratorDepleted):
        await ScriptedGenerator([], repeats_last=True).generate(request(0))


@pytest.mark.anyio
async def test_a_script_may_be_a_function_of_the_request() -> None:
    generator = ScriptedGenerator(
        lambda asked: f"{asked.node}{asked.turn}", worst_case=Usage(calls=1, prompt_tokens=9)
    )
    assert (await generator.generate(request(4))).text == "g4"
    assert generator.worst_case(request(0)).tokens == 9
    assert generator.describe() == {"generator": "scripted"}


# -------------------------------------------------------------------------------------------------- the clocks


def test_a_clock_that_is_turned_by_hand_stands_still_until_then() -> None:
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    assert (clock.now(), clock.now()) == (0.0, 0.0)
    clock.advance(1.5)
    clock.advance(0)
    assert clock.now() == 1.5
    assert clock.wall_time() == datetime(2026, 5, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(-1)
    assert clock.now() == 1.5


@pytest.mark.anyio
async def test_sleepers_wake_in_the_order_of_their_times() -> None:
    clock, woken = ManualClock(), []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.now()))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for seconds in (3, 1, 2, 0, -1):
                tasks.start_soon(sleep, seconds)
            for _ in range(5):
                await checkpoint()
            assert sorted(woken) == [(-1, 0.0), (0, 0.0)]
            assert clock.sleepers == 3
            for _ in range(3):
                clock.advance(1)
                for _ in range(5):
                    await checkpoint()
    assert woken[2:] == [(1, 1.0), (2, 2.0), (3, 3.0)]
    assert clock.sleepers == 0


@pytest.mark.anyio
async def test_a_deadline_cancels_when_the_clock_has_been_turned_that_far() -> None:
    clock = ManualClock()
    with anyio.fail_after(5):
        with clock.move_on_after(2) as scope:
            clock.advance(1)
            await checkpoint()
            clock.advance(1)
            await anyio.sleep_forever()
    assert scope.cancelled_caught


@pytest.mark.parametrize("seconds", [0, -1])
@pytest.mark.anyio
async def test_a_deadline_in_the_past_cancels_at_once(seconds: float) -> None:
    with anyio.fail_after(5):
        with ManualClock().move_on_after(seconds) as scope:
            await anyio.sleep_forever()
    assert scope.cancelled_caught


@pytest.mark.anyio
async def test_without_a_deadline_nothing_is_cancelled() -> None:
    with ManualClock().move_on_after(None) as scope:
        await checkpoint()
    assert not scope.cancel_called


@pytest.mark.anyio
async def test_a_deadline_that_was_kept_cancels_nothing_afterwards() -> None:
    clock = ManualClock()
    with clock.move_on_after(2):
        await checkpoint()
    clock.advance(5)
    for _ in range(5):
        await checkpoint()
