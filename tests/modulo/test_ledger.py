from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from msgspec.structs import asdict

from modulo.budget import Budget, Usage
from modulo.errors import ConfigurationError, LimitReached
from modulo.ledger import Ledger, Reservation
from modulo.testing import ManualClock

ONE_CALL = Usage(calls=1)
LIMITED = ("rounds", "attempts", "calls", "tokens", "cost_usd")


async def settled_down() -> None:
    """Let every task that can go on go on."""
    for _ in range(10):
        await checkpoint()


# ------------------------------------------------------------------------------------------------ reservations


def test_what_is_set_aside_is_free_again_when_it_is_released() -> None:
    ledger = Ledger(Budget(calls=1))
    reservation = ledger.reserve_now(ONE_CALL)
    assert ledger.reserved == ONE_CALL
    assert reservation.is_open
    reservation.release()
    assert ledger.reserved == ledger.spent == Usage()
    assert not reservation.is_open


def test_a_bill_replaces_the_reservation_and_what_was_not_used_is_free() -> None:
    ledger = Ledger(Budget(tokens=100))
    ledger.reserve_now(Usage(calls=1, prompt_tokens=60, completion_tokens=40)).settle(
        Usage(calls=1, prompt_tokens=20, completion_tokens=5)
    )
    assert ledger.spent.tokens == 25
    assert ledger.reserve_now(Usage(completion_tokens=75)).amount.tokens == 75


def test_a_call_whose_bill_never_came_stays_booked_as_unconfirmed_and_counts() -> None:
    ledger = Ledger(Budget(cost_usd=1.0))
    ledger.reserve_now(Usage(calls=1, prompt_tokens=7, cost_usd=0.9)).book_unconfirmed()
    assert ledger.spent == ONE_CALL
    assert ledger.unconfirmed == Usage(prompt_tokens=7, cost_usd=0.9)
    with pytest.raises(LimitReached, match="the limit on cost_usd is reached"):
        ledger.reserve_now(Usage(cost_usd=0.2))


def test_a_bill_may_overrun_what_was_set_aside_and_then_nothing_more_fits() -> None:
    ledger = Ledger(Budget(tokens=10))
    ledger.reserve_now(Usage(completion_tokens=10)).settle(Usage(completion_tokens=12))
    assert ledger.spent.tokens == 12
    with pytest.raises(LimitReached):
        ledger.reserve_now(Usage(prompt_tokens=1))
    with pytest.raises(LimitReached):  # a call that announces no tokens may bill some all the same
        ledger.reserve_now(ONE_CALL)


def test_what_others_hold_refuses_only_those_who_want_of_the_same() -> None:
    ledger = Ledger(Budget(tokens=10))
    held = [ledger.reserve_now(Usage(prompt_tokens=5)) for _ in range(2)]
    held[0].settle(Usage(prompt_tokens=8))  # overruns what it set aside, while the other one is still in flight
    assert ledger.reserve_now(ONE_CALL).is_open
    with pytest.raises(LimitReached):
        ledger.reserve_now(Usage(prompt_tokens=1))
    held[1].release()
    assert ledger.reserve_now(Usage(prompt_tokens=2)).is_open


@pytest.mark.parametrize(
    "end", [lambda r: r.release(), lambda r: r.settle(Usage()), lambda r: r.book_unconfirmed()]
)
@pytest.mark.parametrize(
    "again", [lambda r: r.release(), lambda r: r.settle(Usage()), lambda r: r.book_unconfirmed()]
)
def test_a_reservation_ends_only_once(
    end: Callable[[Reservation], None], again: Callable[[Reservation], None]
) -> None:
    ledger = Ledger()
    reservation = ledger.reserve_now(ONE_CALL)
    end(reservation)
    before = (ledger.spent, ledger.reserved, ledger.unconfirmed)
    with pytest.raises(RuntimeError, match="ends only once"):
        again(reservation)
    assert (ledger.spent, ledger.reserved, ledger.unconfirmed) == before


