"""The source code that a critic's verdicts depend on: a digest of it tells whether an audit still is of this code."""

from __future__ import annotations

import io
import pickle
import re
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final

from modulo.canonical import sha256_hex
from modulo.errors import ConfigurationError

__all__ = ["own_modules", "source_digest", "source_modules"]

_IMPORT: Final = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]*(\([^)]*\)|[^\n#]*)|import[ \t]+([\w., \t]+))",
    re.MULTILINE,
)
_NAME: Final = re.compile(r"\w+")
_CORE: Final = "modulo"
_PARTS_ON_THE_CORE: Final = ("modulo.critics.", "modulo.domains.")
_LIBRARIES: Final = frozenset({"msgspec", "pydantic", "pydantic_core"})
"""What values are made of; critics that hold such values hold some of its functions."""


def source_digest(critic: object) -> str:
    """SHA-256 of the source files that a critic is made of.

    These are the modules of its class and of every function and class that it holds, and what they import of the
    packages that they stand in. The core of this library is not among them, nor are other distributions.

    Raises:
        ConfigurationError: A source file cannot be read.
    """
    files = source_modules(critic)
    return sha256_hex(
        "\n".join(f"{name} {_file_digest(path)}" for name, path in sorted(files.items())).encode()
    )


def own_modules(critic: object) -> frozenset[str]:
    """The modules of a critic's class and of every function and class that it holds, without what they import."""
    return frozenset(_modules_held_by(critic))


def source_modules(critic: object) -> dict[str, Path]:
    """The files that the digest is of, by the names of their modules."""
    found: dict[str, Path] = {}
    waiting = sorted(_modules_held_by(critic))
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if name not in found and path is not None:
            found[name] = path
            waiting += _imports(name, path)
    return found


class _Collector(pickle.Pickler):
    """Walks through everything that an object holds, and notes the modules of functions and classes."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO())
        self.modules: set[str] = set()

    def persistent_id(self, held: Any) -> str | None:
        """Stand for a function or class, so that even one that cannot be pickled is no obstacle."""
        if isinstance(held, ModuleType):
            self.modules.add(held.__name__)
            return held.__name__
        if not isinstance(held, (type, FunctionType, BuiltinFunctionType)):
            return None
        if held.__module__:
            self.modules.add(held.__module__)
        return held.__qualname__


def _modules_held_by(critic: object) -> set[str]:
    collector = _Collector()
    for held in (type(critic), getattr(critic, "function", None), getattr(critic, "__dict__", None)):
        try:
            collector.dump(held)
        except Exception:  # noqa: BLE001, S112  an open file, a lock: what holds no code of its own
            continue
    return {name for name in collector.modules if _is_of_interest(name)}


def _is_of_interest(name: str) -> bool:
    top = name.partition(".")[0]
    if top == _CORE:
        return name.startswith(_PARTS_ON_THE_CORE)
    return top not in sys.stdlib_module_names and top not in _LIBRARIES


def _imports(name: str, path: Path) -> list[str]:
    """The modules that a module imports and that stand in the same top-level package."""
    return [found for found in _imported_names(name, path) if _is_of_interest(found) and _is_near(name, found)]


def _is_near(name: str, other: str) -> bool:
    return name == "__main__" or name.partition(".")[0] == other.partition(".")[0]


@lru_cache(maxsize=4096)
def _imported_names(name: str, path: Path) -> tuple[str, ...]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: list[str] = []
    for origin, names, plain in _IMPORT.findall(_text(path)):
        if plain:
            found += [part.split()[0] for part in plain.split(",") if part.strip()]
            continue
        base = _absolute(origin, package)
        found += [base, *(f"{base}.{part}" for part in _NAME.findall(names))]
    return tuple(dict.fromkeys(found))


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
