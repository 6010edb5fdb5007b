"""Calls: reserved before, settled after, counted whatever happens, tried again when transport fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest
from msgspec import to_builtins

import modulo
from modulo.budget import Budget, Usage
from modulo.errors import (
    AuthenticationFailed,
    Billing,
    ConfigurationError,
    ConnectionLost,
    GenerationError,
    GenerationTimeout,
    GeneratorDepleted,
    LimitReached,
    ProviderError,
    RateLimited,
    TransientGenerationError,
)
from modulo.events import BudgetRefused, BudgetReserved, BudgetSettled, Event, Retry
from modulo.ledger import Ledger
from modulo.problem import Problem
from modulo.protocols import Finish, Generation, Generator, Message, Request
from modulo.running.calls import Caller
from modulo.running.place import Place
from modulo.running.reporting import Reporter
from modulo.running.retrying import Retrier, Retries
from modulo.sending import tell_whether_sent
from modulo.testing import ManualClock, ScriptedGenerator
from modulo.trace import event_json
from tests.modulo.running.ledgers import assert_books_agree, spending_of, without_counts
from tests.modulo.waiting import a_while, until

REQUEST = Request(
    problem=Problem.of("p", domain="test"), messages=(Message("user", "p"),), node="generator", turn=0
)


class Bench:
    """A caller with everything around it in view."""

    def __init__(
        self,
        budget: Budget | None = None,
        *,
        retries: Retries | None = None,
        clock: ManualClock | None = None,
        seed: int = 0,
        **ledger: Any,
    ) -> None:
        self.clock = clock or ManualClock()
        self.ledger = Ledger(budget or Budget(), clock=self.clock, **ledger)
        self.events: list[Event] = []
        reporter = Reporter([self.events.append], self.clock)
        retrier = Retrier(
            retries or Retries(), ledger=self.ledger, clock=self.clock, seed=seed, reporter=reporter
        )
        self.caller = Caller(Place(self.ledger, None), retrier=retrier, reporter=reporter)

    async def answers(self, generator: Generator, samples: int = 1) -> list[Any]:
        """What the calls give, as texts and kinds of errors, with the clock turned whenever all wait."""
        found: list[Any] = []

        async def ask() -> None:
            try:
                found.extend(await self.caller.answers(generator, REQUEST, 0, samples))
            except LimitReached as limit:
                found.append(limit)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await until(lambda: found or self.clock.sleepers)
            while not found:
                self.clock.advance(1)
                await a_while()
        return [self._shown(answer) for answer in found]

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @staticmethod
    def _shown(answer: Any) -> Any:
        if isinstance(answer, Generation):
            return answer.text
        if isinstance(answer, LimitReached):
            return f"limit: {answer.resource}"
        return answer.kind if isinstance(answer, GenerationError) else answer


class Impatient(ManualClock):
    """Turns itself on whenever somebody wants to sleep."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class Several(Generator):
    """Gives several samples a call, fewer than asked for if told so."""

    def __init__(self, per_call: int, gives: int | None = None, bill: Usage | None = None) -> None:
        self.per_call, self.gives, self.bill = per_call, gives or per_call, bill
        self.asked: list[tuple[int, int]] = []

    async def generate(self, request: Request) -> Generation:
        (generation,) = await self.generate_samples(request, 1)
        return generation

    async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
        self.asked.append((request.turn, samples))
        given = [Generation(text=f"{request.turn + i}", usage=None) for i in range(min(samples, self.gives))]
        first = Generation(text=given[0].text, usage=self.bill or Usage(calls=1))
        return [first, *given[1:]]

    def samples_per_call(self, request: Request) -> int:
        return self.per_call

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        return Usage(calls=1, completion_tokens=10 * samples)


