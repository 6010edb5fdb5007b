"""The source code that a critic's verdicts depend on: a digest of it tells whether an audit still is of this code."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from modulo.canonical import sha256_hex
from modulo.errors import ConfigurationError
from modulo.held import compiled_digest, held_by, is_of_interest

__all__ = ["own_modules", "source_digest", "source_modules"]

_CORE: Final = "modulo"
_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})


def source_digest(critic: object) -> str:
    """SHA-256 of the source files that a critic is made of.

    These are the modules of its class and of every function and class that it holds, and what they import of the
    packages that they stand in and of modules that are not installed, such as others in the same folder. Numbers and
    texts that its functions close over count, too. The core of this library is not among them, nor are other
    distributions.

    Raises:
        ConfigurationError: A source file cannot be read.
    """
    held = held_by(critic)
    lines = [f"{name} {_file_digest(path)}" for name, path in sorted(_files(held.modules).items())]
    lines += [f"{name} {compiled_digest(name)}" for name in sorted(held.modules) if _file_of(name) is None]
    return sha256_hex("\n".join([*lines, *sorted(held.closed_over)]).encode("utf-8", "backslashreplace"))


def own_modules(critic: object) -> frozenset[str]:
    """The modules of a critic's class and of every function and class that it holds, without what they import."""
    return frozenset(held_by(critic).modules)


def source_modules(critic: object) -> dict[str, Path]:
    """The files that the digest is of, by the names of their modules."""
    return _files(held_by(critic).modules)


def _files(modules: Iterable[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    waiting = sorted(modules)
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if name not in found and path is not None:
            found[name] = path
            waiting += _imports(name, path)
    return found


def _imports(name: str, path: Path) -> list[str]:
    """The modules that a module imports and that stand in the same top-level package, or are not installed."""
    return [found for found in _imported_names(name, path) if is_of_interest(found) and _is_near(name, found)]


def _is_near(name: str, other: str) -> bool:
    top = other.partition(".")[0]
    if name == "__main__" or name.partition(".")[0] == top:
        return True
    path = _file_of(other)
    return top != _CORE and path is not None and _INSTALLED.isdisjoint(path.parts)


@lru_cache(maxsize=4096)
def _imported_names(name: str, path: Path) -> tuple[str, ...]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    if name == "__main__":
        package = getattr(sys.modules.get(name), "__package__", None) or ""
    found: list[str] = []
    for node in _import_statements(path):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
            continue
        base = _absolute("." * node.level + (node.module or ""), package)
        found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return tuple(dict.fromkeys(found))


def _import_statements(path: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    try:
        tree = ast.parse(_text(path))
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"the source of a critic cannot be read: {path}: {error}") from error
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not isinstance(node, ast.expr):  # where no statement is
            waiting += ast.iter_child_nodes(node)


def _absolute(origin: str, package: str) -> str:
    dots = len(origin) - len(origin.lstrip("."))
    if not dots:
        return origin
    above = package.split(".")[: len(package.split(".")) - dots + 1]
    return ".".join([*above, *filter(None, [origin[dots:]])])


@lru_cache(maxsize=4096)
def _file_of(name: str) -> Path | None:
    """The source file of a module; None if there is no such module, as for names that are no modules."""
    if name == "__main__":
        file = getattr(sys.modules.get(name), "__file__", None)
        return Path(file) if file else None
    try:
        spec = find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin)


@lru_cache(maxsize=4096)
def _file_digest(path: Path) -> str:
    return sha256_hex(_text(path).encode())


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the source of a critic cannot be read: {path}: {error}") from error