@pytest.mark.parametrize(
    "amount",
    [Usage(calls=-1), Usage(cost_usd=-0.5), Usage(cost_usd=math.nan), Usage(cost_usd=math.inf)],
    ids=repr,
)
def test_amounts_that_make_no_sense_are_refused_and_change_nothing(amount: Usage) -> None:
    ledger = Ledger(Budget(calls=5))
    reservation = ledger.reserve_now(ONE_CALL)
    with pytest.raises(ValueError, match="amounts"):
        ledger.reserve_now(amount)
    with pytest.raises(ValueError, match="amounts"):
        reservation.settle(amount)
    assert reservation.is_open
    assert ledger.reserved == ONE_CALL
    reservation.settle(ONE_CALL)
    assert (ledger.spent, ledger.reserved) == (ONE_CALL, Usage())


@pytest.mark.parametrize("resource", LIMITED)
def test_a_limit_of_zero_lets_nothing_of_its_kind_pass(resource: str) -> None:
    ledger = Ledger(Budget(**{resource: 0}))
    amounts = {"tokens": Usage(prompt_tokens=1), "cost_usd": Usage(cost_usd=1e-9)}
    with pytest.raises(LimitReached) as caught:
        ledger.reserve_now(amounts.get(resource) or Usage(**{resource: 1}))
    assert caught.value.resource == resource
    assert ledger.limits(resource)


def test_sums_of_money_do_not_drift() -> None:
    ledger = Ledger(Budget(cost_usd=1.0))
    for _ in range(10):
        ledger.reserve_now(Usage(cost_usd=0.1)).settle(Usage(cost_usd=0.1))
    assert ledger.spent.cost_usd == 1.0
    with pytest.raises(LimitReached):
        ledger.reserve_now(Usage(cost_usd=1e-12))


# ----------------------------------------------------------------------------------------------------- nesting


def test_a_nested_ledger_charges_all_above_it_and_obeys_all_limits() -> None:
    session = Ledger(Budget(calls=3))
    batch = Ledger(Budget(tokens=100), parent=session)
    run = Ledger(Budget(rounds=1), parent=batch)
    run.reserve_now(Usage(rounds=1, calls=2, prompt_tokens=90)).settle(
        Usage(rounds=1, calls=2, prompt_tokens=80)
    )
    assert session.spent == batch.spent == run.spent == Usage(rounds=1, calls=2, prompt_tokens=80)
    for amount, resource in (
        (Usage(rounds=1), "rounds"),
        (Usage(prompt_tokens=21), "tokens"),
        (Usage(calls=2), "calls"),
    ):
        with pytest.raises(LimitReached) as caught:
            run.reserve_now(amount)
        assert caught.value.resource == resource
    assert all(run.limits(resource) for resource in ("rounds", "tokens", "calls"))
    assert not session.limits("tokens")


def test_rounds_of_a_nested_loop_are_not_rounds_of_the_loop_around_it() -> None:
    outer = Ledger(Budget(rounds=1, attempts=1, calls=5))
    inner = Ledger(parent=outer, charges_rounds=False)
    inner.reserve_now(Usage(rounds=4, attempts=4, calls=2)).settle(Usage(rounds=4, attempts=4, calls=2))
    inner.reserve_now(Usage(rounds=1, attempts=1, calls=1)).book_unconfirmed()
    assert outer.spent == Usage(calls=3)
    assert outer.unconfirmed == Usage()
    assert inner.spent == Usage(rounds=4, attempts=4, calls=3)


def test_the_nearest_deadline_counts() -> None:
    clock = ManualClock()
    outer = Ledger(Budget(seconds=10), clock=clock)
    clock.advance(4)
    assert Ledger(Budget(seconds=3), parent=outer).seconds_left() == 3
    assert Ledger(Budget(seconds=30), parent=outer).seconds_left() == 6
    assert Ledger(parent=outer).seconds_left() == 6
    assert Ledger(clock=clock).seconds_left() is None
    clock.advance(7)
    assert outer.seconds_left() == -1


# ----------------------------------------------------------------------------------------------------- waiting


