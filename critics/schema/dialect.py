r"""JSON Schema as we judge by it: drafts 3 to 2020-12 by ``jsonschema``, without network, in exact arithmetic.

Patterns mean what ECMA-262 says as far as it matters: ``$`` is the end of the text, and not also the place before
a last line break; ``\d``, ``\w`` and ``\b`` know ASCII only; ``\s`` is any white space of Unicode, and ``.`` no line
separator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from importlib import import_module
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any, Final, NamedTuple
from uuid import UUID

from modulo.canonical import canonical_json, parse_json
from modulo.errors import ConfigurationError, ProblemError

__all__ = ["Schema", "schema_of", "shown_pattern"]

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[zZ]|[+-]\d{2}:\d{2})", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SPACE: Final = r"\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_NO_SPACE: Final = (
    r"\0-\x08\x0e-\x1f!-\u009f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff"
    r"\u3001-\ufefe\uff00-\U0010ffff"
)
_IN_CLASS: Final = {r"\s": _SPACE, r"\S": _NO_SPACE}
_OUTSIDE: Final = {
    "$": r"\Z",
    ".": r"[^\n\r\u2028\u2029]",
    **{piece: f"[{characters}]" for piece, characters in _IN_CLASS.items()},
}


class Schema(NamedTuple):
    """A schema that was checked.

    Attributes:
        validator: Finds what is wrong with a value.
        unchecked_formats: Names of formats in it that nobody checks, in alphabetical order.
        has_patterns: Whether it has regular expressions, which may take for ever.
    """

    validator: Any
    unchecked_formats: tuple[str, ...]
    has_patterns: bool


def schema_of(document: object) -> Schema:
    """Check a schema: that it is one, that every reference leads somewhere in it, and that every pattern is one.

    Raises:
        ConfigurationError: It has a fault.
    """
    try:
        return _checked_schema(canonical_json(document))
    except ProblemError as error:
        raise ConfigurationError(f"the JSON schema is {error}") from error
    except RecursionError as error:
        raise ConfigurationError("the JSON schema is nested too deeply") from error


@lru_cache(maxsize=64)
def _checked_schema(canonical: bytes) -> Schema:
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import specification_with

    jsonschema = import_module("jsonschema")  # which has no types
    document: Any = parse_json(canonical)
    if not isinstance(document, dict | bool):
        raise ConfigurationError(f"a JSON schema is an object, not a {type(document).__name__}")
    kind = _kind(jsonschema, document)
    try:
        kind.check_schema(document)
    except jsonschema.SchemaError as error:
        raise ConfigurationError(f"no valid JSON schema: {error.message:.200}") from error
    specification = specification_with(kind.META_SCHEMA.get("$id", kind.META_SCHEMA.get("id")))
    resource = specification.create_resource(document)
    registry: Any = Registry()
    try:
        parts = list(
            _parts(resource, registry.resolver_with_root(resource), specification.create_resource, set())
        )
    except Unresolvable as error:
        raise ConfigurationError(
            f"the JSON schema refers to {error.ref!r}, which is not in it; nothing is fetched, put it under $defs"
        ) from error
    formats = {part["format"] for part in parts if isinstance(part.get("format"), str)}
    has_patterns = False
    for part in parts:
        has_patterns = _translate(part) or has_patterns
    # The registry holds the very objects that were translated.
    validator = jsonschema.validators.extend(kind, _EXACT)(
        document, registry=Registry(), format_checker=_format_checker(jsonschema)
    )
    return Schema(validator, tuple(sorted(formats - _FORMATS.keys())), has_patterns)


def _kind(jsonschema: Any, document: Any) -> Any:
    """The class of validators for a schema's dialect."""
    default = jsonschema.Draft202012Validator
    dialect = document.get("$schema") if isinstance(document, dict) else None
    kind = jsonschema.validators.validator_for(document, default=None if dialect else default)
    if kind is None:
        raise ConfigurationError(f"the JSON schema is of an unknown dialect, {dialect!r:.200}")
    return kind


def _parts(resource: Any, resolver: Any, resource_of: Any, seen: set[int]) -> Iterator[dict[str, Any]]:
    """Every schema in a schema, each once, with those in places that only a reference makes one.

    Raises:
        Unresolvable: A reference leads nowhere.
    """
    contents = resource.contents
    if id(contents) in seen:
        return
    seen.add(id(contents))
    if isinstance(contents, dict):
        yield contents
        for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
            if isinstance(contents.get(keyword), str):
                found = resolver.lookup(contents[keyword])
                target = resource_of(found.contents)
                yield from _parts(target, found.resolver, resource_of, seen)
    for inner in resource.subresources():
        yield from _parts(inner, resolver.in_subresource(inner), resource_of, seen)


