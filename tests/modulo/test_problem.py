from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, PrivateAttr

from modulo.canonical import codec_for, sha256_hex
from modulo.errors import ProblemError
from modulo.problem import NO_SOLUTION, Candidate, NoSolution, Problem


class Box(BaseModel):
    items: list[int]


class Point(BaseModel):
    x: float


class Secretive(BaseModel):
    number: int
    _hint: str = PrivateAttr(default="")

    @classmethod
    def knowing(cls, hint: str) -> Secretive:
        made = cls(number=5)
        made._hint = hint
        return made


@dataclass
class Cached:
    number: int
    cache: dict[str, int] = field(default_factory=dict, init=False)

    @classmethod
    def knowing(cls, hint: int) -> Cached:
        made = cls(5)
        made.cache["hint"] = hint
        return made


@dataclass
class Careless:
    number: int

    def __post_init__(self) -> None:
        self.cache: dict[str, int] = {}


class Level(IntEnum):
    LOW = 1


class Name(StrEnum):
    NUMBERS = "numbers"


def candidate(value: Any, annotation: Any = Any, **rest: str) -> Candidate[Any]:
    facts = {"text": "", "node": "", "model": "", "prompt_sha256": ""} | rest
    return Candidate.of(value, codec=codec_for(annotation), **facts)


@pytest.mark.parametrize(
    "value", ["text", 5, 0.5, True, None, [1, "a"], {"b": 1, "a": [2]}, (1, 2), Box(items=[1])]
)
def test_a_problem_is_known_by_the_hash_of_its_canonical_form(value: Any) -> None:
    problem = Problem.of(value, domain="numbers")
    assert problem.value == value
    assert problem.sha256 == sha256_hex(problem.canonical)
    assert problem == Problem.of(copy.deepcopy(value), domain="numbers")
    assert problem != Problem.of(value, domain="others")


@given(st.dictionaries(st.text("abc", max_size=2), st.integers(0, 9), max_size=4), st.randoms())
def test_the_order_of_keys_is_no_part_of_a_problem(value: dict[str, int], random: Any) -> None:
    pairs = list(value.items())
    random.shuffle(pairs)
    assert Problem.of(dict(pairs), domain="d").sha256 == Problem.of(value, domain="d").sha256


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, b"\xff", {"a": Box(items=[])}, [Level(1)], float("nan"), "\ud800", Box]
)
def test_a_value_that_is_no_json_is_no_problem(value: Any) -> None:
    with pytest.raises(ProblemError):
        Problem.of(value, domain="numbers")


@pytest.mark.parametrize("domain", ["", "  ", None, 5, Name.NUMBERS])
def test_a_domain_that_could_stand_in_no_certificate_is_refused_at_once(domain: Any) -> None:
    with pytest.raises(ProblemError, match="domain"):
        Problem.of({}, domain=domain)


def test_a_problem_does_not_change_with_the_value_that_it_was_made_of() -> None:
    value = {"busy": [1]}
    problem = Problem.of(value, domain="slots")
    value["busy"].append(2)
    assert problem.value == {"busy": [1]}
    assert problem.is_unchanged_in(problem.value)


@pytest.mark.parametrize("hide", [lambda: Secretive.knowing("four"), lambda: Cached.knowing(4)])
def test_a_value_with_content_that_its_canonical_form_lacks_is_refused(hide: Callable[[], Any]) -> None:
    with pytest.raises(ProblemError, match="does not survive a round trip"):
        Problem.of(hide(), domain="numbers")


def test_a_problem_holds_nothing_that_its_canonical_form_does_not() -> None:
    value = Careless(5)
    value.cache["hint"] = 4
    problem = Problem.of(value, domain="numbers")
    assert problem.value == value
    assert problem.value.cache == {}