# One call ------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_call_is_reserved_before_and_settled_after() -> None:
    bench = Bench()
    reserved: list[Usage] = []

    class Looks(ScriptedGenerator):
        async def generate(self, request: Request) -> Generation:
            reserved.append(bench.ledger.reserved)
            return await super().generate(request)

    bill = Usage(calls=1, prompt_tokens=3, completion_tokens=4, cost_usd=0.25)
    worst_case = Usage(calls=1, prompt_tokens=5, completion_tokens=50, cost_usd=1.0)
    generator = Looks([Generation(text="a", usage=bill)], worst_case=worst_case)
    assert await bench.answers(generator) == ["a"]
    assert reserved == [worst_case]
    assert bench.ledger.reserved == Usage()
    assert bench.ledger.spent == bill
    assert [type(event) for event in bench.events] == [BudgetReserved, BudgetSettled]
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
async def test_a_bill_larger_than_what_was_reserved_is_booked_in_full() -> None:
    bench = Bench(Budget(tokens=100))
    bill = Usage(calls=1, prompt_tokens=70, completion_tokens=80)
    generator = ScriptedGenerator(
        [Generation(text="a", usage=bill)] * 2, worst_case=Usage(calls=1, completion_tokens=100)
    )
    assert await bench.answers(generator) == ["a"]
    assert bench.ledger.spent.tokens == 150
    assert await bench.answers(generator) == ["limit: tokens"]
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
async def test_a_generator_that_bills_what_it_never_announced_is_stopped_after_one_call() -> None:
    bench = Bench(Budget(tokens=10, cost_usd=1.0))
    generator = ScriptedGenerator(lambda _: Generation(text="a", usage=Usage(calls=1, completion_tokens=11)))
    assert await bench.answers(generator) == ["a"]
    assert await bench.answers(generator) == ["limit: tokens"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        ("\ud83d\ude00", "\N{GRINNING FACE}"),
        ("a\ud83d", "a\ud83d"),
        ("\ude00\ud83d", "\ude00\ud83d"),
        ("é", "é"),
    ],
)
async def test_halves_of_a_character_are_put_together_as_a_trace_will_give_them(
    given: str, recorded: str
) -> None:
    assert await Bench().answers(ScriptedGenerator([given])) == [recorded]


@pytest.mark.anyio
async def test_as_much_is_set_aside_for_a_generator_as_it_has_billed_before() -> None:
    bench = Bench(Budget(tokens=100))
    bills = iter([Usage(calls=1, prompt_tokens=30), Usage(calls=1, completion_tokens=20), None])
    generator = ScriptedGenerator(lambda _: Generation(text="a", usage=next(bills)))
    for _ in range(3):
        assert await bench.answers(generator) == ["a"]
    reserved = [event.amount for event in bench.events if isinstance(event, BudgetReserved)]
    assert [(amount.prompt_tokens, amount.completion_tokens) for amount in reserved] == [
        (0, 0),
        (30, 0),
        (30, 20),
    ]
    assert bench.ledger.unconfirmed.tokens == 50
    assert await bench.answers(generator) == ["limit: tokens"]


@pytest.mark.anyio
async def test_a_call_without_a_bill_stays_booked_as_unconfirmed() -> None:
    bench = Bench()
    worst_case = Usage(calls=1, prompt_tokens=5, completion_tokens=50, cost_usd=1.0)
    generator = ScriptedGenerator([Generation(text="a", usage=None)], worst_case=worst_case)
    assert await bench.answers(generator) == ["a"]
    assert bench.ledger.spent == Usage(calls=1)
    assert bench.ledger.unconfirmed == without_counts(worst_case)
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
@pytest.mark.parametrize("usage", [Usage(), Usage(completion_tokens=5), Usage(rounds=7, attempts=7)])
async def test_a_call_counts_as_one_whatever_the_bill_says(usage: Usage) -> None:
    bench = Bench(Budget(calls=1, rounds=1, attempts=1))
    generator = ScriptedGenerator(lambda _: Generation(text="a", usage=usage), worst_case=usage)
    assert await bench.answers(generator) == ["a"]
    assert bench.ledger.spent == without_counts(usage) + Usage(calls=1)
    assert await bench.answers(generator) == ["limit: calls"]
    assert_books_agree(bench.ledger, bench.events)


SENSELESS = [
    Usage(calls=-1),
    Usage(prompt_tokens=-1),
    Usage(completion_tokens=-5),
    Usage(cost_usd=-0.5),
    Usage(cost_usd=float("nan")),
    Usage(cost_usd=float("inf")),
    Usage(prompt_tokens=1.5),  # type: ignore[arg-type]
    Usage(prompt_tokens=True),
    Usage(prompt_tokens=None),  # type: ignore[arg-type]
    Usage(prompt_tokens=2**60),
    Usage(cost_usd=1e300),
    Usage(cost_usd=10**400),
    {"calls": 1},
    "much",
]


