"""Why a condition or an effect has no value: raised while a plan is carried out, never out of the validator."""

from __future__ import annotations

__all__ = ["Meaningless", "TooMuchWork"]


class Meaningless(Exception):
    """An expression without a value: an undefined function, or a division by zero. The plan fails there."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


class TooMuchWork(Exception):
    """Judging takes more than the declared bound; nothing is decided."""
