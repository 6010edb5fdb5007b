"""The ways to run: solve, solve_sync and stream."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread
import pytest

import modulo
from modulo import Budget, Certified, Exhausted, Graph, StopReason, Violation
from modulo.errors import ConfigurationError, GraphError, ModuloError, ProblemError, TraceError
from modulo.events import Event, RunFinished, RunStarted
from modulo.protocols import Request
from modulo.testing import ManualClock, ScriptedGenerator
from tests.modulo.waiting import a_while


@modulo.critic(proves="it is ok")
def is_ok(problem: Any, candidate: Any) -> Iterator[Violation]:
    if candidate != "ok":
        yield Violation("not_ok", f"{candidate!r} is not 'ok'.")


@modulo.critic(proves="it is short")
def is_short(problem: Any, candidate: str) -> Iterator[Violation]:
    if len(candidate) > 5:
        yield Violation("long", "It is too long.")


class Hangs(ScriptedGenerator):
    """Never answers, and knows whether anybody waits."""

    def __init__(self) -> None:
        super().__init__([])
        self.started = anyio.Event()
        self.ended = False

    async def generate(self, request: Request) -> Any:
        self.started.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.ended = True


def graph_of(script: Any, critic: Any = is_ok) -> Graph:
    graph = Graph("test")
    generator = script if isinstance(script, modulo.Generator) else ScriptedGenerator(script)
    graph.critic("ok", critic, reads=graph.generator("draft", generator))
    return graph


def kinds(events: list[Event]) -> list[str]:
    return [event.type for event in events]


# solve ---------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_graph_is_run_on_a_problem() -> None:
    outcome = await modulo.solve(graph_of(["ko", "ok"]), "p")
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok"
    assert outcome.stop_reason is StopReason.CERTIFIED
    assert len(outcome.attempts) == 2


@pytest.mark.anyio
async def test_a_generator_and_critics_need_no_graph() -> None:
    outcome = await modulo.solve(
        {"text": "p"},
        generator=ScriptedGenerator([" ko", " ok"]),
        critics=[is_ok, is_short],
        prompt=lambda problem: f"Say ok to {problem['text']}",
        reformulator=str.strip,
    )
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok"
    assert [entry.node for entry in outcome.certificate.critics] == ["is_ok", "is_short"]


@pytest.mark.anyio
async def test_a_function_is_a_generator_and_a_single_critic_needs_no_list() -> None:
    async def later(request: Request) -> str:
        await anyio.lowlevel.checkpoint()
        return "ok"

    for function in (later, lambda request: "ok"):
        outcome = await modulo.solve("p", generator=function, critics=is_ok)  # type: ignore[arg-type]
        assert isinstance(outcome, Certified)


@pytest.mark.anyio
async def test_critics_of_one_name_are_told_apart() -> None:
    @modulo.critic(proves="something")
    def generator(problem: Any, candidate: Any) -> Iterator[Violation]:
        yield from ()

    outcome = await modulo.solve(
        "p", generator=ScriptedGenerator(["ok"]), critics=[is_ok, is_ok, generator], reformulator=str.strip
    )
    assert isinstance(outcome, Certified)
    assert [entry.node for entry in outcome.certificate.critics] == ["is_ok", "is_ok-2", "generator-2"]


@dataclass
class Slot:
    """A problem of a type of its own."""

    start: int


def typed(problem: Slot, candidate: str) -> Iterator[Violation]:
    yield from ()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("call", "kind", "reason"),
    [
        (lambda: modulo.solve(graph_of([])), ConfigurationError, "the problem is missing"),
        (lambda: modulo.solve("p"), ConfigurationError, "generator= and critics="),
        (lambda: modulo.solve("p", generator=lambda r: "ok"), ConfigurationError, "generator= and critics="),
        (lambda: modulo.solve("p", generator=lambda r: "ok", critics=[]), ConfigurationError, "critics="),
        (lambda: modulo.solve("p", "q", generator=print, critics=[is_ok]), ConfigurationError, "is no Graph"),
        (lambda: modulo.solve("p", generator=5, critics=[is_ok]), GraphError, "neither a Generator nor"),
        (lambda: modulo.solve("p", generator=print, critics=[print]), GraphError, "is not a hard critic"),
        (lambda: modulo.solve("p", generator=print, critics=7), GraphError, "is not a hard critic"),
        (lambda: modulo.solve(graph_of([]), "p", critics=[is_ok]), ConfigurationError, "brings its own nodes"),
        (lambda: modulo.solve(graph_of([]), "p", tempo=1), ConfigurationError, "unknown option tempo"),
        (lambda: modulo.solve(graph_of([]), "p", select="last"), ConfigurationError, "'first' or 'best'"),
        (lambda: modulo.solve(graph_of([]), "p", max_concurrency=0), ConfigurationError, "at least 1"),
        (
            lambda: modulo.solve(graph_of([]), "p", max_concurrency=1.5),
            ConfigurationError,
            "must be a whole number",
        ),
        (lambda: modulo.solve(graph_of([]), "p", seed=True), ConfigurationError, "seed must be a whole number"),
        (lambda: modulo.solve(graph_of([]), "p", seed=2**53), ConfigurationError, "no trace could carry it"),
        (lambda: modulo.solve(graph_of([]), "p", budget=5), ConfigurationError, "budget must be a Budget"),
        (
            lambda: modulo.solve(graph_of([]), "p", strategy=5),
            ConfigurationError,
            "strategy must be a Strategy",
        ),
        (lambda: modulo.solve(graph_of([]), "p", strategy=modulo.Refine), ConfigurationError, "strategy"),
        (lambda: modulo.solve(graph_of([]), "p", backprompter=5), ConfigurationError, "backprompter"),
        (lambda: modulo.solve(graph_of([]), "p", retries=3), ConfigurationError, "retries must be a Retries"),
        (lambda: modulo.solve(graph_of([]), object()), ProblemError, "object"),
        (lambda: modulo.solve(graph_of([], modulo.critic(proves="x")(typed)), "p"), ProblemError, "type Slot"),
        (lambda: modulo.solve(Graph("empty"), "p"), GraphError, "no generator"),
    ],
)
async def test_what_makes_no_sense_is_an_error_before_anything_runs(
    call: Callable[[], Any], kind: type[ModuloError], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        await call()


@pytest.mark.anyio
async def test_what_a_generator_or_critic_lacks_is_an_error_before_the_first_call() -> None:
    class Lacks(ScriptedGenerator):
        async def prepare(self, limits: Callable[[str], bool]) -> None:
            raise modulo.errors.MissingDependencyError("no model here")

    class LacksToo(modulo.Critic[Any, Any]):
        proves = "something"

        async def prepare(self) -> None:
            raise modulo.errors.MissingDependencyError("no validator here")

        def critique(self, problem: Any, candidate: Any) -> list[Violation]:
            return []

    for generator, critic, reason in (
        (Lacks([]), is_ok, "no model"),
        (ScriptedGenerator(["ok"]), LacksToo(), "no val"),
    ):
        trace = modulo.Trace()
        with pytest.raises(modulo.errors.MissingDependencyError, match=reason):
            await modulo.solve("p", generator=generator, critics=[critic], trace=trace)
        assert generator.requests == []
        assert trace.events == []


@pytest.mark.anyio
async def test_a_generator_hears_of_every_limit_that_holds_for_it() -> None:
    heard: dict[str, bool] = {}

    class Asks(ScriptedGenerator):
        async def prepare(self, limits: Callable[[str], bool]) -> None:
            heard.update({name: limits(name) for name in ("calls", "tokens", "cost_usd", "seconds")})

    session = modulo.Ledger(Budget(cost_usd=1.0))
    batch = modulo.Ledger(Budget(tokens=100), parent=session)
    await modulo.solve(graph_of(Asks(["ok"])), "p", budget=Budget(calls=3), within=batch)
    assert heard == {"calls": True, "tokens": True, "cost_usd": True, "seconds": False}


# solve_sync ----------------------------------------------------------------------------------------------------


def test_a_trace_takes_the_events_of_one_run_only() -> None:
    trace = modulo.Trace()
    modulo.solve_sync(1, generator=lambda request: "ok", critics=[is_ok], trace=trace)
    with pytest.raises(TraceError, match="make a new one for each run"):
        modulo.solve_sync(1, generator=lambda request: "ok", critics=[is_ok], trace=trace)


def test_solve_sync_runs_without_an_event_loop() -> None:
    assert isinstance(modulo.solve_sync(graph_of(["ko", "ok"]), "p"), Certified)


@pytest.mark.anyio
async def test_solve_sync_runs_inside_of_a_running_loop_too() -> None:
    assert isinstance(modulo.solve_sync(graph_of(["ko", "ok"]), "p"), Certified)
    with pytest.raises(ConfigurationError):
        modulo.solve_sync("p")


@pytest.mark.anyio
async def test_solve_sync_runs_on_a_worker_thread_of_a_running_loop() -> None:
    outcome = await anyio.to_thread.run_sync(lambda: modulo.solve_sync(graph_of(["ok"]), "p"))
    assert isinstance(outcome, Certified)


def test_solve_sync_runs_in_a_thread_of_a_plain_program() -> None:
    outcomes: list[Any] = []
    thread = threading.Thread(target=lambda: outcomes.append(modulo.solve_sync(graph_of(["ok"]), "p")))
    thread.start()
    thread.join()
    assert isinstance(outcomes[0], Certified)


@pytest.mark.anyio
@pytest.mark.parametrize("where", ["generator", "async generator", "reformulator", "critic"])
async def test_solve_sync_inside_of_a_node_is_refused_because_it_would_escape_the_budget(where: str) -> None:
    seen: list[str] = []

    def escape(*_: Any) -> str:
        try:
            modulo.solve_sync(graph_of(["ok"]), "q")
        except ConfigurationError as error:
            seen.append(str(error))
        return "ok"

    async def escape_later(request: Request) -> str:
        return escape()

    @modulo.critic(proves="nothing")
    def escaping(problem: Any, candidate: Any) -> list[Violation]:
        escape()
        return []

    sources = {"generator": escape, "async generator": escape_later}
    await modulo.solve(
        "p",
        generator=sources.get(where, lambda request: "ok"),
        reformulator=escape if where == "reformulator" else None,
        critics=[escaping] if where == "critic" else [is_ok],
    )
    assert len(seen) == 1
    assert "await modulo.solve" in seen[0]


@pytest.mark.anyio
async def test_after_a_run_solve_sync_is_free_again() -> None:
    await modulo.solve(graph_of(["ok"]), "p")
    with pytest.raises(modulo.GraphError):
        await modulo.solve(Graph("empty"), "p")
    assert isinstance(modulo.solve_sync(graph_of(["ok"]), "p"), Certified)


def test_errors_of_solve_sync_come_out_as_themselves() -> None:
    with pytest.raises(GraphError):
        modulo.solve_sync(Graph("empty"), "p")


@pytest.mark.anyio
async def test_errors_of_solve_sync_inside_of_a_loop_come_out_as_themselves() -> None:
    with pytest.raises(GraphError):
        modulo.solve_sync(Graph("empty"), "p")


# stream --------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_stream_gives_the_events_in_order_and_the_outcome() -> None:
    trace = modulo.Trace()
    async with modulo.stream(graph_of(["ko", "ok"]), "p", trace=trace) as events:
        seen = [event async for event in events]
        outcome = await events.outcome()
    assert isinstance(outcome, Certified)
    assert seen == trace.events
    assert isinstance(seen[0], RunStarted)
    assert isinstance(seen[-1], RunFinished)
    assert kinds(seen).count("attempt_finished") == 2
    assert kinds(seen)[-2] == "certified"


@pytest.mark.anyio
async def test_events_come_while_the_run_goes_on() -> None:
    generator = Hangs()
    async with modulo.stream(graph_of(generator), "p") as events:
        assert isinstance(await anext(events), RunStarted)
        await generator.started.wait()
        assert not generator.ended


@pytest.mark.anyio
async def test_a_finished_stream_stays_finished() -> None:
    async with modulo.stream(graph_of(["ok"]), "p") as events:
        assert len([event async for event in events]) > 3
        assert [event async for event in events] == []
        assert await events.outcome() is await events.outcome()
    assert [event async for event in events] == []
    assert isinstance(await events.outcome(), Certified)


@pytest.mark.anyio
async def test_leaving_early_cancels_the_run() -> None:
    generator = Hangs()
    with anyio.fail_after(10):
        async with modulo.stream(graph_of(generator), "p") as events:
            async for event in events:
                if event.type == "generation_started":
                    await generator.started.wait()
                    break
    assert generator.ended
    outcome = await events.outcome()
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.CANCELLED
    assert outcome.usage.calls == 1


@pytest.mark.anyio
async def test_leaving_before_anything_happened_cancels_the_run() -> None:
    generator = Hangs()
    with anyio.fail_after(10):
        async with modulo.stream(graph_of(generator), "p") as events:
            pass
    assert (await events.outcome()).stop_reason is StopReason.CANCELLED


@pytest.mark.anyio
async def test_cancel_ends_the_run_as_cancelled() -> None:
    generator = Hangs()
    with anyio.fail_after(10):
        async with modulo.stream(graph_of(generator), "p") as events:
            await generator.started.wait()
            events.cancel()
            outcome = await events.outcome()
            seen = [event async for event in events]
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.CANCELLED
    assert isinstance(seen[-1], RunFinished)
    assert seen[-1].stop_reason is StopReason.CANCELLED
    assert outcome.usage.calls == 1


@pytest.mark.anyio
async def test_cancel_ends_a_run_that_is_still_getting_ready() -> None:
    class Slow(Hangs):
        async def prepare(self, limits: Callable[[str], bool]) -> None:
            await anyio.sleep_forever()

    generator = Slow()
    with anyio.fail_after(10):
        async with modulo.stream(graph_of(generator), "p") as events:
            await a_while()
            events.cancel()
            outcome = await events.outcome()
    assert outcome.stop_reason is StopReason.CANCELLED
    assert not generator.started.is_set()


@pytest.mark.anyio
async def test_cancel_before_the_first_step_ends_the_run_before_any_call() -> None:
    generator = ScriptedGenerator(["ok"])
    async with modulo.stream(graph_of(generator), "p") as events:
        events.cancel()
        outcome = await events.outcome()
    assert outcome.stop_reason is StopReason.CANCELLED
    assert generator.requests == []


@pytest.mark.anyio
async def test_cancel_after_the_end_changes_nothing() -> None:
    async with modulo.stream(graph_of(["ok"]), "p") as events:
        outcome = await events.outcome()
        events.cancel()
        assert await events.outcome() is outcome
    assert isinstance(outcome, Certified)


class Mine(Exception):
    """An exception of the user's."""


