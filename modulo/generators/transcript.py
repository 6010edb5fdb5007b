"""Recorded answers as a generator: round r of a problem is answered with the recording's response r."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from modulo.budget import Usage
from modulo.canonical import JsonValue, canonical_json, parse_json, sha256_hex
from modulo.errors import ConfigurationError, GeneratorDepleted, ModuloError, ProblemError
from modulo.numeric import is_whole_number
from modulo.protocols import Finish, Generation, Generator, Request

__all__ = ["TranscriptGenerator", "json_lines"]


class TranscriptGenerator(Generator):
    """Plays a file of transcripts.

    Args:
        path: JSON lines, plain or ``.gz``, each with ``problem``, ``model`` and ``responses``: a list of
            ``{"text", "usage": {"prompt_tokens", "completion_tokens"}}``.
        model: Takes only transcripts of this model; needed where a problem was recorded with several.

    Raises:
        ConfigurationError: The file cannot be read, or is no transcript file.
    """

    def __init__(self, path: str | os.PathLike[str], *, model: str | None = None) -> None:
        if not isinstance(path, str | os.PathLike):
            raise ConfigurationError(f"transcripts are named by their file's path, not by {path!r}")
        self._path = Path(path)
        self._model = model
        self._by_problem = self._load()

    async def generate(self, request: Request) -> Generation:
        """The recorded response of this turn."""
        transcript = self._transcript(request)
        responses = transcript["responses"]
        if request.turn >= len(responses):
            raise GeneratorDepleted(
                f"the transcript {transcript.get('id', '?')} has {len(responses)} responses"
            )
        response = responses[request.turn]
        usage = response.get("usage") or {}
        text = response["text"]
        return Generation(
            text=text,
            finish=Finish.STOP if text.strip() else Finish.EMPTY,
            usage=Usage(
                calls=1,
                prompt_tokens=int(usage.get("prompt_tokens") or 0),
                completion_tokens=int(usage.get("completion_tokens") or 0),
            ),
            model=str(transcript.get("model", "")),
        )

    def describe(self) -> Mapping[str, JsonValue]:
        """The file's name and hash."""
        digest = sha256_hex(self._path.read_bytes())
        return {"generator": "transcript", "file": self._path.name, "sha256": digest, "model": self._model}

    def _transcript(self, request: Request) -> dict[str, Any]:
        found = self._by_problem.get(request.problem.sha256, [])
        if not found:
            raise GeneratorDepleted(f"{self._path.name} has no transcript of this problem")
        if len(found) > 1:
            models = ", ".join(sorted({str(one.get("model")) for one in found}))
            raise ConfigurationError(f"{self._path.name} has several transcripts of this problem, by {models}")
        return found[0]

    def _load(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        try:
            for number, line in enumerate(json_lines(self._path), 1):
                transcript = self._transcript_in(line, number)
                if self._model in (None, transcript.get("model")):
                    key = sha256_hex(canonical_json(transcript["problem"]))
                    found.setdefault(key, []).append(transcript)
        except ConfigurationError:
            raise
        except ModuloError as error:
            raise ConfigurationError(f"no transcripts: {error}") from error
        if not found:
            of_model = "" if self._model is None else f" of the model {self._model!r}"
            raise ConfigurationError(f"{self._path} holds no transcript{of_model}")
        return found

    def _transcript_in(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            transcript: Any = parse_json(line)
        except ProblemError as error:
            raise ConfigurationError(f"{self._path}, line {number}: {error}") from error
        if not _is_transcript(transcript):
            raise ConfigurationError(
                f'{self._path}, line {number} is no transcript: {{"problem": ..., "responses": [{{"text": ...}}]}}'
            )
        return dict(transcript)


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
