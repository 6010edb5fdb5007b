"""A judgement is read strictly: whatever is not clearly an acceptance must never become one."""

from __future__ import annotations

import itertools
from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import force_setattr

from modulo.critique import Critique, Verdict, Violation
from modulo.running.verdicts import MAX_VIOLATIONS, call_critic, read_async_judgement, read_judgement

WRONG = Violation("wrong", "It is wrong.")


class HidesWhatItHolds(list[object]):
    def __iter__(self) -> Iterator[object]:
        return iter(())


class LooksEmpty(tuple[object, ...]):
    def __len__(self) -> int:
        return 0


class LooksLikeACritique(Critique):
    """A subclass may override what certification relies on."""

    @property
    def accepts(self) -> bool:
        return True


def forged(critique: Critique, **fields: object) -> Critique:
    for name, value in fields.items():
        force_setattr(critique, name, value)
    return critique


def forged_violation(**fields: object) -> Violation:
    violation = Violation("wrong", "It is wrong.")
    for name, value in fields.items():
        force_setattr(violation, name, value)
    return violation


def yields(*items: object) -> Iterator[object]:
    yield from items


def yields_and_returns(result: object, *items: object) -> Iterator[object]:
    yield from items
    return result


@pytest.mark.parametrize("nothing", [[], (), yields()], ids=repr)
def test_no_violations_are_an_acceptance(nothing: object) -> None:
    assert read_judgement(nothing) == Critique.accept()


@pytest.mark.parametrize("make", [list, tuple, lambda items: yields(*items)])
def test_violations_are_a_rejection_by_exactly_these(make: Callable[[Any], object]) -> None:
    other = Violation("other", "So is this.", location="line 2")
    assert read_judgement(make([WRONG, other])) == Critique.reject(WRONG, other)


def test_a_critique_is_taken_as_it_is() -> None:
    for critique in (Critique.accept(proves="passed 3 tests"), Critique.reject(WRONG), Critique.undecided("?")):
        assert read_judgement(critique) is critique


@pytest.mark.parametrize(
    "result",
    [
        None,
        True,
        False,
        0,
        1,
        "",
        "ok",
        b"",
        {},
        set(),
        frozenset(),
        range(0),
        Verdict.ACCEPT,
        "accept",
        WRONG,
        Critique,
        object(),
    ],
    ids=repr,
)
def test_anything_else_is_no_judgement(result: object) -> None:
    with pytest.raises(TypeError, match="a critic yields violations, none if it accepts"):
        read_judgement(result)


@pytest.mark.parametrize("item", [None, True, "wrong", 1, Critique.accept(), [WRONG], Violation], ids=repr)
@pytest.mark.parametrize("make", [list, lambda items: yields(*items)])
def test_a_foreign_item_among_the_violations_is_no_judgement(
    make: Callable[[Any], object], item: object
) -> None:
    with pytest.raises(TypeError, match="where a Violation belongs"):
        read_judgement(make([WRONG, item]))


@pytest.mark.parametrize("lost", [[WRONG], Critique.reject(WRONG), [], False, "no"], ids=repr)
def test_a_generator_that_returns_its_violations_instead_of_yielding_them_is_no_judgement(lost: object) -> None:
    with pytest.raises(TypeError, match="yields and also returns"):
        read_judgement(yields_and_returns(lost))
    with pytest.raises(TypeError, match="yields and also returns"):
        read_judgement(yields_and_returns(lost, WRONG))


def test_an_infinite_generator_has_rejected_after_enough_violations_and_is_closed() -> None:
    is_closed = []

    def goes_on() -> Iterator[Violation]:
        try:
            while True:
                yield WRONG
        finally:
            is_closed.append(True)

    critique = read_judgement(goes_on())
    assert critique.verdict is Verdict.REJECT
    assert len(critique.violations) == MAX_VIOLATIONS
    assert is_closed == [True]


def test_an_infinite_generator_has_rejected_after_enough_violations() -> None:
    assert len(read_judgement(WRONG for _ in itertools.count()).violations) == MAX_VIOLATIONS


@pytest.mark.parametrize(
    "result", [iter(()), map(str, ()), filter(None, []), itertools.repeat(WRONG)], ids=repr
)
def test_an_iterator_is_no_judgement_since_its_end_may_hide_a_failure(result: object) -> None:
    with pytest.raises(TypeError):
        read_judgement(result)