@pytest.mark.anyio
async def test_what_can_never_fit_is_refused_at_once_with_the_limit_that_is_in_the_way() -> None:
    ledger = Ledger(Budget(calls=2, tokens=10))
    held = ledger.reserve_now(Usage(calls=2))
    with anyio.fail_after(1):
        with pytest.raises(LimitReached) as caught:
            await ledger.reserve(Usage(calls=1, prompt_tokens=11))
    assert caught.value.resource == "tokens"
    held.release()


@pytest.mark.anyio
async def test_a_refusal_names_the_limit_that_is_in_the_way_when_it_is_heard() -> None:
    ledger = Ledger(Budget(tokens=10, cost_usd=1.0))
    first, second = (ledger.reserve_now(Usage(prompt_tokens=2, cost_usd=0.5)) for _ in range(2))
    refused: list[str] = []

    async def wait() -> None:
        try:
            await ledger.reserve(Usage(prompt_tokens=2, cost_usd=0.5))
        except LimitReached as limit:
            refused.append(limit.resource)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await settled_down()
        first.settle(Usage(prompt_tokens=2, cost_usd=1.0))
        second.settle(Usage(prompt_tokens=9))
    with pytest.raises(LimitReached) as now:
        ledger.reserve_now(Usage(prompt_tokens=2, cost_usd=0.5))
    assert refused == [now.value.resource] == ["tokens"]


@pytest.mark.anyio
async def test_what_can_never_fit_above_is_refused_without_waiting_below() -> None:
    outer = Ledger(Budget(tokens=10))
    inner = Ledger(Budget(calls=1), parent=outer)
    inner.reserve_now(ONE_CALL)
    with anyio.fail_after(1):
        with pytest.raises(LimitReached) as caught:
            await inner.reserve(Usage(calls=1, prompt_tokens=11))
    assert caught.value.resource == "tokens"


@pytest.mark.anyio
async def test_rounds_that_the_ledger_above_does_not_see_refuse_nothing_there() -> None:
    outer = Ledger(Budget(rounds=0, calls=1))
    inner = Ledger(parent=outer, charges_rounds=False)
    held = inner.reserve_now(ONE_CALL)
    reserved: list[Reservation] = []

    async def wait() -> None:
        reserved.append(await inner.reserve(Usage(rounds=1, calls=1)))

    with anyio.fail_after(1):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await settled_down()
            assert not reserved
            held.release()
    assert reserved[0].amount == Usage(rounds=1, calls=1)


@pytest.mark.anyio
async def test_what_becomes_free_goes_to_those_that_wait_in_the_order_in_which_they_came() -> None:
    ledger = Ledger(Budget(calls=1))
    held = ledger.reserve_now(ONE_CALL)
    served: list[int] = []

    async def wait(number: int) -> None:
        reservation = await ledger.reserve(ONE_CALL)
        served.append(number)
        await checkpoint()
        reservation.release()

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(wait, number)
                await settled_down()
            held.release()
    assert served == list(range(20))


@pytest.mark.anyio
@pytest.mark.parametrize(("bill", "is_served"), [(75, True), (85, False)])
async def test_who_is_served_just_before_a_bill_overruns_the_limit_waits_again(
    bill: int, is_served: bool
) -> None:
    ledger = Ledger(Budget(tokens=100))
    held = [ledger.reserve_now(Usage(completion_tokens=tokens)) for tokens in (20, 50, 20)]
    served: list[Usage] = []
    refused: list[str] = []

    async def wait() -> None:
        try:
            reservation = await ledger.reserve(Usage(completion_tokens=20))
            served.append(reservation.amount)
            reservation.release()
        except LimitReached as limit:
            refused.append(limit.resource)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await settled_down()
            held[0].release()
            held[1].settle(Usage(completion_tokens=bill))
            await settled_down()
            assert not served
            held[2].release()
    assert (len(served), refused) == ((1, []) if is_served else (0, ["tokens"]))
    assert ledger.reserved == Usage()


@pytest.mark.anyio
async def test_who_is_served_and_cancelled_at_the_same_moment_holds_nothing() -> None:
    ledger = Ledger(Budget(calls=1))
    held = ledger.reserve_now(ONE_CALL)
    begun: list[Reservation] = []

    async def wait() -> None:
        begun.append(await ledger.reserve(ONE_CALL))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await settled_down()
            held.release()
            tasks.cancel_scope.cancel()
    assert not begun
    assert ledger.reserved == Usage()


