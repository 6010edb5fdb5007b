"""The folder in which a study keeps what it has done, so that it can go on after an interruption.

``study.json`` says what is studied, ``problems.jsonl`` on which problems, ``runs.jsonl`` what came of each run;
``traces/`` has the trace of each run and ``certificates/`` what was certified.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import msgspec

from modulo.bench.rows import RunRow, read_rows
from modulo.bench.study import Study, study_of
from modulo.canonical import canonical_json, parse_json
from modulo.certificate import Certificate
from modulo.domain import read_file
from modulo.errors import ConfigurationError, ProblemError

__all__ = ["StudyFolder"]


class StudyFolder:
    """A folder of results.

    Args:
        path: The folder. It need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._runs = path / "runs.jsonl"
        self._traces = path / "traces"
        self._certificates = path / "certificates"

    def begin(self, study: Study) -> None:
        """Make the folder for a study, or find that it holds this very study, perhaps with another budget.

        Raises:
            ConfigurationError: It holds another one, or something else, or cannot be written.
        """
        document = _document(study)
        file = self.path / "study.json"
        try:
            if file.exists():
                if self._has_begun() and _compared(_document(self.study())) != _compared(document):
                    raise ConfigurationError(
                        f"{self.path} holds the results of another study; name a new folder"
                    )
            elif self.path.exists() and any(self.path.iterdir()):
                raise ConfigurationError(f"{self.path} is not empty, and holds no study; name a new folder")
            for folder in (self.path, self._traces, self._certificates):
                folder.mkdir(parents=True, exist_ok=True)
            _write_whole(file, json.dumps(document, indent=2).encode() + b"\n")
        except (OSError, json.JSONDecodeError) as error:
            raise ConfigurationError(f"{self.path} cannot be used: {error}") from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from making the same runs, and paying for them, at the same time.

        Raises:
            ConfigurationError: Another one does already, or the folder cannot be written.
        """
        import fcntl

        try:
            lock = (self.path / "lock").open("ab")
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be used: {error}") from error
        # The system lets go of it whenever the process ends, however that happens.
        with lock as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigurationError(
                    f"{self.path} is being worked on by another process; wait for it, or name a new folder"
                ) from None
            self._cut_broken_line()
            yield

    def study(self) -> Study:
        """The study that it holds.

        Raises:
            ConfigurationError: It holds none.
        """
        file = self.path / "study.json"
        try:
            return study_of(_in_todays_format(parse_json(read_file(file))), where=str(file))
        except ProblemError as error:
            raise ConfigurationError(f"{self.path} holds no study: {error}") from error

    def rows(self) -> list[RunRow]:
        """The runs that are finished, in the study's order, whenever they ended.

        Raises:
            ConfigurationError: They cannot be read.
        """
        rows = read_rows(self._runs)
        return sorted(rows, key=_place_in(self.study(), self.problems())) if rows else []

    def save_problems(self, documents: Sequence[dict[str, Any]]) -> None:
        """Write down which problems are studied.

        Raises:
            ConfigurationError: The folder has runs on other problems of these names, or cannot be written.
        """
        studied = {(document["set"], document["id"]): document["sha256"] for document in documents}
        for row in read_rows(self._runs):
            if studied.get((row.set, row.problem)) != row.problem_sha256:
                raise ConfigurationError(
                    f"{self.path} has a run on another problem {row.problem!r} of {row.set!r}: the study's problems "
                    "have changed since; name a new folder"
                )
        try:
            lines = b"".join(canonical_json(document) + b"\n" for document in documents)
            _write_whole(self.path / "problems.jsonl", lines)
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be used: {error}") from error

    def problems(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The problems that are studied, by set and name.

        Raises:
            ConfigurationError: They cannot be read.
        """
        try:
            lines = read_file(self.path / "problems.jsonl").splitlines()
            documents: list[Any] = [parse_json(line) for line in lines]
        except ProblemError as error:
            raise ConfigurationError(str(error)) from error
        return {(document["set"], document["id"]): document for document in documents}

    def save(self, made: Sequence[tuple[RunRow, Certificate | None]]) -> None:
        """Write down what came of runs that were made together; rows that are there already stay as they are.

        Raises:
            OSError: They cannot be written.
        """
        for row, certificate in made:
            if certificate is not None:
                self.certificate(row.run).write_bytes(certificate.to_bytes())
        known = {row.run for row in read_rows(self._runs)} if len(made) > 1 else ()
        with self._runs.open("ab") as file:
            file.write(b"".join(msgspec.json.encode(row) + b"\n" for row, _ in made if row.run not in known))
            file.flush()
            os.fsync(file.fileno())
        for row, _ in made:
            for partial in self._partial(row.run):
                partial.unlink()

    def trace(self, run: str) -> Path:
        """Where the trace of a run is."""
        return self._traces / f"{_file_name(run)}.jsonl"

    def certificate(self, run: str) -> Path:
        """Where the certificate of a run is, if it has one."""
        return self._certificates / f"{_file_name(run)}.json"

    def set_aside_traces(self, run: str) -> Sequence[Path]:
        """The traces of a run that was interrupted, the earliest first, all out of the way of a new one."""
        trace = self.trace(run)
        if trace.exists():
            trace.rename(trace.with_suffix(f".{len(self._partial(run))}.partial"))
        return self._partial(run)

    def traces_so_far(self, run: str) -> Sequence[Path]:
        """The traces of a run that is not finished, the earliest first."""
        trace = self.trace(run)
        return [*self._partial(run), *([trace] if trace.exists() else ())]

    def _has_begun(self) -> bool:
        """Whether anything was done yet: a study that was refused in time may be mended in its folder."""
        files = [self._runs, *(self._traces.iterdir() if self._traces.exists() else ())]
        return any(file.exists() and file.stat().st_size for file in files)

    def _partial(self, run: str) -> list[Path]:
        # One after the other, not by a search: that would go through the traces of all runs for each of them.
        numbered = (self.trace(run).with_suffix(f".{number}.partial") for number in count())
        return list(takewhile(Path.exists, numbered))

    def _cut_broken_line(self) -> None:
        """Take away a last line that was cut off, or the next row would stand behind it."""
        if self._runs.exists():
            data = self._runs.read_bytes()
            if data and not data.endswith(b"\n"):
                with self._runs.open("r+b") as file:
                    file.truncate(data.rfind(b"\n") + 1)


