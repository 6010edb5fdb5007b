"""The library's log events: constant names with fields. Nothing here configures logging.

structlog takes 0.2 s to load, so it is loaded with the first event, and only what somebody should look at is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["expecting_failures", "warn"]

_FAILURES_ARE_EXPECTED: ContextVar[bool] = ContextVar("modulo_failures_are_expected", default=False)


def warn(event: str, **fields: object) -> None:
    """Log something that somebody should look at, e.g. ``warn("critic_failed", critic="val", reason="...")``."""
    if _FAILURES_ARE_EXPECTED.get():
        return
    import structlog

    structlog.get_logger("modulo").warning(event, **fields)


@contextmanager
def expecting_failures() -> Iterator[None]:
    """Where failures are provoked and counted, as in audits, nobody should look at each of them."""
    token = _FAILURES_ARE_EXPECTED.set(True)
    try:
        yield
    finally:
        _FAILURES_ARE_EXPECTED.reset(token)