@pytest.mark.parametrize("damage", [2, {3}, "\ud800", float("nan"), object()])
def test_a_value_that_a_critic_changed_is_noticed(damage: Any) -> None:
    problem = Problem.of({"busy": [1]}, domain="slots")
    value = problem.own_value()
    assert problem.is_unchanged_in(value)
    value["busy"].append(damage)
    assert not problem.is_unchanged_in(value)
    assert problem.is_unchanged_in(problem.own_value())


@pytest.mark.parametrize("items", [[1], [], [2**53 - 1]])
def test_a_typed_value_that_a_critic_changed_is_noticed(items: list[int]) -> None:
    problem = Problem.of(Box(items=items), domain="boxes")
    value = problem.own_value()
    assert problem.is_unchanged_in(value)
    for damage in (1, "1", 2**60, {3}, "\ud800", float("nan"), object()):
        value.items.append(damage)  # type: ignore[arg-type]
        assert not problem.is_unchanged_in(value)
        value.items.pop()
    assert problem.is_unchanged_in(value)


def test_a_change_that_only_equality_shows_is_noticed() -> None:
    problem = Problem.of(Secretive(number=5), domain="numbers")
    value = problem.own_value()
    value._hint = "four"
    assert not problem.is_unchanged_in(value)


def test_values_with_floats_are_told_unchanged_by_their_canonical_form() -> None:
    problem = Problem.of(Point(x=1e21), domain="points")
    value = problem.own_value()
    assert problem.is_unchanged_in(value)
    value.x = 1e22
    assert not problem.is_unchanged_in(value)


def test_problems_and_candidates_are_immutable() -> None:
    for thing, name in ((Problem.of({}, domain="d"), "value"), (candidate(1), "sha256")):
        with pytest.raises(AttributeError):
            setattr(thing, name, "other")


@pytest.mark.parametrize(
    ("value", "annotation"),
    [("a", str), (3, int), (1.0, float), ({"a": [1]}, Any), ([1], list[int]), (Box(items=[1, 2]), Box)],
)
def test_a_candidate_gives_the_value_that_was_judged(value: Any, annotation: Any) -> None:
    made = candidate(value, annotation)
    assert made.value() == value
    assert made.sha256 == sha256_hex(made.canonical)
    assert codec_for(annotation).decode(made.canonical) == value
    assert not made.claims_unsolvable


def test_what_one_critic_does_to_its_value_no_other_sees() -> None:
    value = Box(items=[1])
    made = candidate(value, Box)
    made.value().items.append(2)
    value.items.append(3)
    assert made.value().items == [1]


def test_candidates_of_equal_content_have_equal_hashes_wherever_they_come_from() -> None:
    one = candidate({"a": 1, "b": 2.0}, text="x", node="fast", model="m1")
    other = candidate({"b": 2, "a": 1}, text="y", node="slow", model="m2")
    assert one.sha256 == other.sha256


@pytest.mark.parametrize(("value", "annotation"), [(5, str), ("a", int), (True, int), ({1}, Any), (Box, Box)])
def test_a_candidate_of_another_type_is_refused(value: Any, annotation: Any) -> None:
    with pytest.raises(ProblemError):
        candidate(value, annotation)


@pytest.mark.parametrize("annotation", [str, Any, Box])
def test_the_claim_that_there_is_no_solution_fits_every_type(annotation: Any) -> None:
    made = candidate(NO_SOLUTION, annotation)
    assert made.claims_unsolvable
    assert made.value() is NO_SOLUTION


def test_no_solution_can_be_mixed_up_with_the_claim_that_there_is_none() -> None:
    claim = candidate(NO_SOLUTION)
    imitation = codec_for(Any).decode(claim.canonical)
    with pytest.raises(ProblemError, match="only NO_SOLUTION itself"):
        candidate(imitation)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_the_claim_stays_itself_when_it_is_copied_or_sent_to_a_worker(again: Any) -> None:
    assert again(NO_SOLUTION) is NO_SOLUTION
    assert repr(NO_SOLUTION) == "NO_SOLUTION"
    assert isinstance(NO_SOLUTION, NoSolution)
