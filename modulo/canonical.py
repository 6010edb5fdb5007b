"""Canonical JSON (RFC 8785) and the codecs that turn typed values into it and back.

Everything that a critic judges, a certificate carries or a trace records goes through here, so that equal
content has equal bytes and a solution read back from a certificate is the value that the critics saw.
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

import msgspec

from modulo.errors import ProblemError
from modulo.numeric import MAX_INTEGER

__all__ = ["MAX_DEPTH", "Codec", "JsonValue", "canonical_json", "codec_for", "parse_json", "sha256_hex"]

if TYPE_CHECKING:
    JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
else:
    JsonValue = Any  # the recursive alias cannot be resolved where a user's function is annotated with it
T = TypeVar("T")

MAX_DEPTH: Final = 150
"""Deepest nesting of a value. It is fixed: what is accepted must not depend on how deep the call stack is."""
_SURELY_SAFE_DIGITS = 15
_ENCODE = msgspec.json.Encoder(order="sorted").encode
_IMMUTABLE = (str, int, bool, type(None))


def canonical_json(value: object, *, max_depth: int = MAX_DEPTH) -> bytes:
    """The RFC 8785 form of a JSON value.

    A JSON value is made of ``None``, ``bool``, ``int``, ``float``, ``str``, ``list``, ``tuple`` and ``dict``
    themselves. Their subclasses, enums among them, are refused: what is read back would be something else.

    Args:
        value: The value.
        max_depth: Deepest nesting.

    Raises:
        ProblemError: The value is not JSON, or holds a number or text that JSON cannot carry exactly
            (an integer beyond 2**53 - 1, NaN, a lone surrogate), or is nested too deeply.
    """
    try:
        if type(value) is str or _quick_encoder_is_canonical_for(value, max_depth):
            return _ENCODE(value)
        import rfc8785

        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, RecursionError, UnicodeEncodeError) as error:
        raise ProblemError(f"not canonical JSON: {_reason(error)}") from error


def sha256_hex(data: bytes) -> str:
    """SHA-256 of some bytes, as 64 lower-case hexadecimal digits."""
    return sha256(data).hexdigest()


def parse_json(data: str | bytes) -> Any:
    """Parse JSON strictly: no repeated keys, no NaN, no infinities, no integers that would be rounded.

    Repeated keys are refused because readers differ in which of the values they keep. An integer beyond
    2**53 - 1 is a float if it is how RFC 8785 writes that float, and is refused otherwise.

    Raises:
        ProblemError: The text is not such JSON; the message gives line and column.
    """
    try:
        return json.loads(data, cls=_strict_decoder)  # type: ignore[arg-type]
    except RecursionError as error:
        raise ProblemError("not JSON: nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ProblemError(f"not JSON: no UTF-8 text from byte {error.start} on") from error
    except ValueError as error:
        raise ProblemError(f"not JSON: {error}") from error


class Codec(Generic[T]):
    """Turns values of one type into canonical JSON and back.

    Args:
        annotation: The type: JSON values, ``str``, dataclasses, pydantic models, or anything else that a
            pydantic ``TypeAdapter`` understands, but sets: their order is not fixed.

    Raises:
        ProblemError: This type has no canonical JSON.
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
            self._check_kind(value)
            return canonical_json(value)
        data = self._dump(value)
        decoded = self.decode(data)
        if self._dump(decoded) != data or (_has_equality(value) and decoded != value):
            raise ProblemError(f"a {_type_name(self.annotation)} does not survive a round trip through JSON")
        return data

    def encodes_to(self, value: T, data: bytes) -> bool:
        """Whether ``encode`` would give bytes that it has given before; quicker, as these survive a round trip.

        Raises:
            ProblemError: The value is not of this type.
        """
        if self._adapter is None or not _is_written_as(self._document(value), data):
            return self.encode(value) == data
        return not _has_equality(value) or self.decode(data) == value

    def decode(self, data: bytes) -> T:
        """A fresh value from canonical bytes. Nothing is coerced: ``"1"`` is no integer.

        Raises:
            ProblemError: The bytes are not a value of this type.
        """
        if self._adapter is None:
            value = parse_json(data)
            self._check_kind(value)
            return typing.cast(T, float(value) if self.annotation is float else value)
        try:
            return typing.cast(T, self._adapter.validate_json(data, strict=True))
        except Exception as error:  # a type's own checks may raise anything
            raise ProblemError(f"not a {_type_name(self.annotation)}: {_reason(error)}") from error

    def isolated(self, value: T, data: bytes) -> T:
        """The value itself where nobody can change it, else a fresh copy made from its bytes."""
        if type(value) is int and self.annotation not in _INTEGERS:
            return self.decode(data)  # as a float, perhaps, and who reads the bytes must see the same
        return value if type(value) in _IMMUTABLE else self.decode(data)

    def _check_kind(self, value: object) -> None:
        """Refuse a value of another type than a plain one that was declared."""
        kinds = _KINDS.get(self.annotation)
        if kinds and type(value) not in kinds:
            raise ProblemError(f"not a {_type_name(self.annotation)}: {type(value).__name__}")

    def _dump(self, value: T) -> bytes:
        return canonical_json(self._document(value))

    def _document(self, value: T) -> object:
        assert self._adapter is not None
        try:
            return self._adapter.dump_python(
                value, mode="json", by_alias=True, round_trip=True, warnings="error"
            )
        except Exception as error:  # a type's own serialisers may raise anything
            raise ProblemError(f"not a {_type_name(self.annotation)}: {_reason(error)}") from error


