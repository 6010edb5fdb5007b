"""litellm's own replays are off for our calls, and for nobody else's."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest

from modulo.generators.llm_connections import LITELLM_LOOP, forbid_replays


class Handler:
    """An HTTP handler that replays a lost request, as litellm's does."""

    async def post(self) -> str:
        try:
            raise ConnectionError("lost after it was sent")
        except ConnectionError:
            return await self.single_connection_post_request()

    async def single_connection_post_request(self) -> str:
        await asyncio.sleep(0)
        return "sent again"


@pytest.fixture
def handler() -> Handler:
    class Guarded(Handler):
        single_connection_post_request: Any = Handler.single_connection_post_request

    forbid_replays(Guarded)
    forbid_replays(Guarded)
    return Guarded()


def test_in_our_loop_the_error_comes_out_in_place_of_a_replay(handler: Handler) -> None:
    with pytest.raises(ConnectionError, match="lost after it was sent"):
        anyio.run(LITELLM_LOOP.run, handler.post)


def test_in_other_loops_litellm_does_as_it_likes(handler: Handler) -> None:
    assert anyio.run(handler.post) == "sent again"


def test_a_handler_without_replays_is_left_alone() -> None:
    class Handler: ...

    forbid_replays(Handler)
