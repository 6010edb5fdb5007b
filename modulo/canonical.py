"""Canonical JSON (RFC 8785) and the codecs that turn typed values into it and back.

Everything that a critic judges, a certificate carries or a trace records goes through here, so that equal
content has equal bytes and a solution read back from a certificate is the value that the critics saw.
"""

from __future__ import annotations

import hashlib
import json
import types
import typing
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar

from modulo.errors import ProblemError

__all__ = ["Codec", "JsonValue", "canonical_json", "codec_for", "parse_json", "sha256_hex"]

JsonValue: TypeAlias = (
    "None | bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue]"  # noqa: UP040
)
T = TypeVar("T")

_MAX_SAFE_INTEGER = 2**53 - 1
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_IMMUTABLE = (str, int, bool, type(None))


def canonical_json(value: object) -> bytes:
    """The RFC 8785 form of a JSON value.

    Raises:
        ProblemError: The value is not JSON, or holds a number or text that JSON cannot carry exactly
            (an integer beyond 2**53 - 1, NaN, a lone surrogate), or is nested too deeply.
    """
    try:
        if _c_encoder_is_canonical_for(value):
            return _ENCODER.encode(value).encode("utf-8")
        import rfc8785

        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, RecursionError, UnicodeEncodeError) as error:
        raise ProblemError(f"not canonical JSON: {_reason(error)}") from error


def sha256_hex(data: bytes) -> str:
    """SHA-256 of some bytes, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def parse_json(data: str | bytes) -> Any:
    """Parse JSON strictly: no repeated keys, no NaN, no infinities.

    Repeated keys are refused because readers differ in which of the values they keep.

    Raises:
        ProblemError: The text is not such JSON; the message gives line and column.
    """
    try:
        return json.loads(data, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ProblemError("not JSON: nested too deeply") from error
    except ValueError as error:
        raise ProblemError(f"not JSON: {error}") from error


class Codec(Generic[T]):
    """Turns values of one type into canonical JSON and back.

    Args:
        annotation: The type: JSON values, ``str``, dataclasses, pydantic models, or anything else that a
            pydantic ``TypeAdapter`` understands.

    Raises:
        ProblemError: Pydantic cannot serialise this type.
    """

    __slots__ = ("_adapter", "annotation")

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation
        self._adapter = None if annotation in _PLAIN else _type_adapter(annotation)

    def encode(self, value: T) -> bytes:
        """Canonical bytes of a value.

        Raises:
            ProblemError: The value is not of this type, or does not survive a round trip through JSON.
        """
        if self._adapter is None:
            if isinstance(self.annotation, type) and not isinstance(value, self.annotation):
                raise ProblemError(f"not a {_type_name(self.annotation)}: {type(value).__name__}")
            return canonical_json(value)
        data = self._dump(value)
        if self._dump(self.decode(data)) != data:
            raise ProblemError(f"a {_type_name(self.annotation)} does not survive a round trip through JSON")
        return data

    def decode(self, data: bytes) -> T:
        """A fresh value from canonical bytes.

        Raises:
            ProblemError: The bytes are not a value of this type.
        """
        if self._adapter is None:
            return typing.cast(T, parse_json(data))
        try:
            return typing.cast(T, self._adapter.validate_json(data))
        except ValueError as error:
            raise ProblemError(f"not a {_type_name(self.annotation)}: {_reason(error)}") from error

    def isolated(self, value: T, data: bytes) -> T:
        """The value itself where nobody can change it, else a fresh copy made from its bytes."""
        return value if type(value) in _IMMUTABLE else self.decode(data)

    def _dump(self, value: T) -> bytes:
        assert self._adapter is not None
        try:
            return canonical_json(self._adapter.dump_python(value, mode="json", warnings="error"))
        except ValueError as error:
            raise ProblemError(f"not a {_type_name(self.annotation)}: {_reason(error)}") from error


@lru_cache(maxsize=512)
def codec_for(annotation: Any) -> Codec[Any]:
    """The codec of a type, made once.

    Raises:
        ProblemError: Pydantic cannot serialise this type.
    """
    return Codec(annotation)


# Types whose values are JSON as they stand: a codec for them needs no pydantic, which takes 0.1 s to load.
_PLAIN = (Any, object, str, int, bool, float, dict, list, None, type(None), JsonValue)


def _type_adapter(annotation: Any) -> Any:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

    try:
        return TypeAdapter(annotation)
    except (PydanticSchemaGenerationError, PydanticUserError, NameError) as error:
        name = _type_name(annotation)
        raise ProblemError(
            f"{name} cannot be turned into JSON; make it a dataclass or a pydantic model"
        ) from error


def _type_name(annotation: Any) -> str:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation.__name__
    return str(annotation)


def _c_encoder_is_canonical_for(value: object) -> bool:
    """Whether the standard encoder's output for this value already is RFC 8785.

    It is so for text, small integers and containers of them; it differs in floats and in the order of keys
    outside of the basic plane, and it lets through what RFC 8785 refuses.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return -_MAX_SAFE_INTEGER <= value <= _MAX_SAFE_INTEGER  # type: ignore[operator]
    if kind is dict:
        pairs: dict[object, object] = value  # type: ignore[assignment]
        return all(
            type(key) is str and key.isascii() and _c_encoder_is_canonical_for(item)
            for key, item in pairs.items()
        )
    if kind is list or kind is tuple:
        items: Sequence[object] = value  # type: ignore[assignment]
        return all(_c_encoder_is_canonical_for(item) for item in items)
    return False


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return result


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeEncodeError):
        return "the text holds a lone surrogate"
    errors = getattr(error, "errors", None)
    if callable(errors):  # pydantic's ValidationError: its own text spans lines and links to a web page
        return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'value'}: {e['msg']}" for e in errors())
    return str(error) or type(error).__name__