@pytest.mark.anyio
@pytest.mark.parametrize("usage", SENSELESS, ids=repr)
async def test_a_bill_that_makes_no_sense_counts_as_none_at_all(usage: Any) -> None:
    bench = Bench()
    generator = ScriptedGenerator(
        [Generation(text="a", usage=usage)], worst_case=Usage(calls=1, completion_tokens=9)
    )
    assert await bench.answers(generator) == ["generation_error"]
    assert bench.ledger.reserved == Usage()
    assert bench.ledger.unconfirmed == Usage(completion_tokens=9)
    assert_books_agree(bench.ledger, bench.events)


class CountsNoTokens(Usage):
    @property
    def tokens(self) -> int:
        return 0


class Count(int):
    pass


@pytest.mark.anyio
@pytest.mark.parametrize(
    "usage", [CountsNoTokens(prompt_tokens=9), Usage(calls=1, prompt_tokens=Count(9))], ids=repr
)
async def test_a_bill_of_odd_types_counts_like_any_other(usage: Usage) -> None:
    bench = Bench(Budget(tokens=10))
    generator = ScriptedGenerator(lambda _: Generation(text="a", usage=usage), worst_case=usage)
    assert await bench.answers(generator) == ["a"]
    assert await bench.answers(generator) == ["limit: tokens"]
    (settled,) = bench.of(BudgetSettled)
    assert event_json(settled)["bill"] == to_builtins(Usage(calls=1, prompt_tokens=9))
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "fields",
    [{"text": 5}, {"text": Finish.STOP}, {"finish": "stop"}, {"model": None}, {"detail": 5}],
    ids=repr,
)
async def test_a_generation_with_fields_of_other_types_is_none(fields: dict[str, Any]) -> None:
    bench = Bench()
    generator = ScriptedGenerator([Generation(**{"text": "a", **fields})])
    assert await bench.answers(generator) == ["generation_error"]
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
@pytest.mark.parametrize("usage", [*SENSELESS, None], ids=repr)
async def test_a_worst_case_that_makes_no_sense_keeps_the_call_from_being_made(usage: Any) -> None:
    class Boasts(ScriptedGenerator):
        def worst_case(self, request: Request, samples: int = 1) -> Usage:
            return usage  # type: ignore[no-any-return]

    bench = Bench(Budget(calls=5))
    generator = Boasts(["a"])
    assert await bench.answers(generator) == ["generation_error"]
    assert generator.requests == []
    assert bench.events == []
    assert bench.ledger.reserved == Usage()


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["worst_case", "samples_per_call"])
@pytest.mark.parametrize("samples", [1, 3])
async def test_a_generator_that_fails_before_its_call_has_failed_and_costs_nothing(
    name: str, samples: int
) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    bench = Bench()
    generator = Several(3)
    setattr(generator, name, fail)
    fail.__name__ = name
    if name == "samples_per_call" and samples == 1:
        assert await bench.answers(generator, samples) == ["0"]  # nobody asked
        return
    assert set(await bench.answers(generator, samples)) == {"generation_error"}
    assert bench.events == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("error", "billing"),
    [
        (ValueError("no"), Billing.UNKNOWN),
        (SystemExit(1), Billing.UNKNOWN),
        (AuthenticationFailed("no key"), Billing.NONE),
        (GenerationError("lost", billing=Billing.UNKNOWN), Billing.UNKNOWN),
        (GeneratorDepleted("empty"), Billing.NONE),
    ],
    ids=repr,
)
async def test_a_failed_call_is_counted_and_billed_as_far_as_anybody_knows(
    error: BaseException, billing: Billing
) -> None:
    bench = Bench()
    generator = ScriptedGenerator([error], worst_case=Usage(calls=1, completion_tokens=9, cost_usd=0.5))
    (kind,) = await bench.answers(generator)
    assert kind == getattr(error, "kind", "generation_error")
    assert bench.ledger.spent == Usage(calls=1)
    unknown = Usage(completion_tokens=9, cost_usd=0.5)
    assert bench.ledger.unconfirmed == (unknown if billing is Billing.UNKNOWN else Usage())
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
async def test_a_generator_that_gives_no_generation_has_failed() -> None:
    class Careless(ScriptedGenerator):
        async def generate(self, request: Request) -> Generation:
            return "a"  # type: ignore[return-value]

        async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
            return []

        def samples_per_call(self, request: Request) -> int:
            return 8

    bench = Bench()
    assert await bench.answers(Careless([]), 1) == ["generation_error"]
    assert await bench.answers(Careless([]), 2) == ["generation_error", "generation_error"]
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
async def test_a_cancelled_call_is_counted_and_its_worst_case_stays_booked() -> None:
    bench = Bench()

    class Hangs(ScriptedGenerator):
        async def generate(self, request: Request) -> Generation:
            await anyio.sleep_forever()
            raise AssertionError

    generator = Hangs([], worst_case=Usage(calls=1, completion_tokens=9))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.caller.answers, generator, REQUEST, 0, 1)
        await a_while()
        assert bench.ledger.reserved == Usage(calls=1, completion_tokens=9)
        tasks.cancel_scope.cancel()
    assert bench.ledger.reserved == Usage()
    assert bench.ledger.spent == Usage(calls=1)
    assert bench.ledger.unconfirmed == Usage(completion_tokens=9)
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("told", "calls", "tokens"), [([False], 0, 0), ([True, False], 1, 50), ([False, True], 1, 50), ([], 1, 50)]
)
async def test_a_cancelled_call_costs_nothing_if_none_of_its_requests_was_sent(
    told: list[bool], calls: int, tokens: int
) -> None:
    class Queues(ScriptedGenerator):
        async def generate(self, request: Request) -> Generation:
            for was_sent in told:
                tell_whether_sent(was_sent)
            is_in_call.set()
            await anyio.sleep_forever()
            raise AssertionError

    is_in_call, bench = anyio.Event(), Bench()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.answers, Queues([], worst_case=Usage(calls=1, completion_tokens=50)))
        await is_in_call.wait()
        tasks.cancel_scope.cancel()
    assert bench.ledger.spent == Usage(calls=calls)
    assert bench.ledger.unconfirmed == Usage(completion_tokens=tokens)
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
async def test_a_call_that_fails_before_it_is_sent_counts_and_costs_nothing() -> None:
    class Unreachable(ScriptedGenerator):
        async def generate(self, request: Request) -> Generation:
            tell_whether_sent(False)
            raise OSError("no server")

    bench = Bench()
    await bench.answers(Unreachable([], worst_case=Usage(calls=1, completion_tokens=50)))
    assert bench.ledger.spent == Usage(calls=1)
    assert bench.ledger.unconfirmed == Usage()
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
async def test_a_call_cancelled_while_it_waits_for_room_costs_nothing() -> None:
    bench = Bench(Budget(tokens=10))
    held = await bench.ledger.reserve(Usage(completion_tokens=5))
    generator = ScriptedGenerator(["a"], worst_case=Usage(calls=1, completion_tokens=9))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.caller.answers, generator, REQUEST, 0, 1)
        await a_while()
        tasks.cancel_scope.cancel()
    assert bench.ledger.reserved == Usage(completion_tokens=5)
    held.release()
    assert (bench.ledger.reserved, bench.ledger.spent) == (Usage(), Usage())
    assert (generator.requests, bench.events) == ([], [])