def _is_written_as(document: object, data: bytes) -> bool:
    """Whether the encoder in C writes these bytes; False where it would write RFC 8785 otherwise, as for floats."""
    try:
        return _ENCODE(document) == data
    except (TypeError, ValueError, RecursionError, OverflowError):
        return False


def _has_equality(value: object) -> bool:
    return type(value).__eq__ is not object.__eq__


def codec_for(annotation: Any) -> Codec[Any]:
    """The codec of a type, made once.

    Raises:
        ProblemError: This type has no canonical JSON.
    """
    try:
        return _cached_codec(annotation)
    except TypeError:  # an annotation that cannot be hashed
        return Codec(annotation)


@lru_cache(maxsize=512)
def _cached_codec(annotation: Any) -> Codec[Any]:
    return Codec(annotation)


# Types whose values are JSON as they stand: a codec for them needs no pydantic, which takes 0.1 s to load.
_KINDS: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    bool: (bool,),
    float: (float, int),
    dict: (dict,),
    list: (list,),
    None: (type(None),),
    type(None): (type(None),),
}
_PLAIN = (Any, object, *_KINDS)
_INTEGERS = (int, Any, object)


def _type_adapter(annotation: Any) -> Any:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError

    name = _type_name(annotation)
    try:
        adapter: Any = TypeAdapter(annotation)
        adapter.rebuild(raise_errors=True)
        holds_set = _holds_set(adapter.core_schema)
    except PydanticSchemaGenerationError as error:
        raise ProblemError(
            f"{name} cannot be turned into JSON; make it a dataclass or a pydantic model"
        ) from error
    except Exception as error:  # an annotation is the user's code, and pydantic runs some of it
        raise ProblemError(f"{name} cannot be turned into JSON: {_reason(error)}") from error
    if holds_set:
        raise ProblemError(f"{name} holds a set, whose order is not fixed; use a tuple")
    return adapter


def _holds_set(schema: object) -> bool:
    """Whether a pydantic-core schema has a set in it that no serialiser of the user's puts in order."""
    if isinstance(schema, (list, tuple)):
        return any(_holds_set(part) for part in schema)
    if not isinstance(schema, dict):
        return False
    if schema.get("type") in ("set", "frozenset") and "serialization" not in schema:
        return True
    return any(_holds_set(part) for part in schema.values())


def _type_name(annotation: Any) -> str:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation.__name__
    return str(annotation)


def _quick_encoder_is_canonical_for(value: object, max_depth: int) -> bool:
    """Whether the output of msgspec's encoder, which is written in C, already is RFC 8785 for this value.

    It is so for text, small integers and containers of them; it differs in floats and in the order of keys
    outside of the basic plane.

    Raises:
        ValueError: It is no JSON value, or nested too deeply.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        if -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
            return True
        raise ValueError("an integer beyond 2**53 - 1 is not carried exactly; write it as text")
    if kind is float:
        return False
    if kind is not dict and kind is not list and kind is not tuple:
        raise ValueError(f"a {kind.__name__} is no JSON value")
    if not max_depth:
        raise ValueError("nested too deeply")
    is_canonical = True
    items: Any = value
    if kind is dict:
        for key in items:
            if type(key) is not str:
                raise ValueError(f"object keys must be text, not {type(key).__name__}")
            is_canonical = is_canonical and key.isascii()
        items = items.values()
    for item in items:
        if type(item) is not str:
            is_canonical = _quick_encoder_is_canonical_for(item, max_depth - 1) and is_canonical
    return is_canonical


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return result


@cache
def _strict_decoder() -> json.JSONDecoder:
    """The one decoder for strict JSON; ``json.loads`` would make a new one for every text."""
    return json.JSONDecoder(
        object_pairs_hook=_unique_keys,
        parse_constant=_refuse_constant,
        parse_float=_finite_float,
        parse_int=_exact_integer,
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{_shortened(text)} is too large a number")
    return number


def _exact_integer(text: str) -> int | float:
    if len(text) <= _SURELY_SAFE_DIGITS:
        return int(text)
    number = _finite_float(text)
    if abs(number) <= MAX_INTEGER:
        return int(text)
    import rfc8785

    if rfc8785.dumps(number).decode() != text:
        raise ValueError(f"the integer {_shortened(text)} is not carried exactly; write it as text")
    return number


def _shortened(text: str, longest: int = 40) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeEncodeError):
        return "the text holds a lone surrogate"
    errors = getattr(error, "errors", None)
    if callable(errors):  # pydantic's ValidationError: its own text spans lines and links to a web page
        return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'value'}: {e['msg']}" for e in errors())
    return _shortened(" ".join(str(error).split()), 300) or type(error).__name__
