"""The tests' side: what is reported of them, once and for all.

A report is the check's nonce and one value, and the process ends with it. A process that ends without one has not
passed, whatever its exit code.
"""

from __future__ import annotations

import os
from typing import Any, Final, NoReturn

from modulo.critics.code.inside.wire import dump

__all__ = ["MAX_FAULTS", "Report", "shortened", "shown"]

MAX_FAULTS: Final = 10
_MAX_TEXT: Final = 300
_MAX_DETAIL: Final = 2000
"""Longest text in a report, which must stay shorter than what the parent reads, whatever the candidate sent."""
_NOT_OURS: Final = 1


class Report:
    """Counts what passes, collects what does not, and ends the process with both.

    Args:
        fd: The pipe that takes the report.
        nonce: What the parent gave this check to sign it with.
    """

    def __init__(self, fd: int, nonce: bytes) -> None:
        self._fd = fd
        self._nonce = nonce
        self._pid = os.getpid()
        self._faults: list[dict[str, Any]] = []
        self.passed = 0
        self.calls = 0
        self.doubt = ""
        """Why the tests decide nothing even if all that came to a result passed."""

    @property
    def has_faults(self) -> bool:
        """Whether anything failed so far."""
        return bool(self._faults)

    def fault(self, code: str, message: str, **details: str | None) -> None:
        """Note one thing that the candidate did wrong."""
        given = {"message": message, **{name: text for name, text in details.items() if text is not None}}
        self._faults.append(
            {"code": code, **{name: shortened(text, _MAX_DETAIL) for name, text in given.items()}}
        )

    def end_if_many(self) -> None:
        """End here if there is no point in going on."""
        if len(self._faults) >= MAX_FAULTS:
            self.end()

    def end(self) -> NoReturn:
        """Report that the tests have run."""
        self._write("failed" if self._faults else "passed", "")

    def end_with(self, code: str, message: str, **details: str | None) -> NoReturn:
        """Report a fault after which nothing can be tested any more."""
        self.fault(code, message, **details)
        self.end()

    def broken(self, reason: str) -> NoReturn:
        """Report that the tests themselves are at fault, so that they say nothing of the candidate."""
        self._write("broken", shortened(reason, _MAX_DETAIL))

    def _write(self, outcome: str, reason: str) -> NoReturn:
        document = {
            "outcome": outcome,
            "reason": reason,
            "passed": self.passed,
            "calls": self.calls,
            "faults": self._faults,
        }
        data = self._nonce + dump(document)
        if os.getpid() != self._pid:
            # A process that the tests forked reports nothing, and they must not take its end for a success.
            os._exit(_NOT_OURS)
        while data:
            data = data[os.write(self._fd, data) :]
        os._exit(0)


def shown(value: object, most: int = _MAX_TEXT) -> str:
    """A value as it stands in a program, shortened. Never raises for plain data."""
    try:
        return shortened(repr(value), most)
    except ValueError:  # an int of more digits than Python writes
        return f"<{type(value).__name__} with too many digits to show>"


def shortened(text: str, most: int = _MAX_TEXT) -> str:
    """A text, its middle left out if it is long."""
    if len(text) <= most:
        return text
    half = most // 2 - 2
    return f"{text[:half]} ... {text[-half:]}"