@pytest.mark.anyio
async def test_a_call_waits_until_others_have_settled() -> None:
    bench = Bench(Budget(tokens=10))
    held = await bench.ledger.reserve(Usage(completion_tokens=5))
    found: list[Any] = []

    async def ask() -> None:
        generator = ScriptedGenerator(["a"], worst_case=Usage(calls=1, completion_tokens=9))
        found.extend(await bench.caller.answers(generator, REQUEST, 0, 1))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await a_while()
        assert found == []
        held.settle(Usage(completion_tokens=1))
    assert [generation.text for generation in found] == ["a"]


@pytest.mark.anyio
async def test_a_call_that_can_never_fit_is_refused_and_said_to_be() -> None:
    bench = Bench(Budget(tokens=8))
    generator = ScriptedGenerator(["a"], worst_case=Usage(calls=1, completion_tokens=9))
    assert await bench.answers(generator) == ["limit: tokens"]
    (refused,) = bench.events
    assert isinstance(refused, BudgetRefused)
    assert refused.resource == "tokens"
    assert refused.amount == Usage(calls=1, completion_tokens=9)
    assert generator.requests == []


# Several samples -----------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("samples", "per_call", "gives", "asked"),
    [
        (1, 8, 8, [(0, 1)]),
        (3, 8, 8, [(0, 3)]),
        (8, 8, 3, [(0, 8), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1)]),
        (5, 2, 2, [(0, 2), (2, 1), (3, 1), (4, 1)]),
        (3, 1, 1, [(0, 1), (1, 1), (2, 1)]),
        (3, 0, 1, [(0, 1), (1, 1), (2, 1)]),
        (2, 8, 9, [(0, 2)]),
    ],
)
async def test_every_sample_is_asked_for_once_and_has_a_turn_of_its_own(
    samples: int, per_call: int, gives: int, asked: list[tuple[int, int]]
) -> None:
    bench = Bench()
    generator = Several(per_call, gives)
    assert await bench.answers(generator, samples) == [str(i) for i in range(samples)]
    assert sorted(generator.asked) == asked
    assert bench.ledger.spent.calls == len(asked)
    assert {event.attempt for event in bench.of(BudgetReserved)} == {turn for turn, _ in asked}
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
async def test_more_samples_from_a_call_than_asked_for_are_dropped() -> None:
    class Generous(Several):
        async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
            return await super().generate_samples(request, samples + 3)

    assert await Bench().answers(Generous(8, 20), 2) == ["0", "1"]


