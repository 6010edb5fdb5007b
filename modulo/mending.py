"""What a tolerant reformulator mended in a text before it could be read; it stands in the trace."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Final

__all__ = ["Mending", "tell_mended"]

_MOST: Final = 20
"""So many different mends are kept of one text; a text that needs more is hardly one."""


class Mending:
    """What is mended in one text while ``with mending:`` lasts."""

    __slots__ = ("_mends", "_token")

    def __init__(self) -> None:
        self._mends: dict[str, None] = {}

    def __enter__(self) -> Mending:
        self._token: Token[Mending | None] = _MENDING.set(self)
        return self

    def __exit__(self, *raised: object) -> None:
        _MENDING.reset(self._token)

    @property
    def mends(self) -> tuple[str, ...]:
        """What was mended, in words; each once."""
        return tuple(self._mends)

    def tell(self, what: str) -> None:
        """Hear of one mend."""
        if len(self._mends) < _MOST:
            self._mends[what] = None


_MENDING: Final[ContextVar[Mending | None]] = ContextVar("modulo_mending", default=None)


def tell_mended(what: str) -> None:
    """Say in a reformulator that the text was not read as it stands, so that the trace shows it.

    Outside of a run, nobody hears of it.

    Args:
        what: What was mended, in words, constant for a kind of mend: ``"trailing commas"``.
    """
    mending = _MENDING.get()
    if mending is not None:
        mending.tell(what)