class MineToo(BaseException):
    """One that is no error."""


@pytest.mark.anyio
@pytest.mark.parametrize(
    "error",
    [
        Mine(),
        MineToo(),
        KeyboardInterrupt(),
        SystemExit(3),
        StopIteration(),
        StopAsyncIteration(),
        GeneratorExit(),
    ],
    ids=repr,
)
async def test_an_exception_out_of_the_body_comes_out_as_itself(error: BaseException) -> None:
    generator = Hangs()
    with pytest.raises(type(error)) as raised:
        async with modulo.stream(graph_of(generator), "p"):
            await generator.started.wait()
            raise error
    assert raised.value is error
    assert generator.ended


@pytest.mark.anyio
async def test_a_group_of_exceptions_out_of_the_body_comes_out_as_it_is() -> None:
    group = ExceptionGroup("mine", [Mine()])
    with pytest.raises(ExceptionGroup) as raised:
        async with modulo.stream(graph_of(Hangs()), "p"):
            raise group
    assert raised.value is group


@pytest.mark.anyio
async def test_faults_of_the_graph_are_raised_at_once() -> None:
    with pytest.raises(GraphError):
        async with modulo.stream(Graph("empty"), "p"):
            raise AssertionError


class Lacks(ScriptedGenerator):
    """Cannot get ready."""

    async def prepare(self, limits: Callable[[str], bool]) -> None:
        raise modulo.errors.MissingDependencyError("no model here")


