"""Where Fast Downward is on this machine, and exactly which one.

The wheel ``up-fast-downward`` brings the compiled search and the translator, a Python package. Its own Python code
is never imported: it needs the unified-planning library, we need two programs.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from modulo.errors import MissingDependencyError

__all__ = ["FastDownwardInstallation", "fast_downward_is_installed", "find_fast_downward"]

_WHEEL = "up_fast_downward"
_TRANSLATOR = Path("fast_downward", "translate")


@dataclass(frozen=True, slots=True, kw_only=True)
class FastDownwardInstallation:
    """The programs of one installed Fast Downward.

    Attributes:
        version: Version of the wheel.
        search: The compiled search, ``downward``.
        import_path: The folder that the translator, ``fast_downward.translate``, is imported from.
    """

    version: str
    search: Path
    import_path: Path

    def digests(self) -> Mapping[str, str]:
        """SHA-256 of the search program, and of the translator's sources one after the other.

        The first time in a process, this takes half a second: the program has debug symbols, 224 MB in all.
        """
        status = self.search.stat()
        return {
            "fast-downward": _sha256(self.search, status.st_size, status.st_mtime_ns),
            "fast-downward-translate": _sources_sha256(self.import_path / _TRANSLATOR),
        }


@cache
def find_fast_downward() -> FastDownwardInstallation:
    """The installed Fast Downward. Once found, it is not looked for again; critics ask for every candidate.

    Raises:
        MissingDependencyError: There is none here, or none that can run; the message says what to do.
    """
    # Asked for by its top level only, so that nothing of it is imported.
    spec = find_spec(_WHEEL)
    folders = spec.submodule_search_locations if spec else None
    if not folders or not hasattr(os, "fork"):
        raise MissingDependencyError(
            "Fast Downward is not installed here; run `pip install 'llm-modulo[planners]'` "
            "(Linux on x86-64 or macOS on arm64)."
        )
    binaries = Path(next(iter(folders)), "downward", "builds", "release", "bin")
    search = binaries / "downward"
    if not os.access(search, os.X_OK) or not (binaries / _TRANSLATOR / "__main__.py").is_file():
        raise MissingDependencyError(
            f"there is no Fast Downward in {binaries}; run `pip install --force-reinstall 'up-fast-downward>=1.0'`."
        )
    return FastDownwardInstallation(version=_version(), search=search, import_path=binaries)


def fast_downward_is_installed() -> bool:
    """Whether there is a Fast Downward that can run."""
    try:
        find_fast_downward()
    except MissingDependencyError:
        return False
    return True


def _version() -> str:
    try:
        return version("up-fast-downward")
    except PackageNotFoundError:  # unpacked into a folder without its metadata
        return "unknown"


@cache
def _sha256(path: Path, size: int, modified_ns: int) -> str:
    """The digest of a large file, which is made once for as long as the file seems to be the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sources_sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        source = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()} {len(source)}\n".encode() + source)
    return digest.hexdigest()
