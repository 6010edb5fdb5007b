"""Cases of disagreement as files, each complete enough to be run again by whoever gets it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from modulo.canonical import MAX_DEPTH, canonical_json, parse_json, sha256_hex
from modulo.critics.n_version.agreeing import Opinion
from modulo.critique import critique_json
from modulo.errors import ConfigurationError
from modulo.numeric import is_whole_number
from modulo.problem import NO_SOLUTION
from modulo.version import __version__

__all__ = ["CaseFolder", "case_of"]

_MAX_BYTES: Final = 16_000_000
_DEEPER: Final = 4
"""How many levels down problem, candidate and options stand in a case, at most."""


def case_of(domain: str | None, problem: Any, candidate: Any, opinions: Sequence[Opinion]) -> dict[str, Any]:
    """A row for ``modulo check --batch``, with what each critic said of it and how it was set up.

    Nothing in it depends on when or how fast they said it, so the same case is the same document.

    Raises:
        ValueError: The problem or the candidate is no JSON.
    """
    case = {
        "domain": domain,
        "problem": _plain(problem),
        "candidate": None if candidate is NO_SOLUTION else _plain(candidate),
        "claims_unsolvable": candidate is NO_SOLUTION,
        "modulo_version": __version__,
        "critics": [_said(opinion) for opinion in opinions],
    }
    return {"id": f"disagreement-{sha256_hex(_canonical(case))[:32]}", **case}


class CaseFolder:
    """A folder of cases, one a file. Files that are there are never written to.

    Args:
        path: The folder.
        max_cases: Most files in it.

    Raises:
        ConfigurationError: That is no number of files.
    """

    def __init__(self, path: Path, max_cases: int) -> None:
        if not is_whole_number(max_cases) or max_cases < 1:
            raise ConfigurationError(f"NVersion: max_cases is a whole number from 1 on, not {max_cases!r}")
        self._path = path
        self._max_cases = max_cases

    def prepare(self) -> None:
        """Make the folder, and see that it can be written to.

        Raises:
            ConfigurationError: It cannot.
        """
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._path):
                pass
        except OSError as error:
            raise ConfigurationError(
                f"NVersion: cases cannot be saved to {self._path}: {error.strerror}; name another folder"
            ) from error

    def save(self, case: Callable[[], dict[str, Any]]) -> str:
        """Save a case, and say where it is or why it is nowhere: not saving must not hide the case itself."""
        try:
            document = case()
            path = self._path / f"{document['id']}.json"
            return self._written(path, _canonical(document) + b"\n")
        except (OSError, ValueError, TypeError, RecursionError) as error:
            return f"the case could not be saved: {type(error).__name__}: {error}"

    def _written(self, path: Path, data: bytes) -> str:
        if len(data) > _MAX_BYTES:
            return f"the case was not saved: it has more than {_MAX_BYTES:,} bytes"
        self._path.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            if sum(1 for _ in self._path.glob("disagreement-*.json")) >= self._max_cases:
                return f"the case was not saved: {self._path} holds {self._max_cases} of them"
            _write_once(path, data)
        return f"saved as {path}"


def _write_once(path: Path, data: bytes) -> None:
    """Have the whole file there, or none; another one of that name stays, since it is about the same case."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".case-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        os.unlink(temporary)


def _said(opinion: Opinion) -> dict[str, Any]:
    critic, critique = opinion
    said = critique_json(critique)
    del said["seconds"], said["critic"]
    return {
        "id": critic.id,
        "version": critic.version,
        "options": dict(critic.options()),
        "digests": dict(critic.digests()),
        "critique": said,
    }


def _plain(value: Any) -> Any:
    from pydantic_core import to_json

    return parse_json(to_json(value))


def _canonical(document: Any) -> bytes:
    return canonical_json(document, max_depth=MAX_DEPTH + _DEEPER)
