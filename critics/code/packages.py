"""Installed packages that tests may import inside of their sandbox: where their files are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Final

from modulo.errors import MissingDependencyError

__all__ = ["package_paths", "places_inside"]

_INSIDE: Final = PurePosixPath("/packages")
"""Where they are in a sandbox. A check hides what is in /tmp, and an environment may well be there."""


def package_paths(names: Iterable[str]) -> tuple[Path, ...]:
    """The files and folders of some distributions and of those that they need.

    Raises:
        MissingDependencyError: One is not installed.
    """
    found: dict[str, metadata.Distribution] = {}
    for name in names:
        try:
            _collect(name, found)
        except metadata.PackageNotFoundError as error:
            raise MissingDependencyError(
                f"these tests need {name}, which is not installed: pip install {name}"
            ) from error
    paths = {path for distribution in found.values() for path in _top_level(distribution)}
    return tuple(sorted(paths))


def places_inside(paths: Iterable[Path]) -> dict[Path, PurePosixPath]:
    """Where files and folders stand in a sandbox; those that stand together stay together."""
    paths = list(paths)
    folders = sorted({path.parent for path in paths})
    return {path: _INSIDE / str(folders.index(path.parent)) / path.name for path in paths}


def _collect(name: str, found: dict[str, metadata.Distribution]) -> None:
    distribution = metadata.distribution(name)
    found[name] = distribution
    for requirement in distribution.requires or ():
        needed = re.match(r"[\w.-]+", requirement)
        if needed is None or needed[0] in found or "extra ==" in requirement:
            continue
        try:
            _collect(needed[0], found)
        except metadata.PackageNotFoundError:
            continue  # needed on other systems only; if not, importing it will tell


def _top_level(distribution: metadata.Distribution) -> Iterable[Path]:
    for file in distribution.files or ():
        if file.parts[0] != ".." and not file.parts[0].endswith((".dist-info", ".pth")):
            yield Path(str(distribution.locate_file(file.parts[0])))