def _write_whole(file: Path, data: bytes) -> None:
    """Write a file so that it is never there in part, whatever breaks off; one that says this already stays as it is.

    Raises:
        OSError: It cannot be written; what was there is there still.
    """
    if file.exists() and file.read_bytes() == data:
        return
    partial = file.with_name(f"{file.name}.partial")
    try:
        with partial.open("wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        partial.replace(file)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _document(study: Study) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(study.model_dump_json())
    return document


def _in_todays_format(document: Any) -> Any:
    """A study as it would be written down today. Before there were formats, no strategies of a model meant all."""
    if not isinstance(document, dict) or "format" in document or not isinstance(document.get("models"), dict):
        return document
    models = {
        name: {**entry, "strategies": entry.get("strategies") or None} if isinstance(entry, dict) else entry
        for name, entry in document["models"].items()
    }
    return {**document, "models": models}


def _compared(document: dict[str, Any]) -> dict[str, Any]:
    """What makes a study another one; a study may go on faster, or with more money, and name licences later."""
    kept = {name: value for name, value in document.items() if name not in ("concurrency", "total")}
    sets = [{name: one[name] for name in one if name != "licence"} for one in kept["problems"]]
    return {**kept, "problems": sets}


def _place_in(study: Study, problems: Iterable[tuple[str, str]]) -> Callable[[RunRow], tuple[int, ...]]:
    """Where a run stands among those of a study: problem by problem."""
    numbers = [_numbers(problems), _numbers(study.models), _numbers(study.strategies)]

    def place(row: RunRow) -> tuple[int, ...]:
        problem, model, strategy = numbers
        last = len(problem) + len(model) + len(strategy)
        return (
            problem.get((row.set, row.problem), last),
            row.repeat,
            model.get(row.model, last),
            strategy.get(row.strategy, last),
        )

    return place


def _numbers(things: Iterable[Any]) -> dict[Any, int]:
    return {thing: number for number, thing in enumerate(things)}


def _file_name(run: str) -> str:
    return hashlib.sha256(run.encode()).hexdigest()[:24]
