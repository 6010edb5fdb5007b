"""The finished runs of a study, each with its trace and its certificate, which must say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from modulo.bench.folder import StudyFolder
from modulo.bench.histories import AttemptHistory, RunHistory, read_history
from modulo.bench.rows import RunRow
from modulo.bench.study import Study
from modulo.certificate import Certificate
from modulo.errors import CertificateError, ConfigurationError

__all__ = ["FinishedRun", "finished_runs"]


class FinishedRun(Struct, frozen=True, kw_only=True):
    """A finished run.

    Attributes:
        study: The study that it is of.
        row: What the study kept of it.
        history: What happened in it.
        certificate: Its certificate, if it has one.
    """

    study: Study
    row: RunRow
    history: RunHistory
    certificate: Certificate | None

    @property
    def solution(self) -> AttemptHistory | None:
        """The attempt whose answer is certified as a solution; None if there is none."""
        if self.certificate is None or self.certificate.kind != "solution":
            return None
        assert self.history.certified is not None
        return self.history.attempts[self.history.certified]

    def provenance(self, attempt: AttemptHistory | None = None) -> dict[str, Any]:
        """Where the run, or an attempt of it, comes from."""
        row, study, settings = self.row, self.study, self.history.settings
        problem_set = next(one for one in study.problems if one.title == row.set)
        about = {
            "study": study.name,
            "run": row.run,
            "problem_set": row.set,
            "problem_id": row.problem,
            "problem_sha256": row.problem_sha256,
            "licence": problem_set.licence,
            "model": row.model,
            "model_string": study.models[row.model].model,
            "strategy": row.strategy,
            "strategy_string": study.strategies[row.strategy],
            "seed": settings["seed"],
            "repeat": row.repeat,
            "modulo_version": settings["modulo_version"],
            "started_at": settings["started_at"],
        }
        return about if attempt is None else about | _of_attempt(attempt)


def finished_runs(folder: StudyFolder) -> Iterator[FinishedRun]:
    """The finished runs of a study in its own order: by problem, repeat, model and strategy.

    Raises:
        ConfigurationError: The folder holds no study, or a run that it does not fit.
        CertificateError: A certificate is missing, was changed, or is not of the run's own answer.
        TraceError: A trace cannot be read.
    """
    study = folder.study()
    for row in _in_order(folder.rows(), study, folder):
        history = read_history(folder.trace(row.run))
        yield FinishedRun(study=study, row=row, history=history, certificate=_certificate(folder, row, history))


def _in_order(rows: list[RunRow], study: Study, folder: StudyFolder) -> list[RunRow]:
    problems = _places(folder.problems())
    models, strategies = _places(study.models), _places(study.strategies)

    def place(row: RunRow) -> tuple[int, ...]:
        try:
            return (
                problems[row.set, row.problem],
                row.repeat,
                models[row.model],
                strategies[row.strategy],
            )
        except KeyError as error:
            raise ConfigurationError(
                f"{folder.path}: the run {row.run!r} is none of the study: it knows no {error}"
            ) from error

    return sorted(rows, key=place)


def _places(names: Mapping[Any, Any]) -> dict[Any, int]:
    return {name: place for place, name in enumerate(names)}


def _certificate(folder: StudyFolder, row: RunRow, history: RunHistory) -> Certificate | None:
    """The certificate of a run, if it ended with one.

    Raises:
        CertificateError: It is not about what the row and the trace are about.
    """
    if history.problem_sha256 != row.problem_sha256:
        raise CertificateError(f"the trace of the run {row.run!r} is about another problem")
    if not row.certified:
        return None
    path = folder.certificate(row.run)
    certificate = Certificate.load(path)
    solved = certificate.problem_sha256, certificate.solution_sha256
    if solved != (row.problem_sha256, history.candidate_sha256):
        raise CertificateError(f"{path} certifies something else than what the run {row.run!r} found")
    return certificate


def _of_attempt(attempt: AttemptHistory) -> dict[str, Any]:
    return {
        "attempt": attempt.id,
        "node": attempt.node,
        "label": attempt.label,
        "sampling": dict(attempt.sampling),
        "answered_by": attempt.model,
    }
