"""Plain data as bytes: what may cross the wall between tests and candidate, and nothing else.

Exact types only, so nothing that overrides ``__eq__`` ever arrives. Reading builds nothing but these types, calls
nothing of the sender's, and stops at limits of size, depth and number. Not pickle, not marshal, not eval.

A value is one byte for its kind, then: nothing (None, True, False); 8 or 16 bytes (float, complex); a length and as
many bytes (int, str, bytes); a number and as many values (list, tuple, set, frozenset, dict with keys and values in
turn). Lengths and numbers have 4 bytes, most significant first. A frame is a length and a value.
"""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

__all__ = [
    "MAX_DEPTH",
    "MAX_FRAME_BYTES",
    "MAX_NODES",
    "Unsendable",
    "WireError",
    "dump",
    "load",
    "read_frame",
    "write_frame",
]

MAX_FRAME_BYTES: Final = 16 * 2**20
MAX_DEPTH: Final = 100
MAX_NODES: Final = 1_000_000
MAX_INT_BYTES: Final = 2**16
"""Longest int. Multiplying and printing take quadratic time, so one of megabytes would stall its reader."""
MAX_SAME_HASH: Final = 512
"""Most elements of a set or keys of a dict with the same hash. Building them takes quadratic time in these."""
_UTF8: Final = "surrogatepass"  # Python strings may hold lone surrogates, and tests may ask for them
_LENGTH: Final = struct.Struct(">I")
_FLOAT: Final = struct.Struct(">d")
_COMPLEX: Final = struct.Struct(">dd")


class WireError(ValueError):
    """Bytes that are no value, or not within the limits."""