def test_a_generator_that_fails_after_some_violations_has_not_judged() -> None:
    def fails() -> Iterator[Violation]:
        yield WRONG
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_judgement(fails())


@pytest.mark.parametrize(
    "critique",
    [
        LooksLikeACritique(Verdict.REJECT, (WRONG,)),
        forged(Critique.reject(WRONG), verdict=Verdict.ACCEPT),
        forged(Critique.reject(WRONG), violations=()),
        forged(Critique.undecided("late"), verdict="accept"),
        forged(Critique.undecided("late"), verdict=True),
        forged(Critique.reject(WRONG), violations=[]),
        forged(Critique.reject(WRONG), violations=["wrong"]),
        forged(Critique.reject(WRONG), violations=("wrong",)),
        forged(Critique.accept(), violations=[]),
        forged(Critique.accept(), failed=True),
        forged(Critique.accept(), violations=LooksEmpty([WRONG])),
        forged(Critique.accept(), failed=None),
        forged(Critique.accept(), proves=12),
        forged(Critique.undecided("late"), reason=object()),
        forged(Critique.reject(WRONG), violations=(forged_violation(message=None),)),
        forged(Critique.accept(), proves="\ud800"),
    ],
    ids=lambda critique: f"{type(critique).__name__}",
)
def test_a_forged_critique_is_no_judgement(critique: Critique) -> None:
    with pytest.raises((TypeError, ValueError)):
        read_judgement(critique)


@pytest.mark.parametrize("field", ["code", "message", "location", "expected", "actual", "hint"])
def test_a_violation_with_a_field_that_is_no_text_is_no_judgement(field: str) -> None:
    with pytest.raises(TypeError):
        read_judgement([forged_violation(**{field: 4})])


def test_a_named_tuple_is_read_like_a_tuple() -> None:
    pair = namedtuple("pair", "first second")
    assert read_judgement(pair(WRONG, WRONG)).violations == (WRONG, WRONG)


def test_a_list_that_iterates_in_its_own_way_is_no_judgement() -> None:
    with pytest.raises(TypeError, match="HidesWhatItHolds"):
        read_judgement(HidesWhatItHolds([WRONG]))


class Returns:
    """A critic that returns what it was made with."""

    def __init__(self, result: object) -> None:
        self.result = result

    def critique(self, problem: object, candidate: object) -> object:
        return self.result


def test_a_plain_critic_is_read_where_it_is_called() -> None:
    assert call_critic(Returns([WRONG]), ("p", "c")) == Critique.reject(WRONG)
    with pytest.raises(TypeError):
        call_critic(Returns(None), ("p", "c"))


async def judges(result: object) -> object:
    return result


async def yields_later(*items: object) -> Any:
    for item in items:
        yield item


@pytest.mark.anyio
async def test_a_coroutine_and_an_async_generator_are_read_as_strictly() -> None:
    assert await read_async_judgement(judges([])) == Critique.accept()
    assert await read_async_judgement(judges([WRONG])) == Critique.reject(WRONG)
    assert await read_async_judgement(yields_later()) == Critique.accept()
    assert await read_async_judgement(yields_later(WRONG)) == Critique.reject(WRONG)
    for result in (None, True, "", {}):
        with pytest.raises(TypeError):
            await read_async_judgement(judges(result))
    for item in (None, "wrong"):
        with pytest.raises(TypeError):
            await read_async_judgement(yields_later(WRONG, item))


@pytest.mark.anyio
async def test_an_infinite_async_generator_has_rejected_after_enough_violations_and_is_closed() -> None:
    is_closed = []

    async def goes_on() -> Any:
        try:
            while True:
                yield WRONG
        finally:
            is_closed.append(True)

    assert len((await read_async_judgement(goes_on())).violations) == MAX_VIOLATIONS
    assert is_closed == [True]


@pytest.mark.anyio
async def test_what_must_be_awaited_is_handed_on_by_call_critic() -> None:
    for result in (judges([WRONG]), yields_later(WRONG)):
        assert await read_async_judgement(call_critic(Returns(result), ("p", "c"))) == Critique.reject(WRONG)
