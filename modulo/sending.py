"""Whether a call was sent at all: what was cancelled while it queued costs nothing."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

__all__ = ["Sending", "begin", "end", "tell_whether_sent"]


class Sending:
    """A call to a generator, made between ``begin`` and ``end``."""

    __slots__ = ("_was_sent",)

    def __init__(self) -> None:
        self._was_sent: bool | None = None

    @property
    def must_be_paid(self) -> bool:
        """Whether it may have been sent: nobody has said that it was not, or something of it was."""
        return self._was_sent is not False

    def tell(self, was_sent: bool) -> None:
        """Hear of one request of this call whether it was sent."""
        self._was_sent = was_sent or bool(self._was_sent)


_SENDING: Final[ContextVar[Sending | None]] = ContextVar("modulo_sending", default=None)

# No context manager, since this happens in every round and these are plain calls of C.
begin: Final = _SENDING.set
end: Final = _SENDING.reset


def tell_whether_sent(was_sent: bool) -> None:
    """Say in a generator, once it is done with a request or cancelled, whether the request was sent.

    A call that is cancelled may have to be paid, so its worst case stays booked, unless nothing was sent. One
    that says nothing is taken for sent.
    """
    call = _SENDING.get()
    if call is not None:
        call.tell(was_sent)