@pytest.mark.anyio
async def test_samples_that_do_not_fit_are_missing_at_their_own_places() -> None:
    bench = Bench(Budget(calls=3))
    answers = await bench.answers(Several(1), 5)
    assert answers[0] == "0"
    assert [answer for i, answer in enumerate(answers) if answer is not None and answer != str(i)] == []
    assert answers.count(None) == 2
    assert bench.ledger.spent.calls == 3


@pytest.mark.anyio
async def test_what_breaks_among_samples_comes_out_as_itself() -> None:
    class Breaks(Several):
        async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
            if request.turn:
                raise KeyboardInterrupt
            return await super().generate_samples(request, samples)

        async def generate(self, request: Request) -> Generation:
            (generation,) = await self.generate_samples(request, 1)
            return generation

    bench = Bench()
    with pytest.raises(KeyboardInterrupt):
        await bench.caller.answers(Breaks(1), REQUEST, 0, 3)
    assert bench.ledger.reserved == Usage()


# Retries -------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [RateLimited, GenerationTimeout, ConnectionLost, ProviderError])
async def test_a_call_that_fails_in_transport_is_made_again_and_every_try_is_counted(
    kind: type[TransientGenerationError],
) -> None:
    bench = Bench()
    failures: list[Any] = [kind("one"), kind("two", billing=Billing.UNKNOWN)]
    by_call = iter([*failures, "a"])
    generator = ScriptedGenerator(lambda _: next(by_call), worst_case=Usage(calls=1, completion_tokens=9))
    assert await bench.answers(generator) == ["a"]
    assert bench.ledger.spent == Usage(calls=3)
    assert bench.ledger.unconfirmed == Usage(completion_tokens=9)
    assert [(retry.failed_tries, retry.kind, retry.message) for retry in bench.of(Retry)] == [
        (1, kind.kind, "one"),
        (2, kind.kind, "two"),
    ]
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
@pytest.mark.parametrize("max_tries", [1, 2, 5])
async def test_tries_end_after_as_many_as_allowed(max_tries: int) -> None:
    bench = Bench(retries=Retries(max_tries=max_tries))
    generator = ScriptedGenerator(lambda _: ConnectionLost("again"))
    assert await bench.answers(generator) == ["connection_lost"]
    assert len(generator.requests) == bench.ledger.spent.calls == max_tries
    assert len(bench.of(Retry)) == max_tries - 1


@pytest.mark.anyio
async def test_what_no_retry_can_mend_is_not_retried() -> None:
    bench = Bench()
    generator = ScriptedGenerator(lambda _: AuthenticationFailed("no key"))
    assert await bench.answers(generator) == ["authentication"]
    assert bench.ledger.spent.calls == 1


@pytest.mark.anyio
async def test_a_retry_that_meets_another_failure_ends_with_that_one() -> None:
    bench = Bench()
    by_call = iter([ConnectionLost("again"), AuthenticationFailed("no key")])
    assert await bench.answers(ScriptedGenerator(lambda _: next(by_call))) == ["authentication"]