@pytest.mark.anyio
async def test_a_run_that_fails_raises_out_of_the_iteration() -> None:
    async with modulo.stream(graph_of(Lacks([])), "p") as events:
        with pytest.raises(modulo.errors.MissingDependencyError, match="no model here"):
            async for _ in events:
                raise AssertionError
        with pytest.raises(modulo.errors.MissingDependencyError):
            await events.outcome()


@pytest.mark.anyio
async def test_a_run_that_fails_unnoticed_raises_when_the_block_is_left() -> None:
    with pytest.raises(modulo.errors.MissingDependencyError, match="no model here"):
        async with modulo.stream(graph_of(Lacks([])), "p"):
            await a_while()


@pytest.mark.anyio
async def test_a_run_that_fails_raises_as_itself_through_the_block() -> None:
    with pytest.raises(modulo.errors.MissingDependencyError):
        async with modulo.stream(graph_of(Lacks([])), "p") as events:
            async for _ in events:
                raise AssertionError


@pytest.mark.anyio
async def test_a_critic_interrupted_by_ctrl_c_raises_it_as_itself() -> None:
    @modulo.critic(proves="nothing")
    def interrupts(problem: Any, candidate: Any) -> list[Violation]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        async with modulo.stream(graph_of(["ok"], interrupts), "p") as events:
            async for _ in events:
                pass


