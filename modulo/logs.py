"""The library's log events: constant names with fields. Nothing here configures logging.

structlog takes 0.2 s to load, so it is loaded with the first event, and only what somebody should look at is one.
"""

from __future__ import annotations

__all__ = ["warn"]


def warn(event: str, **fields: object) -> None:
    """Log something that somebody should look at, e.g. ``warn("critic_failed", critic="val", reason="...")``."""
    import structlog

    structlog.get_logger("modulo").warning(event, **fields)
