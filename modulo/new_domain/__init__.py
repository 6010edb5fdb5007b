"""Writes a complete small domain as an installable package, for somebody to make it theirs."""

from __future__ import annotations

import keyword
import re
import sys
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from typing import Final

from modulo.errors import ConfigurationError
from modulo.version import __version__

__all__ = ["write_domain"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LONGEST_NAME: Final = 40
_PLACEHOLDER: Final = "my_domain"
_TAKEN_BY_THE_PACKAGE: Final = frozenset({"build", "dist", "docs", "examples", "src", "tests"})


def write_domain(name: str, directory: Path) -> tuple[Path, ...]:
    """Write a package with a domain of that name: problem, prompt, reformulator, critic, instances, tests.

    Args:
        name: The domain's and the package's name.
        directory: A folder that does not exist yet, in one that does.

    Returns:
        What was written, relative to the directory.

    Raises:
        ConfigurationError: The name will not do, the directory is there, or nothing can be written to it.
    """
    _check_name(name)
    if directory.exists() or directory.is_symlink():
        raise ConfigurationError(f"{directory} exists already; name a new folder with --directory")
    if not directory.parent.is_dir():
        raise ConfigurationError(f"there is no folder {directory.parent} to write {directory.name} to")
    written = []
    try:
        directory.mkdir()  # before anything else: what somebody else has made is not taken away again
    except OSError as error:
        raise ConfigurationError(f"{directory} cannot be written: {error.strerror}") from error
    try:
        for path, template in sorted(_templates(files(__name__) / "template", Path())):
            target = Path(str(path).replace(_PLACEHOLDER, name))
            (directory / target).parent.mkdir(parents=True, exist_ok=True)
            (directory / target).write_text(_filled(template, name), encoding="utf-8")
            written.append(target)
    except OSError as error:
        rmtree(directory, ignore_errors=True)  # half of it would be in the way of another try
        raise ConfigurationError(f"{directory} cannot be written: {error.strerror}") from error
    return tuple(written)


def _check_name(name: str) -> None:
    """Refuse a name under which the package could not be imported, installed or found.

    Raises:
        ConfigurationError: The name is such a one.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ConfigurationError(
            f"{name[:60]!r} is no name for a package; use up to {_LONGEST_NAME} small letters, digits and single "
            "underscores, such as room_planning"
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise ConfigurationError(f"{name!r} is a word of Python's; choose another name")
    if name in entry_points(group="modulo.domains").names:
        raise ConfigurationError(f"there is a domain {name!r} already; choose another name")
    if name in sys.stdlib_module_names or name in _TAKEN_BY_THE_PACKAGE or find_spec(name) is not None:
        raise ConfigurationError(
            f"there is a package {name!r} already, which it would hide; choose another name"
        )


def _templates(folder: Traversable, path: Path) -> list[tuple[Path, Traversable]]:
    """Every template below a folder, with the path that it is for."""
    found: list[tuple[Path, Traversable]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _templates(entry, path / entry.name)
        elif entry.name.endswith(".txt"):
            stem = entry.name.removesuffix(".txt")
            found.append((path / (".gitignore" if stem == "gitignore" else stem), entry))
    return found


def _filled(template: Traversable, name: str) -> str:
    text = template.read_text(encoding="utf-8")
    text = text.replace(_PLACEHOLDER, name).replace(_PLACEHOLDER.replace("_", "-"), name.replace("_", "-"))
    return text.replace("{version}", __version__)