@pytest.mark.anyio
async def test_cancelling_the_block_around_cancels_the_run() -> None:
    generator = Hangs()
    with anyio.CancelScope() as scope:
        async with modulo.stream(graph_of(generator), "p") as events:
            await generator.started.wait()
            scope.cancel()
            async for _ in events:
                pass
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert generator.ended
    with pytest.raises(RuntimeError, match="no outcome"):
        await events.outcome()


@pytest.mark.parametrize("how", ["solve", "stream"])
def test_asyncio_cancels_a_run_like_any_task(how: str) -> None:
    async def run() -> None:
        generator = Hangs()

        async def work() -> None:
            if how == "solve":
                await modulo.solve(graph_of(generator), "p")
            async with modulo.stream(graph_of(generator), "p") as events:
                async for _ in events:
                    pass

        task = asyncio.create_task(work())
        await generator.started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert generator.ended

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await modulo.solve(graph_of(Hangs()), "p")

    asyncio.run(run())


@pytest.mark.anyio
async def test_many_streams_at_once_keep_their_events_apart() -> None:
    async def watch(problem: str) -> None:
        async with modulo.stream(graph_of(["ko", "ok"]), problem) as events:
            first = await anext(events)
            assert isinstance(first, RunStarted)
            assert first.problem == f'"{problem}"'.encode()
            assert len([event async for event in events if event.type == "attempt_finished"]) == 2

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(watch, f"p{number}")


@pytest.mark.anyio
async def test_a_deadline_of_the_injected_clock_ends_a_stream() -> None:
    clock = ManualClock()
    generator = Hangs()
    async with modulo.stream(graph_of(generator), "p", clock=clock, budget=Budget(seconds=60)) as events:
        await generator.started.wait()
        clock.advance(59.9)
        await a_while()
        assert not generator.ended
        clock.advance(0.1)
        outcome = await events.outcome()
    assert outcome.stop_reason is StopReason.SECONDS_LIMIT
    assert outcome.seconds == 60
