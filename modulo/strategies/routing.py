"""What past runs say of models: how likely each certifies a problem, and what that costs."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from modulo.canonical import parse_json
from modulo.errors import ConfigurationError
from modulo.strategies.features import Features
from modulo.strategies.logistic import Weight, fitted

__all__ = ["Example", "ModelRecord", "RoutingTable", "Unit"]

Unit: TypeAlias = Literal["usd", "tokens", "calls"]

_SURE = 20.0
"""Log-odds beyond which nobody can be."""


class Example(Struct, frozen=True, kw_only=True):
    """A model that was asked for answers to a problem, in a run.

    Attributes:
        model: Its name, as strategies call it.
        features: What was known when it was asked first.
        certified: Whether one of its answers was accepted.
        calls: How often it was asked.
        tokens: What that took.
        usd: What that cost.
    """

    model: str
    features: Features
    certified: bool
    calls: int = 1
    tokens: int = 0
    usd: float = 0.0


class ModelRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model's record: a logistic regression of whether it certifies.

    Attributes:
        examples: How many runs it is from.
        cost: What a turn of it costs: all of its tries in a run.
        bias: Log-odds where all features are 0.
        weights: What each feature adds to them.
    """

    examples: int
    cost: float
    bias: float
    weights: dict[str, Weight]

    def probability(self, features: Features) -> float:
        """How likely it certifies within its tries. Features that it has not seen say nothing."""
        odds = self.bias + sum(weight.of(features.get(name, 0.0)) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-_SURE, min(_SURE, odds))))

    def cost_a_certificate(self, features: Features) -> float:
        """What it costs on average until it certifies a problem like that."""
        return self.cost / self.probability(features)


class RoutingTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The records of some models, for ``Router``.

    Attributes:
        unit: Unit of the costs.
        models: The records by the models' names.
    """

    unit: Unit
    models: dict[str, ModelRecord]

    @classmethod
    def learn(cls, examples: Iterable[Example]) -> RoutingTable:
        """The records that examples add up to; the same for the same examples.

        Costs are in dollars if every model costs some, else in tokens if every one takes some, else in calls.
        """
        by_model: dict[str, list[Example]] = {}
        for example in examples:
            by_model.setdefault(example.model, []).append(example)
        unit = _common_unit(by_model)
        return cls(unit=unit, models={name: _record(by_model[name], unit) for name in sorted(by_model)})

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> RoutingTable:
        """The table of a JSON document.

        Raises:
            ConfigurationError: It is none.
        """
        try:
            return msgspec.convert(document, cls)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"this is no routing table: {error}") from error

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> RoutingTable:
        """The table in a file.

        Raises:
            ConfigurationError: It cannot be read, or holds something else.
        """
        try:
            return cls.of(parse_json(Path(path).read_bytes()))
        except OSError as error:
            raise ConfigurationError(f"the routing table {path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise ConfigurationError(f"{path}: {error}") from error

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, as JSON."""
        Path(path).write_bytes(msgspec.json.format(msgspec.json.encode(self)) + b"\n")


def _common_unit(by_model: Mapping[str, list[Example]]) -> Unit:
    for unit in ("usd", "tokens"):
        if by_model and all(sum(getattr(one, unit) for one in examples) > 0 for examples in by_model.values()):
            return unit
    return "calls"


def _record(examples: list[Example], unit: Unit) -> ModelRecord:
    bias, weights = fitted([(example.features, example.certified) for example in examples])
    cost = sum(getattr(example, unit) for example in examples) / len(examples)
    return ModelRecord(examples=len(examples), cost=cost, bias=bias, weights=weights)
