"""Recorded answers as a generator: round r of a problem is answered with the recording's response r."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modulo.budget import Usage
from modulo.canonical import JsonValue, canonical_json, parse_json, sha256_hex
from modulo.errors import ConfigurationError, GeneratorDepleted, ModuloError, ProblemError
from modulo.numeric import is_whole_number
from modulo.protocols import ONE_CALL, Finish, Generation, Generator, Request

__all__ = ["Transcript", "TranscriptGenerator", "json_lines", "read_transcripts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """One recorded run.

    Attributes:
        id: Its name in the file; ``"?"`` if it has none.
        suite: The benchmark that it belongs to; empty if it says none.
        model: The model that answered; empty if it says none.
        domain: The domain that its problem is of; None if it says none.
        problem: The problem's JSON document.
        answers: What the model answered, round by round.
    """

    id: str
    suite: str
    model: str
    domain: str | None
    problem: JsonValue = field(repr=False)
    answers: tuple[Generation, ...] = field(repr=False)


class TranscriptGenerator(Generator):
    """Plays a file of transcripts, or some that were read from one.

    Args:
        source: JSON lines, plain or ``.gz``, each with ``problem``, ``model`` and ``responses``: a list of
            ``{"text", "usage": {"prompt_tokens", "completion_tokens"}}``. Or transcripts of such a file.
        model: Takes only transcripts of this model; needed where a problem was recorded with several.

    Raises:
        ConfigurationError: The file cannot be read, or is no transcript file.
    """

    def __init__(
        self, source: str | os.PathLike[str] | Sequence[Transcript], *, model: str | None = None
    ) -> None:
        self._path = Path(source) if isinstance(source, str | os.PathLike) else None
        self._name = self._path.name if self._path else "the recording"
        self._model = model
        self._by_problem = self._sorted(_transcripts(source))

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        """What the recorded response of this turn cost, tokens included."""
        found = self._by_problem.get(request.problem.sha256, [])
        answers = found[0].answers[request.turn : request.turn + 1] if len(found) == 1 else ()
        return next((answer.usage for answer in answers if answer.usage), ONE_CALL)

    async def generate(self, request: Request) -> Generation:
        """The recorded response of this turn."""
        transcript = self._transcript(request)
        if request.turn >= len(transcript.answers):
            raise GeneratorDepleted(f"the transcript {transcript.id} has {len(transcript.answers)} responses")
        return transcript.answers[request.turn]

    def describe(self) -> Mapping[str, JsonValue]:
        """The file's name and hash, or the ids of the transcripts."""
        if self._path is None:
            ids: list[JsonValue] = [one.id for found in self._by_problem.values() for one in found]
            return {"generator": "transcript", "ids": ids, "model": self._model}
        digest = sha256_hex(self._path.read_bytes())
        return {"generator": "transcript", "file": self._path.name, "sha256": digest, "model": self._model}

    def _transcript(self, request: Request) -> Transcript:
        found = self._by_problem.get(request.problem.sha256, [])
        if not found:
            raise GeneratorDepleted(f"{self._name} has no transcript of this problem")
        if len(found) > 1:
            models = ", ".join(sorted({one.model for one in found}))
            raise ConfigurationError(f"{self._name} has several transcripts of this problem, by {models}")
        return found[0]

    def _sorted(self, transcripts: Iterable[Transcript]) -> dict[str, list[Transcript]]:
        found: dict[str, list[Transcript]] = {}
        for transcript in transcripts:
            if self._model in (None, transcript.model):
                key = sha256_hex(canonical_json(transcript.problem))
                found.setdefault(key, []).append(transcript)
        if not found:
            of_model = "" if self._model is None else f" of the model {self._model!r}"
            raise ConfigurationError(f"{self._path or self._name} holds no transcript{of_model}")
        return found


def read_transcripts(path: Path) -> Iterator[Transcript]:
    """The transcripts of a file, in its order.

    Raises:
        ConfigurationError: The file cannot be read, or is no transcript file.
    """
    try:
        for number, line in enumerate(json_lines(path), 1):
            yield _transcript_in(line, f"{path}, line {number}")
    except ConfigurationError:
        raise
    except ModuloError as error:
        raise ConfigurationError(f"no transcripts: {error}") from error


def json_lines(path: Path) -> Iterator[bytes]:
    """The non-empty lines of a file of JSON lines, plain or ``.gz``.

    Raises:
        ProblemError: The file cannot be read.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield from (line for line in file if line.strip())
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ProblemError(f"{path} cannot be read: {reason}") from error


def _transcripts(source: str | os.PathLike[str] | Sequence[Transcript]) -> Iterable[Transcript]:
    if isinstance(source, str | os.PathLike):
        return read_transcripts(Path(source))
    if isinstance(source, Sequence):
        found = [one for one in source if isinstance(one, Transcript)]
        if len(found) == len(source):
            return found
    raise ConfigurationError(f"transcripts are named by their file's path, not by {source!r}")


def _transcript_in(line: bytes, where: str) -> Transcript:
    try:
        document: Any = parse_json(line)
    except ProblemError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    if not _is_transcript(document):
        raise ConfigurationError(
            f'{where} is no transcript: {{"problem": ..., "responses": [{{"text": ...}}]}}'
        )
    model, domain = str(document.get("model", "")), document.get("domain")
    return Transcript(
        id=str(document.get("id", "?")),
        suite=str(document.get("suite", "")),
        model=model,
        domain=None if domain is None else str(domain),
        problem=document["problem"],
        answers=tuple(_answer(response, model) for response in document["responses"]),
    )


def _answer(response: Mapping[str, Any], model: str) -> Generation:
    text, usage = response["text"], response.get("usage") or {}
    return Generation(
        text=text,
        finish=Finish.STOP if text.strip() else Finish.EMPTY,
        usage=Usage(
            calls=1,
            prompt_tokens=int(usage.get("prompt_tokens") or 0),
            completion_tokens=int(usage.get("completion_tokens") or 0),
        ),
        model=model,
    )


def _is_transcript(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and "problem" in document
        and isinstance(document.get("responses"), list)
        and all(_is_response(response) for response in document["responses"])
    )


def _is_response(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("text"), str):
        return False
    usage = document.get("usage") or {}
    return isinstance(usage, dict) and all(
        usage.get(name) is None or (is_whole_number(usage[name]) and usage[name] >= 0)
        for name in ("prompt_tokens", "completion_tokens")
    )