@pytest.mark.anyio
async def test_a_refusal_names_the_limit_that_can_never_be_kept() -> None:
    ledger = Ledger(Budget(tokens=10, cost_usd=1))
    ledger.reserve_now(Usage(prompt_tokens=10))
    with pytest.raises(LimitReached, match="cost_usd"):
        ledger.reserve_now(Usage(prompt_tokens=1, cost_usd=2))


@pytest.mark.anyio
async def test_one_that_is_too_large_does_not_keep_a_smaller_one_waiting() -> None:
    ledger = Ledger(Budget(tokens=10))
    held = [ledger.reserve_now(Usage(prompt_tokens=5)) for _ in range(2)]
    served: list[int] = []

    async def wait(tokens: int) -> None:
        (await ledger.reserve(Usage(prompt_tokens=tokens))).release()
        served.append(tokens)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for tokens in (8, 4):
                tasks.start_soon(wait, tokens)
                await settled_down()
            held[0].release()
            await settled_down()
            assert served == [4]
            held[1].release()
    assert served == [4, 8]


@pytest.mark.anyio
async def test_those_that_no_longer_fit_are_refused_when_the_bill_comes() -> None:
    ledger = Ledger(Budget(cost_usd=1.0))
    held = ledger.reserve_now(Usage(cost_usd=0.8))
    refused: list[str] = []

    async def wait() -> None:
        try:
            await ledger.reserve(Usage(cost_usd=0.5))
        except LimitReached as limit:
            refused.append(limit.resource)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(wait)
            await settled_down()
            assert not refused
            held.settle(Usage(cost_usd=0.8))
    assert refused == ["cost_usd"] * 3


@pytest.mark.anyio
@pytest.mark.parametrize("is_nested", [False, True])
async def test_one_that_is_cancelled_while_it_waits_takes_nothing_with_it(is_nested: bool) -> None:
    root = Ledger(Budget(calls=1))
    ledger = Ledger(parent=root) if is_nested else root
    held = ledger.reserve_now(ONE_CALL)
    served: list[str] = []
    scope = anyio.CancelScope()

    async def wait(name: str) -> None:
        reservation = await ledger.reserve(ONE_CALL)
        served.append(name)
        reservation.release()

    async def wait_in_scope() -> None:
        with scope:
            await wait("cancelled")

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait_in_scope)
            await settled_down()
            tasks.start_soon(wait, "patient")
            await settled_down()
            scope.cancel()
            held.release()  # may go to the cancelled one, which must hand it on
    assert served == ["patient"]
    assert root.reserved == Usage()


@pytest.mark.anyio
async def test_a_thousand_runs_that_share_one_slot_are_all_served() -> None:
    session = Ledger(Budget(calls=1000))
    gate = Ledger(Budget(attempts=1), parent=session)
    served = 0

    async def run() -> None:
        nonlocal served
        reservation = await Ledger(Budget(calls=1), parent=gate).reserve(Usage(calls=1, attempts=1))
        served += 1
        reservation.settle(ONE_CALL)

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for _ in range(1000):
                tasks.start_soon(run)
    assert served == 1000
    assert session.spent == Usage(calls=1000)


# -------------------------------------------------------------------------------------------- random histories

amounts = st.builds(
    Usage,
    rounds=st.integers(0, 2),
    attempts=st.integers(0, 2),
    calls=st.integers(0, 2),
    prompt_tokens=st.integers(0, 5),
    completion_tokens=st.integers(0, 5),
    cost_usd=st.integers(0, 5).map(lambda cents: cents / 100),
)
budgets = st.builds(
    Budget,
    rounds=st.none() | st.integers(0, 6),
    attempts=st.none() | st.integers(0, 6),
    calls=st.none() | st.integers(0, 6),
    tokens=st.none() | st.integers(0, 30),
    cost_usd=st.none() | st.integers(0, 20).map(lambda cents: cents / 100),
)


