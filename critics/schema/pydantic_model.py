"""The format critic of pydantic models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from modulo.canonical import JsonValue, canonical_json
from modulo.critics.schema.faults import MAX_FAULTS, not_json, pointer, shown
from modulo.critique import Critique, Violation
from modulo.errors import ConfigurationError
from modulo.protocols import Critic

__all__ = ["FitsModel"]


class FitsModel(Critic[object, Any]):
    """Judges whether a JSON value fits a pydantic model, or any type that pydantic can validate.

    It is a format critic: the others run only on what it accepts.

    **Sound for:** pydantic, in strict mode, makes an instance of the canonical JSON of the candidate; ``"1"`` is no
    integer there. The model's own validators count, as they are written.

    **Does not check:** fields that the model does not have, unless it forbids them (``extra="forbid"``).

    Args:
        model: The model class or type.
        proves: What ACCEPT proves; if not given, that it fits a model of this name.
        version: Changes whenever verdicts may change, so whenever the model does.
        max_seconds: Deadline of one call; with one it runs in a worker process, and the model must stand at the top
            level of a module.

    Raises:
        ConfigurationError: Pydantic cannot validate such a thing.
    """

    is_format = True

    def __init__(
        self, model: Any, *, proves: str | None = None, version: str = "1", max_seconds: float | None = None
    ) -> None:
        if isinstance(model, str):
            raise ConfigurationError(f"FitsModel takes a model, not its name, {model!r}")
        try:
            self._adapter: TypeAdapter[Any] = TypeAdapter(model)
        except (PydanticUserError, TypeError, NameError) as error:
            raise ConfigurationError(
                f"FitsModel takes a pydantic model or a type, not {model!r}: {error}"
            ) from error
        self._model = model
        name = getattr(model, "__qualname__", str(model))
        self.proves = f"fits the model {name}" if proves is None else proves
        self.version, self.max_seconds = version, max_seconds

    def options(self) -> Mapping[str, JsonValue]:
        """Name of the model."""
        module, name = getattr(self._model, "__module__", None), getattr(self._model, "__qualname__", None)
        return {"model": f"{module}:{name}" if name else str(self._model)}

    def critique(self, problem: object, candidate: Any) -> Critique:
        """Every fault, with its path."""
        fault = not_json(candidate)
        if fault is not None:
            return Critique.reject(fault)
        try:
            self._adapter.validate_json(canonical_json(candidate), strict=True)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False)[:MAX_FAULTS]
            return Critique.reject(*map(_violation, found))
        return Critique.accept()

    def __getstate__(self) -> dict[str, Any]:
        """Without what pydantic compiled, which cannot go to worker processes."""
        return {name: value for name, value in vars(self).items() if name != "_adapter"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Compile it again."""
        vars(self).update(state)
        self._adapter = TypeAdapter(self._model)


def _violation(error: Any) -> Violation:
    location = pointer(error["loc"])
    actual = None if error["type"] == "missing" else shown(error["input"])
    return Violation(error["type"], f"{location}: {error['msg']}.", location=location, actual=actual)
