"""The format critic of JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeVar

from modulo.canonical import JsonValue, canonical_json, parse_json
from modulo.critics.schema.dialect import Schema, schema_of, shown_pattern
from modulo.critics.schema.faults import MAX_FAULTS, not_json, pointer, shown
from modulo.critique import Critique, Violation
from modulo.errors import ConfigurationError
from modulo.protocols import Critic

__all__ = ["FitsSchema"]

P = TypeVar("P")

_SECONDS_FOR_PATTERNS: Final = 10.0
_AUTO: Final = "auto"
_LONGEST: Final = 200


class FitsSchema(Critic[P, Any]):
    """Judges whether a JSON value fits a JSON schema (draft 3 to 2020-12; 2020-12 if it does not say).

    It is a format critic: the others run only on what it accepts.

    **Sound for:** the candidate is a JSON value and valid by the schema. Numbers are compared as they are written,
    ``true`` is no 1, and of ``format`` these are checked: date, time, date-time, uuid, ipv4, ipv6.

    **Does not check:** other formats, which the claim names; contents (``contentEncoding`` and the like); keywords
    that the dialect does not have, such as misspelt ones. References lead to places within the schema only.

    Regular expressions can take for ever on texts made for that, so a schema with patterns, or one that is made of
    the problem, is judged in a worker process with a deadline; being late is an error, not a verdict.

    Args:
        schema: The schema, or a function that makes it of the problem, such as a domain's ``answer_schema``.
        proves: What ACCEPT proves; if not given, that it fits the schema of this title.
        version: Changes whenever verdicts may change.
        max_seconds: Deadline of one call; ``"auto"`` is 10 for schemas with patterns, and for functions.

    Raises:
        ConfigurationError: The schema has a fault.
    """

    is_format = True

    def __init__(
        self,
        schema: Mapping[str, JsonValue] | Callable[[P], Mapping[str, JsonValue]],
        *,
        proves: str | None = None,
        version: str = "1",
        max_seconds: float | str | None = _AUTO,
    ) -> None:
        is_given = isinstance(schema, Mapping)
        if not is_given and not hasattr(schema, "__qualname__"):
            raise ConfigurationError(
                f"FitsSchema takes a schema or a function that makes one, not {schema!r:.80}"
            )
        may_hang = not is_given or schema_of(schema).has_patterns
        self._schema: Any = parse_json(canonical_json(schema)) if is_given else schema
        title = self._schema.get("title") if isinstance(self._schema, dict) else None
        name = f" {title!r}" if isinstance(title, str) else ""
        self.proves = f"fits the JSON schema{name}" if proves is None else proves
        self.version = version
        if isinstance(max_seconds, str):
            if max_seconds != _AUTO:
                raise ConfigurationError(
                    f"FitsSchema: max_seconds is a number, None or 'auto', not {max_seconds!r}"
                )
            self.max_seconds = _SECONDS_FOR_PATTERNS if may_hang else None
        else:
            self.max_seconds = max_seconds

    def options(self) -> Mapping[str, JsonValue]:
        """The schema, or the name of the function that makes it."""
        if isinstance(self._schema, dict):
            return {"schema": self._schema}
        return {"schema_of": f"{self._schema.__module__}:{self._schema.__qualname__}"}

    def critique(self, problem: P, candidate: Any) -> Critique:
        """Every fault, with its path.

        Raises:
            ConfigurationError: The schema that was made of the problem has a fault.
        """
        fault = not_json(candidate)
        if fault is not None:
            return Critique.reject(fault)
        schema = schema_of(self._schema if isinstance(self._schema, dict) else self._schema(problem))
        errors = list(islice(schema.validator.iter_errors(candidate), MAX_FAULTS))
        if errors:
            return Critique.reject(*_violations(errors))
        return Critique.accept(proves=self._claim(schema))

    def _claim(self, schema: Schema) -> str | None:
        if not schema.unchecked_formats:
            return None
        return f"{self.proves} (formats not checked: {', '.join(schema.unchecked_formats)})"


def _violations(errors: Iterable[Any]) -> Iterator[Violation]:
    """One a fault, in the order of the answer."""
    for error in sorted(errors, key=lambda error: [(type(s).__name__, s) for s in error.absolute_path]):
        location = pointer(error.absolute_path)
        message = f"{location}: {_message(error)}."
        yield Violation(
            "not_allowed" if error.validator is None else str(error.validator),
            message,
            location=location,
            expected=_expected(error),
            actual=None if error.validator in ("required", "dependentRequired") else shown(error.instance),
        )


def _expected(error: Any) -> str | None:
    if error.validator == "pattern":
        return _pattern(error.validator_value)
    return None if error.validator is None else shown(error.validator_value)


def _message(error: Any) -> str:
    """What is wrong, without the whole of a long answer in it."""
    match error.validator:
        case None | "not" if not error.validator_value:
            return "must not be there"
        case "type":
            kinds = error.validator_value
            return f"must be of type {kinds if isinstance(kinds, str) else ' or '.join(map(str, kinds))}"
        case "enum":
            return f"must be one of {shown(error.validator_value)}"
        case "const":
            return f"must be {shown(error.validator_value)}"
        case "pattern":
            return f"does not match the pattern {_pattern(error.validator_value)}"
        case "format":
            return f"is no {error.validator_value}"
        case "anyOf" | "oneOf" if error.context:
            return f"fits none of {len(error.validator_value)} alternatives; closest: {_closest(error)}"
        case _:
            return _shortened(error.message)


def _closest(error: Any) -> str:
    """What is wrong by the alternative that a value comes closest to: the one whose fault lies deepest."""
    nearest = max(error.context, key=lambda inner: len(inner.path))
    return f"{pointer(nearest.absolute_path)}: {_message(nearest)}"


def _pattern(translated: str) -> str:
    return _shortened(shown_pattern(translated))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
