"""The settings of frozen dataclasses, and the fields of structs, as plain dictionaries, for traces."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

__all__ = ["given_fields", "settings_of"]


def settings_of(value: Any) -> dict[str, Any]:
    """The fields of a flat dataclass by name. ``dataclasses.asdict`` copies deeply and takes ten times as long."""
    return {name: getattr(value, name) for name in _names(type(value))}  # type: ignore[arg-type]


def given_fields(struct: Struct) -> dict[str, Any]:
    """The fields of a flat struct by name, without those that are None."""
    return {name: value for name, value in asdict(struct).items() if value is not None}


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple([field.name for field in fields(kind)])