def as_rows(usage: Usage) -> dict[str, int]:
    rows = asdict(usage)
    return {
        "rounds": rows["rounds"],
        "attempts": rows["attempts"],
        "calls": rows["calls"],
        "tokens": rows["prompt_tokens"] + rows["completion_tokens"],
        "cost_usd": round(rows["cost_usd"] * 100),
    }


class Books:
    """An independent account of a ledger, kept as plain lists of entries."""

    def __init__(self, ledger: Ledger, parent: Books | None, sees_rounds: bool) -> None:
        self.ledger, self.parent, self.sees_rounds = ledger, parent, sees_rounds
        self.held: list[tuple[object, dict[str, int]]] = []
        self.booked: list[dict[str, int]] = []
        self.overrun = dict.fromkeys(LIMITED, 0)

    def chain(self, usage: Usage) -> list[tuple[Books, dict[str, int]]]:
        rows = as_rows(usage)
        found = [(self, rows)]
        at = self
        while at.parent:
            if not at.sees_rounds:
                rows = rows | {"rounds": 0, "attempts": 0}
            at = at.parent
            found.append((at, rows))
        return found

    def total(self, resource: str) -> int:
        return sum(row[resource] for row in self.booked) + sum(row[resource] for _, row in self.held)

    def limit(self, resource: str) -> int | None:
        limit = getattr(self.ledger.budget, resource)
        return limit if limit is None or resource != "cost_usd" else round(limit * 100)

    def has_room(self, rows: dict[str, int]) -> bool:
        return all(self.fits(resource, rows[resource]) for resource in LIMITED)

    def fits(self, resource: str, wanted: int) -> bool:
        limit = self.limit(resource)
        if limit is None:
            return True
        if sum(row[resource] for row in self.booked) > limit:
            return False
        return not wanted or self.total(resource) + wanted <= limit


class NestedLedgers(RuleBasedStateMachine):
    """Random reservations and ends of reservations over random trees of ledgers."""

    ledgers: Bundle[Books] = Bundle("ledgers")
    reservations: Bundle[tuple[Books, Reservation, Usage]] = Bundle("reservations")

    def __init__(self) -> None:
        super().__init__()
        self.books: list[Books] = []

    @rule(target=ledgers, budget=budgets)
    def new_session(self, budget: Budget) -> Books:
        return self.keep(Books(Ledger(budget), None, True))

    @rule(target=ledgers, budget=budgets, parent=ledgers, charges_rounds=st.booleans())
    def nested(self, budget: Budget, parent: Books, charges_rounds: bool) -> Books:
        ledger = Ledger(budget, parent=parent.ledger, charges_rounds=charges_rounds)
        return self.keep(Books(ledger, parent, charges_rounds))

    def keep(self, books: Books) -> Books:
        self.books.append(books)
        return books

    @rule(target=reservations, books=ledgers, amount=amounts)
    def reserve(self, books: Books, amount: Usage) -> Any:
        fits = all(above.has_room(rows) for above, rows in books.chain(amount))
        try:
            reservation = books.ledger.reserve_now(amount)
        except LimitReached:
            assert not fits
            return multiple()
        assert fits
        for above, rows in books.chain(amount):
            above.held.append((reservation, rows))
        return books, reservation, amount

    def let_go(self, reserved: tuple[Books, Reservation, Usage]) -> None:
        books, reservation, amount = reserved
        for above, _ in books.chain(amount):
            above.held = [entry for entry in above.held if entry[0] is not reservation]

    def book(self, reserved: tuple[Books, Reservation, Usage], bill: Usage) -> None:
        books, _, amount = reserved
        for (above, rows), (_, reserved_rows) in zip(books.chain(bill), books.chain(amount), strict=True):
            above.booked.append(rows)
            for resource in LIMITED:
                above.overrun[resource] += max(0, rows[resource] - reserved_rows[resource])

    @rule(reserved=consumes(reservations))
    def release(self, reserved: tuple[Books, Reservation, Usage]) -> None:
        reserved[1].release()
        self.let_go(reserved)

    @rule(reserved=consumes(reservations), bill=amounts)
    def settle(self, reserved: tuple[Books, Reservation, Usage], bill: Usage) -> None:
        reserved[1].settle(bill)
        self.let_go(reserved)
        self.book(reserved, bill)

    @rule(reserved=consumes(reservations))
    def lose(self, reserved: tuple[Books, Reservation, Usage]) -> None:
        reserved[1].book_unconfirmed()
        self.let_go(reserved)
        self.book(reserved, reserved[2])

    @invariant()
    def sums_add_up(self) -> None:
        for books in self.books:
            ledger = books.ledger
            known = as_rows(ledger.spent + ledger.unconfirmed + ledger.reserved)
            assert known == {resource: books.total(resource) for resource in LIMITED}

    @invariant()
    def no_limit_is_exceeded_by_more_than_bills_overran(self) -> None:
        for books in self.books:
            for resource in LIMITED:
                limit = books.limit(resource)
                assert limit is None or books.total(resource) <= limit + books.overrun[resource]


