"""What `modulo bench` is to do, read off its options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from modulo.bench.study import Study, study_of
from modulo.canonical import parse_json
from modulo.errors import ConfigurationError, ProblemError
from modulo.generators.price import Price

__all__ = [
    "OF_REPLAYS",
    "OF_RESULTS",
    "OF_STUDY_FILES",
    "RUN_LIMITS",
    "TOTAL_LIMITS",
    "default_folder",
    "prices",
    "refuse_others",
    "study_on_the_spot",
    "with_totals",
]

RUN_LIMITS: Final = ("rounds", "attempts", "calls", "tokens", "cost_usd", "seconds")
TOTAL_LIMITS: Final = tuple(f"total_{name}" for name in RUN_LIMITS)

OF_RESULTS: Final = ("html", "routing")
OF_STUDY_FILES: Final = ("out", "html", "routing", "concurrency", *TOTAL_LIMITS)
OF_REPLAYS: Final = ("replay", "rounds", "price", "seed")

_MOST_DECIMALS: Final = 40


def refuse_others(options: Mapping[str, Any], allowed: Sequence[str], what: str) -> None:
    """Refuse options that say nothing of what is to be done, rather than to pass over them.

    Raises:
        click.UsageError: There is one.
    """
    for name, value in options.items():
        is_given = value is not False and value not in (None, ())
        if is_given and name not in allowed:
            raise click.UsageError(f"--{name.replace('_', '-')} does not go with {what}")


def default_folder(study: Study) -> Path:
    """Where results go unless somebody says otherwise."""
    return Path(re.sub(r"[^\w.-]+", "-", study.name).strip("-.") + "-results")


def with_totals(study: Study, options: Mapping[str, Any]) -> Study:
    """The study with limits of the whole, and how much runs at once, as they are given.

    Raises:
        ConfigurationError: They make no sense.
    """
    total = {name: options[f"total_{name}"] for name in RUN_LIMITS if options[f"total_{name}"] is not None}
    document = study.model_dump()
    document["total"] |= total
    if options["concurrency"] is not None:
        document["concurrency"] = options["concurrency"]
    return study_of(document, where="the command line")


def study_on_the_spot(domain: str, options: Mapping[str, Any]) -> Study:
    """The study of one domain that options describe.

    Raises:
        ConfigurationError: They make no sense.
    """
    limits = {name: options[name] for name in RUN_LIMITS if options[name] is not None}
    known = prices(options["price"])
    _refuse_unknown(known, options["model"])
    document = {
        "name": domain,
        "problems": [
            {
                "domain": domain,
                "count": 10 if options["count"] is None else options["count"],
                "seed": options["seed"] or 0,
                "difficulty": dict(map(_setting, options["difficulty"])),
            }
        ],
        "models": {model: _entry(model, options, known) for model in options["model"]},
        "strategies": {text: text for text in options["strategy"] or ("domain",)},
        "repeats": options["repeats"] or 1,
        "seed": options["seed"] or 0,
        "select": options["select"] or "first",
        **({"budget": limits} if limits else {}),
    }
    return with_totals(study_of(document, where="the command line"), options)


def prices(given: Sequence[str]) -> dict[str, Price]:
    """Prices by model, from ``MODEL=IN,OUT``.

    Raises:
        ConfigurationError: One has another form, or makes no sense.
    """
    found: dict[str, Price] = {}
    for text in given:
        model, _, numbers = text.rpartition("=")
        amounts = [_dollars(part) for part in numbers.split(",")]
        if not model or len(amounts) != 2 or None in amounts:
            raise ConfigurationError(
                f"--price {text!r} is no MODEL=IN,OUT, dollars per million tokens read and written, "
                "as in gpt-4o-mini=0.15,0.60"
            )
        if model in found:
            raise ConfigurationError(f"--price names {model!r} twice")
        reading, writing = amounts
        assert reading is not None
        assert writing is not None
        found[model] = Price(
            input_usd_per_million=reading, output_usd_per_million=writing, source="the command line"
        )
    return found


def _refuse_unknown(known: Mapping[str, Price], models: Sequence[str]) -> None:
    for name in known:
        if name not in models:
            raise ConfigurationError(f"--price: {name!r} is no --model of this study")


def _dollars(text: str) -> float | None:
    try:
        return float(text) if len(text) <= _MOST_DECIMALS else None
    except ValueError:
        return None


def _entry(model: str, options: Mapping[str, Any], known: Mapping[str, Price]) -> dict[str, Any]:
    entry = {name: options[name] for name in ("temperature", "reasoning_effort", "max_output_tokens", "tools")}
    if model in known:
        entry["input_usd_per_million"] = known[model].input_usd_per_million
        entry["output_usd_per_million"] = known[model].output_usd_per_million
    return {"model": model, **entry}


def _setting(text: str) -> tuple[str, Any]:
    """``KEY=VALUE``; the value is JSON, or else a text."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigurationError(f"--difficulty {text!r} is no KEY=VALUE, as in nodes=8")
    try:
        return name.strip(), parse_json(value)
    except ProblemError:
        return name.strip(), value
