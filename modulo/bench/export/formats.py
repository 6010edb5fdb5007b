"""The formats, and how rows are made in one: problem by problem, in the study's order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, Literal, TypeAlias

from modulo.bench.export.finished import FinishedRun, finished_runs
from modulo.bench.export.preferences import preference_rows
from modulo.bench.export.sft import sft_rows
from modulo.bench.export.statistics import statistics_rows
from modulo.bench.export.trajectories import trajectory_rows
from modulo.bench.folder import StudyFolder

__all__ = ["FORMATS", "Format", "exported_rows"]

TrainingFormat: TypeAlias = Literal["sft", "preferences", "trajectories"]
Format: TypeAlias = Literal["sft", "preferences", "trajectories", "statistics"]

FORMATS: Final[
    Mapping[TrainingFormat, Callable[[Sequence[FinishedRun]], Iterator[tuple[object, dict[str, Any]]]]]
] = {
    "sft": sft_rows,
    "preferences": preference_rows,
    "trajectories": trajectory_rows,
}


def exported_rows(folder: StudyFolder, form: Format, *, dedup: bool = False) -> Iterator[dict[str, Any]]:
    """The rows of a study in a format, always in the same order.

    Args:
        folder: The folder of the study.
        form: The format.
        dedup: Whether to leave out what says the same as a row before: the same answer to the same prompt; of
            trajectories, the same texts with the same verdicts; of statistics, nothing.

    Raises:
        ConfigurationError: The folder holds no study.
        CertificateError: A certificate is missing, was changed, or is not of its run's answer.
        TraceError: A trace is missing or damaged.
    """
    if form == "statistics":
        yield from statistics_rows(folder)
        return
    for _, runs in groupby(finished_runs(folder), key=lambda run: (run.row.set, run.row.problem)):
        seen: set[object] = set()
        for key, row in FORMATS[form](list(runs)):
            if not (dedup and key in seen):
                yield row
            seen.add(key)
