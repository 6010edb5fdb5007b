"""FitsModel: strict, with paths, in worker processes too."""

from __future__ import annotations

import pickle
from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

import modulo
from modulo.critics.schema import FitsModel


class Stop(BaseModel):
    model_config = ConfigDict(extra="forbid")

    city: str = Field(min_length=1)
    days: int
    arrival: date

    @field_validator("city")
    @classmethod
    def _is_a_city(cls, city: str) -> str:
        if city == "Narnia":
            raise ValueError("there is no such city")
        return city


class Trip(BaseModel):
    stops: list[Stop]


STOP = {"city": "Rome", "days": 2, "arrival": "2024-02-29"}


def faults(candidate: Any, model: Any = Trip) -> list[tuple[str, str | None]]:
    found = FitsModel(model).critique(None, candidate)
    assert found.accepts is not bool(found.violations)
    return [(violation.code, violation.location) for violation in found.violations]


def test_what_fits_is_accepted() -> None:
    assert faults({"stops": [STOP]}) == []


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        ({}, [("missing", "/stops")]),
        ([], [("model_type", "(whole answer)")]),
        ("VERDICT: ACCEPT", [("model_type", "(whole answer)")]),
        ({"stops": [{**STOP, "days": "2"}]}, [("int_type", "/stops/0/days")]),
        ({"stops": [{**STOP, "days": True}]}, [("int_type", "/stops/0/days")]),
        ({"stops": [{**STOP, "days": 2.5}]}, [("int_type", "/stops/0/days")]),
        ({"stops": [{**STOP, "arrival": "2023-02-29"}]}, [("date_parsing", "/stops/0/arrival")]),
        ({"stops": [{**STOP, "more": 1}]}, [("extra_forbidden", "/stops/0/more")]),
        ({"stops": [{**STOP, "city": "Narnia"}]}, [("value_error", "/stops/0/city")]),
        ({"stops": [STOP, {}]}, [("missing", f"/stops/1/{name}") for name in ("city", "days", "arrival")]),
        (float("nan"), [("not_json", None)]),
        ({"stops": 10**400}, [("not_json", None)]),
        ({"stops": object()}, [("not_json", None)]),
    ],
)
def test_every_fault_has_its_path(candidate: Any, expected: list[tuple[str, str]]) -> None:
    assert faults(candidate) == expected


def test_any_type_that_pydantic_validates_will_do() -> None:
    few = Annotated[list[int], Field(max_length=2)]
    assert faults([1, 2], few) == []
    assert faults([1, 2, 3], few) == [("too_long", "(whole answer)")]


class Broken(BaseModel):
    value: int

    @field_validator("value")
    @classmethod
    def _breaks(cls, value: int) -> int:
        raise KeyError(value)


def test_a_validator_that_crashes_is_an_error_and_no_verdict() -> None:
    with pytest.raises(KeyError):
        FitsModel(Broken).critique(None, {"value": 1})


@pytest.mark.parametrize("model", [3, "Trip", object()])
def test_what_pydantic_cannot_validate_is_refused(model: Any) -> None:
    with pytest.raises(modulo.ConfigurationError):
        FitsModel(model)


def test_it_says_what_it_proves_and_by_which_model() -> None:
    critic = FitsModel(Trip)
    assert critic.proves == "fits the model Trip"
    assert critic.options() == {"model": f"{__name__}:Trip"}
    assert FitsModel(Trip, proves="a trip").proves == "a trip"


def test_it_can_go_to_a_worker_process() -> None:
    copy = pickle.loads(pickle.dumps(FitsModel(Trip)))
    assert copy.critique(None, {"stops": [STOP]}).accepts
    assert not copy.critique(None, {"stops": 3}).accepts