TestNestedLedgers = NestedLedgers.TestCase
TestNestedLedgers.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


@given(
    limits=st.tuples(budgets, budgets, budgets),
    wishes=st.lists(st.tuples(st.integers(0, 2), amounts, amounts, st.sampled_from("srlc")), max_size=12),
    backend=st.sampled_from(["asyncio", "trio"]),
)
def test_nobody_waits_forever_and_everybody_is_served_or_refused(
    limits: Sequence[Budget], wishes: Sequence[tuple[int, Usage, Usage, str]], backend: str
) -> None:
    ends: list[str] = []

    async def main() -> Usage:
        root = Ledger(limits[0])
        ledgers = [root, Ledger(limits[1], parent=root), Ledger(limits[2], parent=root, charges_rounds=False)]

        async def call(which: int, amount: Usage, bill: Usage, end: str) -> None:
            with anyio.CancelScope() as scope:
                if end == "c":
                    scope.cancel()
                try:
                    reservation = await ledgers[which].reserve(amount)
                except LimitReached:
                    ends.append("refused")
                    return
                except anyio.get_cancelled_exc_class():
                    ends.append("cancelled")
                    raise
                await_first = len(ends) % 3
                with anyio.CancelScope(shield=True):
                    for _ in range(await_first):
                        await checkpoint()
                {"s": lambda: reservation.settle(bill), "l": reservation.book_unconfirmed}.get(
                    end, reservation.release
                )()
                ends.append("ended")

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                for wish in wishes:
                    tasks.start_soon(call, *wish)
        assert all(ledger.reserved == Usage() for ledger in ledgers)
        return root.spent

    anyio.run(main, backend=backend)
    assert len(ends) == len(wishes)


# ------------------------------------------------------------------------------------------------------ threads


def in_another_thread(function: Callable[[], object]) -> object:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def test_a_ledger_in_use_refuses_other_threads_whose_loops_it_could_not_wake() -> None:
    session = Ledger(Budget(calls=1))
    run = Ledger(parent=session)
    reservation = run.reserve_now(ONE_CALL)
    with pytest.raises(ConfigurationError, match="in use in another thread"):
        in_another_thread(lambda: Ledger(parent=session).reserve_now(Usage(rounds=1)))
    with pytest.raises(ConfigurationError, match="in use in another thread"):
        in_another_thread(lambda: anyio.run(session.reserve, ONE_CALL))
    assert session.reserved == ONE_CALL
    reservation.release()


def test_an_idle_ledger_may_go_to_another_thread() -> None:
    ledger = Ledger(Budget(calls=2))
    ledger.reserve_now(ONE_CALL).settle(ONE_CALL)
    in_another_thread(lambda: ledger.reserve_now(ONE_CALL).settle(ONE_CALL))
    assert ledger.spent == Usage(calls=2)
    with pytest.raises(LimitReached):
        ledger.reserve_now(ONE_CALL)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"budget": 5}, r"takes a Budget, as in Ledger\(Budget\(cost_usd=5\)\), not 5"),
        ({"parent": Budget(cost_usd=5)}, "a Ledger's parent is a Ledger, not a Budget"),
    ],
)
def test_a_ledger_of_something_else_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        Ledger(**given)