def _translate(part: dict[str, Any]) -> bool:
    """Write one schema as the validator needs it; whether it has patterns.

    Patterns become those of Python. A property that must not be there is told with its path only in the long form.
    """
    has_patterns = False
    if isinstance(part.get("pattern"), str):
        has_patterns = True
        part["pattern"] = _python_pattern(part["pattern"])
    if isinstance(part.get("properties"), dict):
        part["properties"] = {k: {"not": {}} if s is False else s for k, s in part["properties"].items()}
    if isinstance(part.get("patternProperties"), dict):
        by_pattern = part["patternProperties"]
        has_patterns = has_patterns or bool(by_pattern)
        part["patternProperties"] = {_python_pattern(p): schema for p, schema in by_pattern.items()}
    return has_patterns


def _python_pattern(pattern: str) -> str:
    """A pattern of ECMA-262 as one of Python's.

    Raises:
        ConfigurationError: Python does not understand it.
    """
    in_class = False
    written = ["(?a)"]
    for piece in re.findall(r"\\.|.", pattern, re.DOTALL):
        written.append((_IN_CLASS if in_class else _OUTSIDE).get(piece, piece))
        in_class = (in_class or piece == "[") and piece != "]"
    translated = "".join(written)
    try:
        re.compile(translated)
    except (re.error, RecursionError, OverflowError) as error:
        raise ConfigurationError(f"the pattern {pattern!r:.200} cannot be understood: {error}") from error
    return translated


def shown_pattern(translated: str) -> str:
    """A pattern of a checked schema as it was written."""
    text = translated.removeprefix("(?a)")
    for piece, characters in (*_OUTSIDE.items(), *_IN_CLASS.items()):
        text = text.replace(characters, piece)
    return text


def _exact(number: Any) -> Fraction:
    """A number as it is written, so that 0.3 is a multiple of 0.1."""
    return Fraction(number) if isinstance(number, int) else Fraction(Decimal(repr(number)))


def _multiple_of(validator: Any, divisor: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if validator.is_type(instance, "number") and (_exact(instance) / _exact(divisor)).denominator != 1:
        yield import_module("jsonschema").ValidationError(f"{instance!r} is not a multiple of {divisor!r}")


def _unique_items(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not wanted or not validator.is_type(instance, "array"):
        return
    if len({canonical_json(item) for item in instance}) < len(instance):
        yield import_module("jsonschema").ValidationError("has items that are the same")


_EXACT: Final = {"multipleOf": _multiple_of, "divisibleBy": _multiple_of, "uniqueItems": _unique_items}


def _format_checker(jsonschema: Any) -> Any:
    checker = jsonschema.FormatChecker(formats=())
    checker.checkers = {name: (check, ()) for name, check in _FORMATS.items()}
    return checker


def _is_date(text: object) -> bool:
    return not isinstance(text, str) or (
        _DATE.fullmatch(text) is not None and _parses(date.fromisoformat, text)
    )


def _is_time(text: object) -> bool:
    if not isinstance(text, str):
        return True
    if _TIME.fullmatch(text) is None:
        return False
    clock, zone = text[:8], text[-5:] if text[-1] not in "zZ" else "00:00"
    return _parses(datetime.fromisoformat, f"2000-01-01T{clock}+{zone}")


def _is_date_time(text: object) -> bool:
    if not isinstance(text, str):
        return True
    return text[10:11] in ("T", "t") and _is_date(text[:10]) and _is_time(text[11:])


def _is_uuid(text: object) -> bool:
    return not isinstance(text, str) or (_UUID.fullmatch(text) is not None and _parses(UUID, text))


def _is_ipv4(text: object) -> bool:
    return not isinstance(text, str) or (text.isascii() and _parses(IPv4Address, text))


def _is_ipv6(text: object) -> bool:
    return not isinstance(text, str) or (text.isascii() and "%" not in text and _parses(IPv6Address, text))


def _parses(read: Any, text: str) -> bool:
    try:
        read(text)
    except (ValueError, AddressValueError):
        return False
    return True


_FORMATS: Final = {
    "date": _is_date,
    "time": _is_time,
    "date-time": _is_date_time,
    "uuid": _is_uuid,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
}
"""The formats that are checked, each exactly; leap seconds are no times here."""
