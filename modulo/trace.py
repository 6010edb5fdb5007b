"""Traces: the events of a run, kept in memory, written to disk as JSON lines, and read back.

A trace file grows linearly with what is new. A text (a prompt, an answer) stands in it once, under its
SHA-256; a conversation is a chain of (previous conversation, role, text), so that one more turn costs one more
line. Lines are only ever appended. Whenever a generator is to be asked for an attempt, all lines up to that
announcement reach the file first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import msgspec
from msgspec import structs, to_builtins

from modulo.canonical import parse_json, sha256_hex
from modulo.critique import critique_json
from modulo.errors import ProblemError, TraceError
from modulo.events import (
    BudgetReserved,
    BudgetSettled,
    CandidateReformulated,
    CritiqueGiven,
    Event,
    GenerationFinished,
    GenerationStarted,
    RunFinished,
    RunStarted,
)
from modulo.prompt_hashes import PromptHashes
from modulo.protocols import DEFAULT_SAMPLING
from modulo.settings import given_fields

__all__ = ["Trace", "TraceWriter", "event_json", "read_trace", "texts_in"]

TRACE_VERSION: Final = 1
_FLUSHED: Final = (GenerationStarted, RunFinished)
"""Events after which nothing stays in a buffer: a call comes next, or nothing at all."""
_MOST_KEPT: Final = 2**16
"""Bytes of lines that are written even if no call follows."""
_ENCODE_INTO = msgspec.json.Encoder().encode_into
# ASCII, because a model may write lone surrogates, which UTF-8 cannot carry and JSON escapes can.
_ENCODE_ASCII = json.JSONEncoder(separators=(",", ":")).encode


class TraceWriter:
    """Appends events to a file as JSON lines.

    Args:
        path: The file. It must not exist, so that no recorded run is overwritten.
        keeps_answers: Whether each answer reaches the file as it comes, and what is set aside for each call before
            it is made, so that not even a kill loses what was or may have to be paid.

    Raises:
        TraceError: The file exists or cannot be created.
    """

    def __init__(self, path: str | os.PathLike[str], *, keeps_answers: bool = False) -> None:
        self.path = Path(path)
        self._flushed = (
            (*_FLUSHED, BudgetReserved, BudgetSettled, GenerationFinished) if keeps_answers else _FLUSHED
        )
        try:
            self._file: BinaryIO = open(self.path, "xb")  # noqa: SIM115  quicker than Path.open
        except FileExistsError as error:
            raise TraceError(f"the trace {self.path} exists already; name a new file") from error
        except OSError as error:
            raise TraceError(f"the trace {self.path} cannot be written: {error.strerror}") from error
        self._encoder = _EventEncoder()
        self._lines = bytearray()
        self._is_broken = False

    def __call__(self, event: Event) -> None:
        """Append one event. It reaches the file before the call that it announces, and at the end of the run.

        Raises:
            TraceError: It cannot be written. The trace ends there: nothing is written after a gap.
        """
        if self._is_broken:
            return
        for document in self._encoder.encode(event):
            _add_line(document, self._lines)
        if type(event) in self._flushed or len(self._lines) > _MOST_KEPT:
            try:
                self._write()
            except OSError as error:
                raise self._broken(error) from error

    @property
    def has_begun(self) -> bool:
        """Whether anything was written."""
        return self._encoder.has_begun

    def close(self) -> None:
        """Write out what is buffered and close the file.

        Raises:
            TraceError: It cannot be written.
        """
        try:
            try:
                if not self._is_broken and not self._file.closed:
                    self._write()
            finally:
                self._file.close()
        except OSError as error:
            if not self._is_broken:
                raise self._broken(error) from error

    def _write(self) -> None:
        """Write all lines that there are, in one piece: a call for each line takes as long as making it."""
        self._file.write(self._lines)
        self._file.flush()
        self._lines = bytearray()

    def _broken(self, error: OSError) -> TraceError:
        self._is_broken = True
        return TraceError(f"the trace {self.path} cannot be written any further: {error.strerror}")


class Trace:
    """The events of one run.

    Args:
        path: Where to write them as they happen; None keeps them in memory only.
        keep: Whether to keep them in memory. By default, they are kept where they are not written.
        keeps_answers: Whether each answer reaches the file as it comes, so that not even a kill loses it. Otherwise
            it reaches the file before the next call.

    Attributes:
        events: The events kept in memory.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        keep: bool | None = None,
        keeps_answers: bool = False,
    ) -> None:
        self.events: list[Event] = []
        self._writer = None if path is None else TraceWriter(path, keeps_answers=keeps_answers)
        self._keeps = path is None if keep is None else keep

    def sinks(self) -> tuple[Callable[[Event], None], ...]:
        """The functions that want every event.

        Raises:
            TraceError: It has the events of another run, which nobody could tell apart.
        """
        if self.events or (self._writer and self._writer.has_begun):
            raise TraceError("this trace has the events of another run; make a new one for each run")
        keep = (self.events.append,) if self._keeps else ()
        return keep + ((self._writer,) if self._writer else ())

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._writer:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def event_json(event: Event) -> dict[str, Any]:
    """One event as a JSON object that stands for itself, with all texts in full."""
    document: dict[str, Any] = to_builtins(_EventEncoder().encode(event)[-1])
    if isinstance(event, GenerationStarted):
        document["messages"] = [{"role": m.role, "content": m.content} for m in event.messages]
    return document


