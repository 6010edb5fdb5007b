"""Generators by their names on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.generators.kinds import find_generator_kind
from modulo.generators.llm_options import check_sampling
from modulo.protocols import Generator

__all__ = ["generator_from_string"]


def generator_from_string(
    model: str,
    *,
    schema: Mapping[str, JsonValue] | None = None,
    problem_type: type | None = None,
    **sampling: Any,
) -> Generator:
    """The generator that a model string names.

    Args:
        model: ``local``, ``local:FILE.gguf``, ``transcript:FILE``, ``KIND:NAME`` of an installed kind such as
            ``planner:fast-downward``, or a litellm model string.
        schema: JSON schema that answers must fit, for models that can be held to one.
        problem_type: The type of the problems that it will be asked about, if that is known.
        **sampling: How ``LLM`` samples, e.g. ``temperature``; what is None counts as not given.

    Raises:
        ConfigurationError: The string or a setting makes no sense, or what it names cannot answer such problems.
    """
    # Here too, because a recording takes any settings: what a typing error says must not pass unnoticed.
    check_sampling(**sampling)
    given = {name: value for name, value in sampling.items() if value is not None}
    kind, _, rest = model.partition(":")
    if kind == "local":
        from modulo.generators.local import Local

        if "reasoning_effort" in given:
            raise ConfigurationError("the embedded model takes no reasoning effort")
        return Local(model, schema=schema, **given)
    if kind == "transcript":
        from modulo.generators.transcript import TranscriptGenerator

        if not rest:
            raise ConfigurationError("transcript: needs a file, as in transcript:runs.jsonl.gz")
        return TranscriptGenerator(rest)
    installed = find_generator_kind(kind)
    if installed is not None and "seed" in given:
        return installed.seeded(rest, seed=given["seed"], problem_type=problem_type)
    if installed is not None:
        return installed.generator(rest, problem_type=problem_type)
    if kind == "planner":
        raise ConfigurationError(
            f"{model!r}: there are no planners here; they come with modulo.domains.planning"
        )
    from modulo.generators.llm import LLM

    # No schema: providers differ in what they take, and a reformulator reads free text anyway.
    return LLM(model, **given)
