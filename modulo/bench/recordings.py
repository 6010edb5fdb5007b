"""Recorded runs, read from a file and sorted by suite and model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modulo.domain import Domain
from modulo.errors import ConfigurationError, ProblemError
from modulo.generators.transcript import Transcript, read_transcripts

__all__ = ["Recording", "read_recordings", "suites_and_models"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded run of a domain.

    Attributes:
        transcript: What was recorded.
        problem: Its problem, as the domain reads it.
    """

    transcript: Transcript
    problem: Any = field(repr=False)

    @property
    def suite_and_model(self) -> tuple[str, str]:
        """What it is counted under."""
        return self.transcript.suite, self.transcript.model


def read_recordings(path: Path, domain: Domain[Any]) -> tuple[Recording, ...]:
    """The recorded runs of a domain in a file of transcripts, in its order.

    Raises:
        ConfigurationError: The file cannot be read, is no transcript file, holds nothing, or holds runs of another
            domain or problems that this domain cannot read.
    """
    recordings = tuple(_recording(transcript, path, domain) for transcript in read_transcripts(path))
    if not recordings:
        raise ConfigurationError(f"{path} holds no transcript")
    return recordings


def suites_and_models(recordings: Sequence[Recording]) -> tuple[tuple[str, str], ...]:
    """Each suite with each of its models, in the order of first appearance."""
    return tuple(dict.fromkeys(recording.suite_and_model for recording in recordings))


def _recording(transcript: Transcript, path: Path, domain: Domain[Any]) -> Recording:
    if transcript.domain not in (None, domain.name):
        raise ConfigurationError(
            f"{path}: the transcript {transcript.id} is of the domain {transcript.domain!r}, not {domain.name!r}"
        )
    try:
        problem = domain.read_problem(transcript.problem)
    except ProblemError as error:
        raise ConfigurationError(f"{path}: the problem of the transcript {transcript.id}: {error}") from error
    return Recording(transcript=transcript, problem=problem)
