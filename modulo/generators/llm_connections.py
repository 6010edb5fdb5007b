"""The loop that litellm runs in, and the guarantee that one call sends at most one request."""

from __future__ import annotations

import functools
import sys
from typing import Any

from modulo.generators.private_loop import PrivateLoop

__all__ = ["LITELLM_LOOP", "forbid_replays", "keep_out_of_logging_worker"]


async def _close_clients() -> None:
    litellm = sys.modules.get("litellm")
    if litellm is not None:
        await litellm.close_litellm_async_clients()


LITELLM_LOOP = PrivateLoop("modulo-litellm", at_exit=_close_clients)


def forbid_replays(http_handler: type[Any]) -> None:
    """Stop litellm's HTTP handler from sending a request again on its own, in our loop only.

    When a connection dies after the request was sent, ``AsyncHTTPHandler.post`` sends it once more through
    ``single_connection_post_request``, whatever the retry settings say: two bills, one of which nobody sees
    (BerriAI/litellm pull request 34830). Here the error that led to the replay is raised instead. Once
    litellm drops that method, this does nothing.
    """
    replay = getattr(http_handler, "single_connection_post_request", None)
    if replay is None or hasattr(replay, "__wrapped__"):
        return

    @functools.wraps(replay)
    async def replay_elsewhere_only(*args: Any, **kwargs: Any) -> Any:
        error = sys.exception()
        if error is not None and LITELLM_LOOP.is_running_here():
            raise error
        return await replay(*args, **kwargs)

    http_handler.single_connection_post_request = replay_elsewhere_only


def keep_out_of_logging_worker() -> None:
    """Mark the calls of the current task as internal to litellm, so that its logging worker leaves them be.

    The worker is one background task for the process and fails, at length and on standard error, when two
    loops call litellm at the same time: ours, and that of a program which uses litellm itself. The price is
    that asynchronous litellm callbacks do not hear of our calls. Their record is the trace.
    """
    context = sys.modules.get("litellm._internal_context")
    if context is not None and hasattr(context, "is_internal_call"):
        context.is_internal_call.set(True)
