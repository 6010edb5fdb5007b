"""What a critic holds: the modules of its functions and classes, and what these close over."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final

from modulo.canonical import sha256_hex
from modulo.errors import ConfigurationError

__all__ = ["Held", "compiled_digest", "held_by", "is_of_interest"]

_CORE: Final = "modulo"
_PARTS_ON_THE_CORE: Final = ("modulo.critics.", "modulo.domains.")
_LIBRARIES: Final = frozenset({"msgspec", "pydantic", "pydantic_core"})
"""What values are made of; critics that hold such values hold some of its functions."""
_PLAIN: Final = (bool, int, float, str, bytes)
_WRAPPING: Final = ("__func__", "fget", "function", "rule", "__wrapped__")
"""Attributes by which methods, properties, critics and constraints hold their function."""


class Held(pickle.Pickler):
    """Walks through everything that an object holds, and notes the modules of functions and classes.

    Attributes:
        modules: Names of the modules.
        closed_over: Numbers and texts that functions close over or have as defaults.
    """

    def __init__(self) -> None:
        super().__init__(io.BytesIO())
        self.modules: set[str] = set()
        self.closed_over: set[str] = set()
        self._waiting: list[Any] = []
        self._known: dict[int, object] = {}

    def walk(self, held: object) -> None:
        """Note what an object holds, at whatever depth."""
        self._waiting.append(held)
        while self._waiting:
            self.dump(self._waiting.pop())

    def persistent_id(self, held: Any) -> str | None:
        """Stand for a function, class or module, so that even one that cannot be pickled is no obstacle."""
        if not isinstance(held, (ModuleType, type, FunctionType, BuiltinFunctionType)):
            return None
        if id(held) not in self._known:
            self._known[id(held)] = held
            self._look_into(held)
        return "held"

    def reducer_override(self, held: Any) -> Any:
        """Any other object as it is pickled, and as it is: pickling by name would hide what it holds."""
        try:
            reduced = held.__reduce_ex__(4)
        except Exception:  # noqa: BLE001  an open file, a lock: what holds no code of its own
            reduced = ""
        pickled = (
            [] if isinstance(reduced, str) else [*reduced[:3], *(list(more or ()) for more in reduced[3:5])]
        )
        wrapped = [getattr(held, name, None) for name in _WRAPPING] if _is_descriptor(held) else []
        is_own = is_of_interest(type(held).__module__) or type(held).__module__.startswith(f"{_CORE}.")
        own = dict(vars(held)) if is_own and hasattr(held, "__dict__") else None
        return object, (), [type(held), pickled, wrapped, own]

    def _look_into(self, held: Any) -> None:
        name = held.__name__ if isinstance(held, ModuleType) else held.__module__
        if not name or not is_of_interest(name):
            return
        self.modules.add(name)
        if isinstance(held, type):
            self._waiting += [held.__mro__, [v for k, v in vars(held).items() if _is_own(k, v)]]
        elif isinstance(held, FunctionType):
            values = list(_closed_over(held))
            where = f"{name}:{held.__qualname__}"
            self.closed_over |= {f"{where} {v!r}" for v in values if type(v) in _PLAIN}
            self._waiting += [values, vars(held)]


def held_by(critic: object) -> Held:
    """What a critic holds.

    Raises:
        ConfigurationError: It cannot be walked through.
    """
    held = Held()
    try:
        held.walk(critic)
    except Exception as error:
        kind = type(critic).__qualname__
        raise ConfigurationError(f"what a {kind} is made of cannot be found out: {error}") from error
    return held


def is_of_interest(module: str) -> bool:
    """Whether code of a module counts: neither Python's, nor this library's core, nor what values are made of."""
    top = module.partition(".")[0]
    if top == _CORE:
        return module.startswith(_PARTS_ON_THE_CORE)
    return top not in sys.stdlib_module_names and top not in _LIBRARIES


def compiled_digest(name: str) -> str:
    """Digest of a module without a source file, such as a notebook: its functions, and the values that they name."""
    module = sys.modules.get(name)
    space: dict[str, Any] = dict(vars(module)) if module else {}
    codes = [code for item in space.values() for code in _codes(item, name)]
    used = sorted({one for code in codes for one in code.co_names if type(space.get(one)) in _PLAIN})
    lines = [*sorted(map(_code_text, codes)), *(f"{one} = {space[one]!r}" for one in used)]
    return sha256_hex("\n".join(lines).encode("utf-8", "backslashreplace"))


def _is_descriptor(held: object) -> bool:
    return isinstance(held, (staticmethod, classmethod, property)) or hasattr(held, "__wrapped__")


def _is_own(name: str, value: object) -> bool:
    """Whether something in a class was written there, rather than made by Python or a library."""
    return not name.startswith("__") or isinstance(value, FunctionType)


def _closed_over(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # it is not set yet
            continue
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()


def _codes(item: Any, module: str) -> Iterator[CodeType]:
    """The compiled functions of a module in something that stands in it."""
    if isinstance(item, type):
        if item.__module__ == module:
            for inner in vars(item).values():
                yield from _codes(inner, module)
        return
    for name in _WRAPPING:
        function = getattr(item, name, None)
        if isinstance(function, FunctionType):
            yield from _codes(function, module)
    if isinstance(item, FunctionType) and item.__module__ == module:
        yield item.__code__


def _code_text(code: CodeType) -> str:
    constants = [_code_text(c) if isinstance(c, CodeType) else _constant(c) for c in code.co_consts]
    return repr((code.co_qualname, code.co_code.hex(), code.co_names, code.co_varnames, constants))


def _constant(value: object) -> str:
    return repr(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value)
