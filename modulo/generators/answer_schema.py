"""The schema that a model's answer must fit: how to ask for it, and what is wrong with one that does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from modulo.canonical import JsonValue, parse_json
from modulo.errors import ConfigurationError, ProblemError

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["AnswerSchema"]

_MAX_FAULTS = 5


class AnswerSchema:
    """A pydantic model class or a JSON schema, for structured output.

    Args:
        schema: The class or the schema.

    Raises:
        ConfigurationError: It is neither, or no valid JSON schema.
    """

    def __init__(self, schema: type[BaseModel] | Mapping[str, JsonValue]) -> None:
        self._model = _pydantic_model(schema)
        if self._model is not None:
            self.json_schema: Mapping[str, Any] = self._model.model_json_schema()
            return
        if not isinstance(schema, Mapping):
            raise ConfigurationError(f"schema: a pydantic model class or JSON schema, not {schema!r}")
        self.json_schema = schema
        self._validator = _validator(schema)

    @property
    def response_format(self) -> Any:
        """What litellm takes as ``response_format``; it turns classes into each provider's dialect."""
        if self._model is not None:
            return self._model
        # Strict mode is for schemas that close their objects; OpenAI refuses it for others.
        is_strict = self.json_schema.get("additionalProperties") is False
        named = {"name": "answer", "schema": dict(self.json_schema), "strict": is_strict}
        return {"type": "json_schema", "json_schema": named}

    @property
    def size_bytes(self) -> int:
        """Size of the schema as JSON, to bound the prompt tokens that it takes."""
        return len(json.dumps(self.json_schema).encode())

    def fault(self, text: str) -> str | None:
        """What is wrong with an answer, in words for the trace; None when it fits."""
        try:
            value = parse_json(text)
        except ProblemError as error:
            return str(error)
        faults = self._pydantic_faults(text) if self._model is not None else self._schema_faults(value)
        return "; ".join(faults[:_MAX_FAULTS]) or None

    def _pydantic_faults(self, text: str) -> list[str]:
        from pydantic import ValidationError

        assert self._model is not None
        try:
            self._model.model_validate_json(text)
        except ValidationError as error:
            return [_sentence(fault["loc"], fault["msg"]) for fault in error.errors(include_url=False)]
        return []

    def _schema_faults(self, value: object) -> list[str]:
        errors = sorted(self._validator.iter_errors(value), key=lambda error: error.json_path)
        return [_sentence(error.absolute_path, error.message) for error in errors]


def _pydantic_model(schema: object) -> type[BaseModel] | None:
    if not isinstance(schema, type):
        return None
    from pydantic import BaseModel

    return schema if issubclass(schema, BaseModel) else None


def _validator(schema: Mapping[str, Any]) -> Any:
    from referencing import Registry

    jsonschema = import_module("jsonschema")  # which has no types
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise ConfigurationError(f"schema: no valid JSON schema: {error.message}") from error
    # With a registry of its own, the validator never follows a $ref to the network.
    return kind(schema, registry=Registry())


def _sentence(path: Any, message: str) -> str:
    place = ".".join(str(step) for step in path)
    return f"{place}: {message}" if place else message