class Unsendable(TypeError):
    """A value that is no plain data.

    Attributes:
        kind: Name of the offending type, or what is wrong in a few words.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


def dump(value: Any, *, also_dicts: tuple[type, ...] = ()) -> bytes:
    """The bytes of a value.

    Args:
        value: The value.
        also_dicts: Further types, to be written as the dicts that they are.

    Raises:
        Unsendable: It holds something of another type, subclasses of these types included; or it is too large,
            too deep or cyclic.
    """
    parts: list[bytes] = []
    writer = _Writer(parts.append, also_dicts)
    writer.write(value, 0)
    data = b"".join(parts)
    if len(data) > MAX_FRAME_BYTES:
        raise Unsendable(f"data of more than {MAX_FRAME_BYTES} bytes")
    return data


class _Writer:
    def __init__(self, put: Callable[[bytes], None], also_dicts: tuple[type, ...]) -> None:
        self._put = put
        self._also_dicts = also_dicts
        self._nodes = 0
        self._bytes = 0

    def write(self, value: Any, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise Unsendable(f"data of more than {MAX_NODES} values")
        kind = type(value)
        write = _WRITERS.get(kind) or (_Writer._dict if kind in self._also_dicts else None)
        if write is None:
            raise Unsendable(_type_name(kind))
        if depth > MAX_DEPTH:
            raise Unsendable(f"data nested more than {MAX_DEPTH} deep, or cyclic")
        write(self, value, depth)

    def _constant(self, value: Any, depth: int) -> None:
        self._put(b"N" if value is None else b"T" if value else b"F")

    def _int(self, value: int, depth: int) -> None:
        size = value.bit_length() // 8 + 1
        if size > MAX_INT_BYTES:
            raise Unsendable(f"int of more than {MAX_INT_BYTES} bytes")
        self._sized(b"i", value.to_bytes(size, "big", signed=True))

    def _float(self, value: float, depth: int) -> None:
        self._put(b"f" + _FLOAT.pack(value))

    def _complex(self, value: complex, depth: int) -> None:
        self._put(b"c" + _COMPLEX.pack(value.real, value.imag))

    def _str(self, value: str, depth: int) -> None:
        self._sized(b"s", value.encode("utf-8", _UTF8))

    def _blob(self, value: bytes, depth: int) -> None:
        self._sized(b"b", value)

    def _sequence(self, value: Any, depth: int) -> None:
        self._put(_SEQUENCE_TAGS[type(value)] + _LENGTH.pack(len(value)))
        for item in value:
            self.write(item, depth + 1)

    def _dict(self, value: dict[Any, Any], depth: int) -> None:
        self._put(b"d" + _LENGTH.pack(len(value)))
        for key, item in value.items():
            self.write(key, depth + 1)
            self.write(item, depth + 1)

    def _sized(self, tag: bytes, data: bytes) -> None:
        # Counted here too, so that a string that stands in a list a thousand times is not copied first.
        self._bytes += len(data)
        if self._bytes > MAX_FRAME_BYTES:
            raise Unsendable(f"data of more than {MAX_FRAME_BYTES} bytes")
        self._put(tag + _LENGTH.pack(len(data)) + data)


_WRITERS: Final[dict[type, Callable[[_Writer, Any, int], None]]] = {
    type(None): _Writer._constant,
    bool: _Writer._constant,
    int: _Writer._int,
    float: _Writer._float,
    complex: _Writer._complex,
    str: _Writer._str,
    bytes: _Writer._blob,
    list: _Writer._sequence,
    tuple: _Writer._sequence,
    set: _Writer._sequence,
    frozenset: _Writer._sequence,
    dict: _Writer._dict,
}
_SEQUENCE_TAGS: Final[dict[type, bytes]] = {list: b"l", tuple: b"t", set: b"S", frozenset: b"Z"}


def _type_name(kind: type) -> str:
    """The name of a type, which its metaclass may not spoil."""
    module, name = type.__dict__["__module__"].__get__(kind), type.__dict__["__name__"].__get__(kind)
    prefix = "" if module in ("builtins", "solution") or type(module) is not str else f"{module}."
    return f"{prefix}{name}"[:200]


def load(data: bytes) -> Any:
    """The value in some bytes.

    Raises:
        WireError: They are no value, hold more than one, or are beyond a limit.
    """
    if len(data) > MAX_FRAME_BYTES:
        raise WireError("too long")
    reader = _Reader(data)
    value = reader.read(0)
    if reader.at != len(data):
        raise WireError("more than one value")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._nodes = 0
        self.at = 0

    def read(self, depth: int) -> Any:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise WireError("too deep or too many values")
        tag = self._take(1)
        if tag in _CONSTANTS:
            return _CONSTANTS[tag]
        read = _READERS.get(tag)
        if read is None:
            raise WireError("no such kind of value")
        return read(self, depth)

    def _take(self, size: int) -> bytes:
        end = self.at + size
        taken = self._data[self.at : end]
        if len(taken) != size:
            raise WireError("cut off")
        self.at = end
        return taken

    def _length(self) -> int:
        length: int = _LENGTH.unpack(self._take(4))[0]
        # Every value takes at least a byte, so nothing is set aside for more than can come.
        if length > len(self._data) - self.at:
            raise WireError("cut off")
        return length

    def _sized(self) -> bytes:
        return self._take(self._length())

    def _int(self, depth: int) -> int:
        data = self._sized()
        if not 0 < len(data) <= MAX_INT_BYTES:
            raise WireError("an int too long or empty")
        return int.from_bytes(data, "big", signed=True)

    def _float(self, depth: int) -> float:
        value: float = _FLOAT.unpack(self._take(8))[0]
        return value

    def _complex(self, depth: int) -> complex:
        return complex(*_COMPLEX.unpack(self._take(16)))

    def _str(self, depth: int) -> str:
        try:
            return self._sized().decode("utf-8", _UTF8)
        except UnicodeDecodeError as error:
            raise WireError("a text is no UTF-8") from error

    def _blob(self, depth: int) -> bytes:
        return self._sized()

    def _list(self, depth: int) -> list[Any]:
        return [self.read(depth + 1) for _ in range(self._length())]

    def _tuple(self, depth: int) -> tuple[Any, ...]:
        return tuple(self._list(depth))

    def _frozenset(self, depth: int) -> frozenset[Any]:
        items = self._list(depth)
        try:
            _refuse_collisions(items)
            found = frozenset(items)
        except TypeError as error:
            raise WireError("a set of what cannot be in one") from error
        if len(found) != len(items):
            raise WireError("a set with an element twice")
        return found

    def _set(self, depth: int) -> set[Any]:
        # As the compiler makes a display of constants like {1, 2}: where hashes do not collide, it iterates in the
        # same order, and programs that (wrongly) depend on that do what they would do where the test stands.
        return set(self._frozenset(depth))

    def _dict(self, depth: int) -> dict[Any, Any]:
        pairs = [(self.read(depth + 1), self.read(depth + 1)) for _ in range(self._length())]
        try:
            _refuse_collisions([key for key, _ in pairs])
            result = dict(pairs)
        except TypeError as error:
            raise WireError("a dict with a key that cannot be one") from error
        if len(result) != len(pairs):
            raise WireError("a dict with a key twice")
        return result


def _refuse_collisions(keys: list[Any]) -> None:
    if len(keys) > MAX_SAME_HASH and max(Counter(map(hash, keys)).values()) > MAX_SAME_HASH:
        raise WireError("too many keys of the same hash")


_CONSTANTS: Final[dict[bytes, bool | None]] = {b"N": None, b"T": True, b"F": False}
_READERS: Final[dict[bytes, Callable[[_Reader, int], Any]]] = {
    b"i": _Reader._int,
    b"f": _Reader._float,
    b"c": _Reader._complex,
    b"s": _Reader._str,
    b"b": _Reader._blob,
    b"l": _Reader._list,
    b"t": _Reader._tuple,
    b"S": _Reader._set,
    b"Z": _Reader._frozenset,
    b"d": _Reader._dict,
}


def write_frame(fd: int, value: Any, *, also_dicts: tuple[type, ...] = ()) -> None:
    """Write a value to a pipe, waiting for its reader; as ``dump`` makes it.

    Raises:
        Unsendable: It is no plain data; nothing was written.
        OSError: Nobody reads any more.
    """
    data = dump(value, also_dicts=also_dicts)
    view = memoryview(_LENGTH.pack(len(data)) + data)
    while view:
        view = view[os.write(fd, view) :]


def read_frame(fd: int) -> Any:
    """Read a value from a pipe, waiting for its writer.

    Raises:
        EOFError: The writer is gone.
        WireError: What came is no frame.
    """
    length: int = _LENGTH.unpack(_exactly(fd, 4))[0]
    if length > MAX_FRAME_BYTES:
        raise WireError("too long")
    return load(_exactly(fd, length))


def _exactly(fd: int, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = os.read(fd, min(size - len(parts), 2**16))
        if not part:
            raise EOFError("the other side is gone")
        parts += part
    return bytes(parts)