@pytest.mark.anyio
async def test_waits_are_drawn_evenly_up_to_a_longest_wait_that_doubles() -> None:
    waits: list[list[float]] = []
    for seed in range(200):
        retries = Retries(max_tries=6, base_seconds=2.0, max_wait_seconds=9.0)
        bench = Bench(retries=retries, seed=seed, clock=Impatient())
        await bench.caller.answers(ScriptedGenerator(lambda _: ConnectionLost("again")), REQUEST, 0, 1)
        waits.append([retry.wait_seconds for retry in bench.of(Retry)])
    for nth, longest in enumerate([2.0, 4.0, 8.0, 9.0, 9.0]):
        drawn = [wait[nth] for wait in waits]
        assert 0 <= min(drawn) < 0.1 * longest
        assert 0.9 * longest < max(drawn) <= longest
        assert abs(sum(drawn) / len(drawn) - longest / 2) < 0.1 * longest


@pytest.mark.anyio
async def test_a_retry_waits_at_least_as_long_as_the_provider_asks_for() -> None:
    bench = Bench(retries=Retries(base_seconds=2.0, max_wait_seconds=60.0))
    by_call = iter([RateLimited("slow down", retry_after_seconds=30.0), "a"])
    assert await bench.answers(ScriptedGenerator(lambda _: next(by_call))) == ["a"]
    (retry,) = bench.of(Retry)
    assert 30.0 <= retry.wait_seconds <= 32.0
    assert bench.clock.now() >= retry.wait_seconds


@pytest.mark.anyio
async def test_a_provider_that_asks_for_too_long_a_wait_ends_the_tries() -> None:
    bench = Bench(retries=Retries(max_wait_seconds=60.0))
    generator = ScriptedGenerator(lambda _: RateLimited("tomorrow", retry_after_seconds=61.0))
    assert await bench.answers(generator) == ["rate_limited"]
    assert bench.ledger.spent.calls == 1
    assert bench.clock.now() == 0


@pytest.mark.anyio
async def test_there_is_no_retry_that_the_deadline_would_cut_off() -> None:
    bench = Bench(Budget(seconds=20.0))
    generator = ScriptedGenerator(lambda _: RateLimited("slow down", retry_after_seconds=20.0))
    assert await bench.answers(generator) == ["rate_limited"]
    assert bench.ledger.spent.calls == 1
    assert bench.clock.now() == 0


@pytest.mark.anyio
async def test_a_limit_hit_amid_retries_leaves_the_failure_of_the_call() -> None:
    bench = Bench(Budget(calls=3))
    generator = ScriptedGenerator(lambda _: ConnectionLost("again"))
    assert await bench.answers(generator) == ["connection_lost"]
    assert bench.ledger.spent.calls == len(generator.requests) == 3
    assert bench.of(BudgetRefused)[0].resource == "calls"
    assert await bench.answers(generator) == ["limit: calls"]
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.anyio
async def test_unconfirmed_worst_cases_of_failed_tries_count_against_the_limit() -> None:
    bench = Bench(Budget(tokens=25))
    generator = ScriptedGenerator(
        lambda _: ConnectionLost("again", billing=Billing.UNKNOWN),
        worst_case=Usage(calls=1, completion_tokens=10),
    )
    assert await bench.answers(generator) == ["connection_lost"]
    assert len(generator.requests) == 2
    assert bench.ledger.unconfirmed.tokens == 20


@pytest.mark.anyio
async def test_a_call_cancelled_while_it_waits_to_be_retried_counts_the_tries_made() -> None:
    bench = Bench()
    async with anyio.create_task_group() as tasks:
        generator = ScriptedGenerator(lambda _: ConnectionLost("again"))
        tasks.start_soon(bench.caller.answers, generator, REQUEST, 0, 1)
        await a_while()
        assert bench.clock.sleepers == 1
        tasks.cancel_scope.cancel()
    assert bench.ledger.spent == Usage(calls=1)
    assert bench.ledger.reserved == Usage()
    assert_books_agree(bench.ledger, bench.events)


@pytest.mark.parametrize(
    "settings",
    [
        {"max_tries": 0},
        {"max_tries": -1},
        {"base_seconds": -0.1},
        {"max_wait_seconds": -1},
        {"max_tries": 1.5},
        {"base_seconds": float("nan")},
        {"max_wait_seconds": float("inf")},
        {"base_seconds": "1"},
        {"max_tries": True},
        {"base_seconds": 10**400},
    ],
    ids=repr,
)
def test_retries_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Retries(**settings)


