"""The candidate's side of the wall: loads the code under test and serves calls to it.

Nothing here is trusted, since the code under test shares the process. Whatever it does to this module, it can only
change what goes out as its own replies.
"""

from __future__ import annotations

import os
import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final

from modulo.critics.code.inside.wire import Unsendable, WireError, load, read_frame, write_frame

__all__ = ["MAX_TEXT", "MODULE", "error_reply", "load_module", "main", "read_job"]

MODULE: Final = "solution"
"""Name of the module that the code under test is."""
FILE: Final = "<solution>"
MAX_TEXT: Final = 1000
_DICTS: Final = (Counter, OrderedDict, defaultdict)
"""Dicts of the standard library that are equal to plain ones with the same items; they are sent as such."""
_MAX_FRAMES: Final = 5
_MAX_NAMES: Final = 1000


def main(fds: list[int]) -> None:
    """Load the candidate, say so, and answer calls until nobody asks any more.

    Args:
        fds: The job, the pipe of calls, the pipe of replies, and what takes standard output and error.
    """
    job_fd, calls, replies, output = fds
    job = read_job(job_fd)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    try:
        module = load_module(job["source"])
    except BaseException as error:  # noqa: BLE001  the candidate may raise anything
        write_frame(replies, ("failed", *error_reply(error, job["source"])))
        return
    write_frame(replies, ("loaded", _names(module.__dict__)))
    while True:
        try:
            call = read_frame(calls)
        except (EOFError, WireError):
            return
        reply = _answer(module.__dict__, job["source"], *call)
        try:
            write_frame(replies, reply, also_dicts=_DICTS)
        except Unsendable as error:
            write_frame(replies, ("unsendable", error.kind))
        except RuntimeError:  # a thread of the candidate's changes what it has returned
            write_frame(replies, ("unsendable", "data that changes"))


def read_job(fd: int) -> Any:
    """The value in a file, which is closed."""
    with open(fd, "rb") as file:
        return load(file.read())


def load_module(source: str, name: str = MODULE, file: str = FILE) -> ModuleType:
    """Run a source as a module.

    Raises:
        BaseException: Whatever it raises.
    """
    if "\0" in source:
        raise SyntaxError("source code cannot contain null bytes")  # some versions raise ValueError
    module = ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102  what sandboxes are for
    return module


def _names(scope: Mapping[str, Any]) -> list[str]:
    names = [name for name, value in list(scope.items()) if type(name) is str and callable(value)]
    return [name for name in names if not name.startswith("__")][:_MAX_NAMES]


def _answer(
    scope: Mapping[str, Any], source: str, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Any, ...]:
    try:
        function: Callable[..., object] = scope[name]
        value = function(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001  the candidate may raise anything
        return ("raised", *error_reply(error, source))
    return "returned", value


def error_reply(error: BaseException, source: str) -> tuple[list[str], str, str, int]:
    """An exception as plain data: names of its classes, message, where in the source it came from, and the line."""
    if isinstance(error, SyntaxError) and error.filename in (FILE, None):
        place, line = _syntax_place(error), error.lineno or 0
    else:
        place, line = _trace(error, source)
    names = [kind.__name__ for kind in type(error).__mro__][:20]
    return names, _message(error), place[:MAX_TEXT], line


def _message(error: BaseException) -> str:
    try:
        # Of one argument, that: a KeyError shows it in quotes, and so would the one made of it.
        said = error.args[0] if len(error.args) == 1 and type(error.args[0]) is str else str(error)
        text = str(error.msg) if isinstance(error, SyntaxError) else said
        return "".join(list(text)[:MAX_TEXT])
    except BaseException:  # noqa: BLE001  its __str__ is the candidate's
        return ""


def _syntax_place(error: SyntaxError) -> str:
    if error.lineno is None:
        return "the whole text"
    text = str(error.text or "").rstrip()
    return f"line {error.lineno}, column {error.offset}: {text.strip()}"


def _trace(error: BaseException, source: str) -> tuple[str, int]:
    """The frames of the candidate's own source, the innermost last."""
    lines = source.splitlines()
    frames: list[tuple[int, str]] = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_filename == FILE:
            frames.append((step.tb_lineno, code.co_name))
        step = step.tb_next
    shown = [
        f"line {line}, in {name}: {lines[line - 1].strip() if 0 < line <= len(lines) else ''}"
        for line, name in frames[-_MAX_FRAMES:]
    ]
    return "\n".join(shown), frames[-1][0] if frames else 0
