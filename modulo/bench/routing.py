"""Learns from traces which models to ask first (``Router``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from modulo.bench.folder import StudyFolder
from modulo.bench.histories import AttemptHistory, RunHistory, read_history
from modulo.canonical import canonical_json
from modulo.errors import ConfigurationError
from modulo.strategies.features import Features, features_of_critiques, features_of_problem
from modulo.strategies.routing import Example, RoutingTable

__all__ = ["examples_of", "learn_from_study", "learn_routing"]


def learn_routing(traces: Iterable[Path], *, names: Mapping[str, str] | None = None) -> RoutingTable:
    """What traces say of models, for ``Router(table=..)``; ``save`` writes it to a file.

    Args:
        traces: Trace files, such as those in the folder of a study.
        names: The names of models in the program to be routed, by those that the bills in the traces have; needed
            where the traces are of runs of one model each.

    Raises:
        TraceError: A trace cannot be read.
    """
    return RoutingTable.learn(
        example for path in traces for example in examples_of(read_history(path), names=names)
    )


def learn_from_study(folder: StudyFolder) -> RoutingTable:
    """What the finished runs of a study say of its models, by their names in the study.

    Raises:
        ConfigurationError: The folder holds no study, or no finished run.
        TraceError: A trace cannot be read.
    """
    models, rows = folder.study().models, folder.rows()
    if not rows:
        raise ConfigurationError(
            f"{folder.path} has no finished runs, of which to learn which models to ask first"
        )
    return RoutingTable.learn(
        example if models[row.model].choose else replace(example, model=row.model)
        for row in rows
        for example in examples_of(read_history(folder.trace(row.run)))
    )


def examples_of(run: RunHistory, *, names: Mapping[str, str] | None = None) -> Iterator[Example]:
    """One example for each model that was asked in a run, with what was known when it was asked first.

    Calls that failed are paid for, but say nothing of the model; a model all of whose calls failed gives no example.
    """
    known = features_of_problem(run.domain, run.problem, len(canonical_json(run.problem)))
    before: dict[str, Features] = {}
    asked: dict[str, list[AttemptHistory]] = {}
    for attempt in run.attempts.values():
        model = _model(attempt, names or {})
        before.setdefault(model, known)
        asked.setdefault(model, []).append(attempt)
        if attempt.verdict == "reject" and "violations" not in known:
            known = {**known, **features_of_critiques(attempt.critiques)}
    for model, attempts in asked.items():
        if any(attempt.verdict in ("accept", "reject") for attempt in attempts):
            yield _example(model, before[model], attempts)


def _model(attempt: AttemptHistory, names: Mapping[str, str]) -> str:
    return str(names.get(attempt.model) or attempt.sampling.get("model") or attempt.node)


def _example(model: str, features: Features, attempts: list[AttemptHistory]) -> Example:
    bills = [attempt.usage for attempt in attempts]
    return Example(
        model=model,
        features=features,
        certified=any(attempt.accepted for attempt in attempts),
        calls=len(attempts),
        tokens=int(sum(bill.get("prompt_tokens", 0) + bill.get("completion_tokens", 0) for bill in bills)),
        usd=float(sum(bill.get("cost_usd", 0.0) for bill in bills)),
    )