# Concurrency and nesting ---------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("budget", "fitting"),
    [(Budget(calls=5), 5), (Budget(tokens=49), 4), (Budget(cost_usd=0.5), 5), (Budget(tokens=49, calls=3), 3)],
)
async def test_calls_at_once_never_exceed_a_limit(budget: Budget, fitting: int) -> None:
    bench = Bench(budget)
    bill = Usage(calls=1, completion_tokens=10, cost_usd=0.1)
    at_once: list[int] = []

    class Slow(ScriptedGenerator):
        async def generate(self, request: Request) -> Generation:
            at_once.append(bench.ledger.reserved.calls)
            await anyio.lowlevel.checkpoint()
            return Generation(text="a", usage=bill)

    generator = Slow([], worst_case=bill)
    found: list[str] = []

    async def ask() -> None:
        found.extend(map(bench._shown, await answers_or_limit(bench.caller, generator)))

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(ask)
    assert found.count("a") == len(at_once) == fitting
    assert max(at_once) <= fitting
    assert bench.ledger.spent == spending_of(bench.events)


async def answers_or_limit(caller: Caller, generator: Generator) -> list[Any]:
    try:
        return list(await caller.answers(generator, REQUEST, 0, 1))
    except LimitReached as limit:
        return [limit]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "limits", [{"batch": 2}, {"session": 2}, {"run": 2}, {"run": 9, "batch": 3, "session": 2}]
)
async def test_the_narrowest_of_nested_ledgers_holds(limits: dict[str, int]) -> None:
    session = Ledger(Budget(calls=limits.get("session")))
    batch = Ledger(Budget(calls=limits.get("batch")), parent=session)
    bench = Bench(Budget(calls=limits.get("run")), parent=batch)
    generator = ScriptedGenerator(lambda _: "a")
    answers = [(await bench.answers(generator))[0] for _ in range(4)]
    assert answers == ["a", "a", "limit: calls", "limit: calls"]
    assert session.spent == batch.spent == bench.ledger.spent == Usage(calls=2)


@pytest.mark.anyio
async def test_a_loop_inside_of_a_call_does_not_wait_for_the_call_around_it() -> None:
    """The outer call holds the last call that is left; an inner one that waited for it would wait for ever."""

    async def outer(request: Request) -> str:
        inner = await modulo.solve("q", generator=ScriptedGenerator(["ok"]), critics=[anything])
        return str(inner.stop_reason)

    with anyio.fail_after(10):
        outcome = await modulo.solve("p", generator=outer, critics=[anything], budget=Budget(calls=1))
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == "calls_limit"


@modulo.critic(proves="nothing")
def anything(problem: Any, candidate: Any) -> list[modulo.Violation]:
    return []


@pytest.mark.anyio
async def test_loops_inside_of_calls_do_not_wait_for_each_other() -> None:
    inside = 0

    async def outer(request: Request) -> str:
        nonlocal inside
        inside += 1
        while inside < 2:
            await anyio.lowlevel.checkpoint()
        inner = await modulo.solve(
            "q", generator=ScriptedGenerator(lambda r: f"{r.turn}"), critics=[third], budget=Budget(rounds=9)
        )
        return str(inner.stop_reason)

    with anyio.fail_after(10):
        outcome = await modulo.solve(
            "p", generator=outer, critics=[anything], strategy=modulo.Refine(width=2), budget=Budget(calls=4)
        )
    assert isinstance(outcome, modulo.Certified)
    assert outcome.usage.calls <= 4


@modulo.critic(proves="it is the third")
def third(problem: Any, candidate: Any) -> list[modulo.Violation]:
    return [] if candidate == "3" else [modulo.Violation("wrong", "It is not the third.")]


def test_the_sum_of_bills_is_taken_from_events() -> None:
    """The oracle itself: it must see a difference."""
    ledger = Ledger()
    settled = BudgetSettled(at=0, attempt=0, bill=Usage(calls=1))
    with pytest.raises(AssertionError):
        assert_books_agree(ledger, [settled])
    check: Callable[[], None] = lambda: assert_books_agree(ledger, [])  # noqa: E731
    check()