def texts_in(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts that stand in a line of a trace, each with its hash; later lines name them by that alone."""
    for holder in (document, document.get("prefix") or {}):
        if "text" in holder and "text_sha256" in holder:
            yield holder["text_sha256"], holder["text"]


def read_trace(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The lines of a trace file as JSON objects, in order.

    A last line that was cut off, as a crash leaves it, is passed over.

    Raises:
        TraceError: The file cannot be read, is no trace, or is damaged before its last line.
    """
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise TraceError(f"the trace {path} cannot be read: {error.strerror}") from error
    documents = []
    for number, line in enumerate(lines[:-1], 1):
        try:
            document = parse_json(line)
        except ProblemError as error:
            raise TraceError(f"{path}, line {number}: {error}") from error
        if not isinstance(document, dict) or not isinstance(document.get("type"), str):
            raise TraceError(f"{path}, line {number}: no event")
        documents.append(document)
    first = documents[0] if documents else {}
    if first.get("type") != RunStarted.type:
        raise TraceError(f"{path} is no trace: it does not begin with run_started")
    if first.get("trace_version") != TRACE_VERSION:
        raise TraceError(f"{path}: trace version {first.get('trace_version')!r} is not {TRACE_VERSION}")
    return documents


def _add_line(document: dict[str, Any], lines: bytearray) -> None:
    length = len(lines)
    try:
        _ENCODE_INTO(document, lines, length)
        lines += b"\n"
    except UnicodeEncodeError:
        lines[length:] = _ENCODE_ASCII(to_builtins(document)).encode("ascii") + b"\n"


class _EventEncoder:
    """Turns events into JSON objects, writing each text only once."""

    def __init__(self) -> None:
        self.has_begun = False
        self._texts: dict[str, str] = {}
        self._candidates: set[str] = set()
        self._hashes = PromptHashes()

    def encode(self, event: Event) -> list[dict[str, Any]]:
        """The lines that an event needs: texts that are new, and then the event itself, as msgspec writes them."""
        self.has_begun = True
        head: dict[str, Any] = {"type": event.type, "at": round(event.at, 6)}
        write = _WRITERS.get(type(event))
        if write is not None:
            return [*(write(self, head, event) or ()), head]
        head |= structs.asdict(event)
        if type(event) is BudgetReserved and not event.nested:
            del head["nested"]
        head["at"] = round(event.at, 6)
        return [head]

    def _run_started(self, head: dict[str, Any], event: RunStarted) -> None:
        head["trace_version"] = TRACE_VERSION
        head["domain"] = event.domain
        head["problem"] = msgspec.json.decode(event.problem)
        head["problem_sha256"] = event.problem_sha256
        head["settings"] = dict(event.settings)

    def _new_prompts(self, event: GenerationStarted) -> list[dict[str, Any]]:
        return [
            {"type": "prompt", "sha256": sha256, "after": before or None, "role": message.role}
            | self._text(message.content)
            for sha256, before, message in self._hashes.new_links(event.messages)
        ]

    def _generation_started(self, head: dict[str, Any], event: GenerationStarted) -> list[dict[str, Any]]:
        new_prompts = self._new_prompts(event)
        head["attempt"] = event.attempt
        head["samples"] = event.samples
        head["round"] = event.round
        head["node"] = event.node
        head["turn"] = event.turn
        head["parent"] = event.parent
        head["inputs"] = event.inputs
        head["sampling"] = {} if event.sampling is DEFAULT_SAMPLING else given_fields(event.sampling)
        head["prompt_sha256"] = event.prompt_sha256
        if event.prefix:
            head["prefix"] = self._text(event.prefix)
            head["prefills"] = event.prefills
        if not event.judged:
            head["judged"] = False
        if event.offers is not None:
            head["offers"] = event.offers
        if event.label:
            head["label"] = event.label
        return new_prompts

    def _critique(self, head: dict[str, Any], event: CritiqueGiven) -> None:
        head["attempt"] = event.attempt
        head.update(critique_json(event.critique))

    def _generation_finished(self, head: dict[str, Any], event: GenerationFinished) -> None:
        head["attempt"] = event.attempt
        generation = event.generation
        if generation is None:
            head["error_kind"], head["error"] = event.error_kind, event.error
            return
        usage = generation.usage
        head["finish"] = generation.finish.value
        head["model"] = generation.model
        head["usage"] = usage and {name: amount for name, amount in structs.asdict(usage).items() if amount}
        if generation.detail:
            head["detail"] = generation.detail
        if generation.extra:
            head["extra"] = _readable(generation.extra)
        head.update(self._text(generation.text))

    def _candidate(self, head: dict[str, Any], event: CandidateReformulated) -> None:
        candidate = event.candidate
        head["attempt"] = event.attempt
        head["sha256"] = candidate.sha256
        if candidate.mended:
            head["mended"] = list(candidate.mended)
        if candidate.sha256 not in self._candidates:
            self._candidates.add(candidate.sha256)
            head["content"] = msgspec.json.decode(candidate.canonical)

    def _text(self, text: str) -> dict[str, str]:
        """A text in full the first time, its hash alone afterwards."""
        sha256 = self._texts.get(text)
        if sha256 is not None:
            return {"text_sha256": sha256}
        sha256 = self._texts[text] = sha256_hex(text.encode("utf-8", "surrogatepass"))
        return {"text_sha256": sha256, "text": text}


# By type, since most events are not the first in any row of questions; the others stand there as they are.
_WRITERS: Final[
    Mapping[type[Event], Callable[[_EventEncoder, dict[str, Any], Any], list[dict[str, Any]] | None]]
] = {
    RunStarted: _EventEncoder._run_started,
    GenerationStarted: _EventEncoder._generation_started,
    GenerationFinished: _EventEncoder._generation_finished,
    CandidateReformulated: _EventEncoder._candidate,
    CritiqueGiven: _EventEncoder._critique,
}


def _readable(extra: Mapping[str, Any]) -> Any:
    """What a generator says beside its answer; in words where it is no JSON, since no run may end for that."""
    try:
        return parse_json(json.dumps(dict(extra)))
    except (TypeError, ValueError, RecursionError):
        return {"not_json": _shown(extra)}


def _shown(thing: object) -> str:
    try:
        return repr(thing)
    except Exception:  # noqa: BLE001  it holds what somebody else made, or an integer too long to be shown
        return f"a {type(thing).__name__} that cannot be shown"
