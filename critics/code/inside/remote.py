"""The tests' side of the wall: calls to the candidate, as functions that tests can call.

Whatever comes back is taken apart by ``wire`` first. What is no plain data, and everything after which no call can
be answered, ends the check at once: no ``except`` of a test's can turn it into a pass.
"""

from __future__ import annotations

import builtins
import select
import threading
from collections.abc import Callable
from typing import Any, Final, NoReturn

from modulo.critics.code.inside.reporting import Report, shortened, shown
from modulo.critics.code.inside.wire import Unsendable, WireError, read_frame, write_frame

__all__ = ["CandidateError", "Remote", "remote_trace", "report_unloaded"]


class CandidateError(Exception):
    """Stands for an exception of the candidate's that is no built-in one."""


# Exceptions that mean something to the interpreter: a loop over calls would take StopIteration for its end. Groups
# cannot be made of a message alone.
_NEVER: Final = (StopIteration, StopAsyncIteration, BaseExceptionGroup)
_MIRRORED: Final = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, _NEVER)
}
_MAX_LINES: Final = 10**7
_ENDS: Final = ("SystemExit", "KeyboardInterrupt", "GeneratorExit")


class Remote:
    """The candidate, as far as it can be reached: through calls.

    Args:
        calls: The pipe that takes calls.
        replies: The pipe that gives their replies.
        report: Hears of what goes wrong.
    """

    def __init__(self, calls: int, replies: int, report: Report) -> None:
        self._calls = calls
        self._replies = replies
        self._report = report
        self._lock = threading.Lock()
        self._call_made: tuple[str, tuple[Any, ...], dict[str, Any]] | None = None
        self._returned: list[Any] = []

    @property
    def latest(self) -> str | None:
        """The latest call, as text; None before any."""
        return call_text(*self._call_made) if self._call_made else None

    @property
    def latest_result(self) -> str | None:
        """What the latest call returned, as text; None if it has not."""
        return shown(self._returned[0]) if self._returned else None

    def wait_until_loaded(self) -> list[str]:
        """Names of the callables that the candidate defines; reports why there are none."""
        reply = self._reply()
        match reply:
            case ("loaded", list(names)):
                return [name for name in names if _is_plain_name(name)]
            case ("failed", list(kinds), str(message), str(place), int(line)):
                report_unloaded(self._report, kinds, message, place, line)
        return self._nonsense()

    def function(self, name: str) -> Callable[..., Any]:
        """A function that calls the candidate's function of that name."""

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                return self._call(name, args, kwargs)

        call.__name__ = call.__qualname__ = name
        return call

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._report.calls += 1
        # Made into texts only for who asks: that can take longer than the call.
        self._call_made, self._returned = (name, args, kwargs), []
        # Else it ends while it should take the call, and may have been killed for not doing that.
        when = "before" if self._is_gone() else "during"
        try:
            write_frame(self._calls, (name, args, kwargs))
        except Unsendable as error:
            self._report.broken(
                f"the tests pass {error.kind} to the code, and only plain data can cross to it; "
                "run tests and code together if they must share objects"
            )
        except OSError:
            self._report.end_with("died", f"The program ended {when} {self.latest}.", when=when)
        return self._result(self._reply())

    def _is_gone(self) -> bool:
        """Whether nobody can take a call any more."""
        poll = select.poll()
        poll.register(self._calls, 0)  # errors are told in any case
        return bool(poll.poll(0))

    def _result(self, reply: Any) -> Any:
        match reply:
            case ("returned", value):
                self._returned = [value]
                return value
            case ("unsendable", str(kind)):
                self._report.end_with(
                    "not_plain_data",
                    f"{self.latest} returned {shortened(kind)}. Only plain data counts: "
                    "None, bool, int, float, complex, str, bytes, list, tuple, dict, set and frozenset.",
                    actual=shortened(kind),
                )
            case ("raised", list(kinds), str(message), str(place), int(line)):
                names = [kind for kind in kinds if type(kind) is str]
                raise self._mirrored(names, message, place, line if 0 < line < _MAX_LINES else 0)
        return self._nonsense()

    def _reply(self) -> Any:
        try:
            return read_frame(self._replies)
        except EOFError:
            self._report.end_with("died", f"The program ended {self._when}.", when="during")
        except WireError as error:
            self._report.end_with("malformed_reply", f"What came back {self._when} is no data: {error}.")
        except MemoryError:
            self._report.end_with("malformed_reply", f"What came back {self._when} takes too much memory.")

    @property
    def _when(self) -> str:
        return f"during {self.latest}" if self._call_made else "while it was loaded"

    def _mirrored(self, kinds: list[str], message: str, place: str, line: int) -> Exception:
        """An exception like the candidate's: of the first of its classes that is built in."""
        first = shortened(kinds[0]) if kinds else "Exception"
        if any(name in _ENDS for name in kinds):
            self._report.end_with(
                "exit", f"{self.latest} ended the program ({first}).", location=_at(line), trace=place
            )
        kind = next((_MIRRORED[name] for name in kinds if name in _MIRRORED), None)
        if kind in (None, Exception) or any(name in ("StopIteration", "StopAsyncIteration") for name in kinds):
            error: Exception = CandidateError(f"{first}: {message}")
        else:
            assert kind is not None
            error = kind.__new__(kind)
            error.args = (message,)
        error.__dict__["_modulo_candidate"] = (first, message, place, line)
        return error

    def _nonsense(self) -> NoReturn:
        self._report.end_with("malformed_reply", "What came back from the program is no reply.")


def report_unloaded(report: Report, kinds: list[Any], message: str, place: str, line: int) -> NoReturn:
    """Report a program that could not be loaded, and end."""
    first = shortened(kinds[0]) if kinds and type(kinds[0]) is str else "Exception"
    if any(name == "SyntaxError" for name in kinds):
        report.end_with("syntax", f"It is no Python: {message} ({place}).", location=_at(line))
    report.end_with(
        "load",
        f"Running the program, before any test, raised {first}: {shortened(message)}.",
        location=_at(line),
        trace=place,
    )


def remote_trace(error: BaseException) -> tuple[str, str, str, int] | None:
    """Type, message, trace and line of the candidate's exception that this one stands for; None if for none."""
    found: tuple[str, str, str, int] | None = getattr(error, "__dict__", {}).get("_modulo_candidate")
    return found


def call_text(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """A call as it stands in a program, shortened."""
    given = [shown(value, 120) for value in args]
    given += [f"{key}={shown(value, 120)}" for key, value in kwargs.items()]
    return shortened(f"{name}({', '.join(given)})")


def _at(line: int) -> str | None:
    return f"line {line}" if 0 < line < _MAX_LINES else None


def _is_plain_name(name: Any) -> bool:
    """Whether a name is one that a module of tests may have without noticing: it must not be one of Python's own."""
    return type(name) is str and name.isidentifier() and not name.startswith("__")
