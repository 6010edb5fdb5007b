"""An OpenAI-compatible HTTP server on loopback that plays a script of answers and faults, and keeps the bill.

The tests reach it through litellm over a real socket, because the faults that matter (a connection that drops
in the middle of a body, a stall, a `Retry-After` header) happen in the transport, below anything that could
be mocked. Every request takes the next step of the script, in the order of arrival:

    with ScriptedServer([Reply("hello"), Status(429, retry_after=1), Stall()]) as server:
        ...                              # point a client at server.base_url
    assert [request.body["n"] for request in server.requests] == [1, 1, 1]
    assert server.billed.prompt_tokens == 11

The server bills as a provider may: a call that was worked on is billed, whether the answer arrived or not.
So `billed_and_reported` is what a client can know, and `billed_unreported` is what it can only bound.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.scripted_steps import (
    Drop,
    RawBody,
    Reply,
    Reports,
    Stall,
    Status,
    Step,
    Tokens,
    completion,
    error_body,
    openai_error,
)

__all__ = ["Bill", "RecordedRequest", "ScriptedServer", "closed_port_url"]

T = TypeVar("T")

_WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """One request as it arrived; `seconds` is the arrival after the server's start."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A sum over billed calls."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(slots=True, kw_only=True)
class _Charge:
    tokens: Tokens
    reported: bool


def _sum(charges: Iterable[_Charge]) -> Bill:
    tokens = [charge.tokens for charge in charges]
    return Bill(
        calls=len(tokens),
        prompt_tokens=sum(each.prompt for each in tokens),
        completion_tokens=sum(each.completion for each in tokens),
    )


class ScriptedServer:
    """Plays `script`, one step a request; a callable script is asked for each request's step.

    A request beyond the end of the script is answered with status 418, and leaving the `with` block then
    fails: a client that sends more requests than the test foresaw is a fault in itself.
    """

    def __init__(self, script: Sequence[Step] | Callable[[RecordedRequest], Step]) -> None:
        self.requests: list[RecordedRequest] = []
        self.unexpected_requests = 0
        self.clients_left = 0
        """Requests whose client closed the connection before the answer was complete."""
        self.peak_in_flight = 0
        self._script = script
        self._releases = asyncio.Semaphore(0)
        self._charges: list[_Charge] = []
        self._in_flight = 0
        self._changed = threading.Condition()
        self._connections: set[asyncio.Task[None]] = set()
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted-server")
        self._thread.start()
        self._server = self._in_thread(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self._port: int = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._in_thread(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_WAIT_SECONDS)
        self._loop.close()
        if kind is None and self.unexpected_requests:
            raise AssertionError(f"{self.unexpected_requests} requests arrived after the end of the script")

    @property
    def base_url(self) -> str:
        """What a client takes as its `api_base`."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def billed(self) -> Bill:
        """Every call that was worked on."""
        return _sum(self._charges)

    @property
    def billed_and_reported(self) -> Bill:
        """The billed calls whose usage the client was told."""
        return _sum(charge for charge in self._charges if charge.reported)

    @property
    def billed_unreported(self) -> Bill:
        """The billed calls whose usage the client could not learn."""
        return _sum(charge for charge in self._charges if not charge.reported)

    def release(self, count: int = 1) -> None:
        """Let `count` held replies go."""
        for _ in range(count):
            self._loop.call_soon_threadsafe(self._releases.release)

    def wait_until(self, holds: Callable[[Self], bool], *, seconds: float = _WAIT_SECONDS) -> None:
        """Block until `holds(server)`; from async code, in a worker thread. `TimeoutError` after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: holds(self), seconds):
                raise TimeoutError(f"the server saw {len(self.requests)} requests and nothing more")

    def _in_thread(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_WAIT_SECONDS)

    async def _stop(self) -> None:
        self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left or the server stops; both end the conversation
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            self._connections.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await self._read(reader)) is not None:
            step = self._next_step(request)
            self._count(in_flight=1)
            try:
                keep_alive = await self._play(step, reader, writer)
            finally:
                self._count(in_flight=-1)
            if not keep_alive:
                return

    async def _read(self, reader: asyncio.StreamReader) -> RecordedRequest | None:
        head = await reader.readuntil(b"\r\n\r\n")
        start, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        return RecordedRequest(
            path=start.split(" ")[1],
            headers=headers,
            body=json.loads(content) if content else {},
            seconds=time.monotonic() - self._started,
        )

    def _next_step(self, request: RecordedRequest) -> Step:
        with self._changed:
            self.requests.append(request)
            position = len(self.requests) - 1
            self._changed.notify_all()
        if callable(self._script):
            return self._script(request)
        if position < len(self._script):
            return self._script[position]
        self.unexpected_requests += 1
        return Status(418, error=openai_error("the script has ended", "script_ended", None))

    def _count(self, *, in_flight: int) -> None:
        with self._changed:
            self._in_flight += in_flight
            self.peak_in_flight = max(self.peak_in_flight, self._in_flight)
            self._changed.notify_all()

    def _charge(self, tokens: Tokens, *, reported: bool) -> None:
        self._charges.append(_Charge(tokens=tokens, reported=reported))

    async def _play(self, step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer by the step; whether the connection may serve another request."""
        match step:
            case Reply():
                return await self._reply(step, reader, writer)
            case Status():
                await _send(writer, step.code, *error_body(step), headers=step.headers())
                return True
            case RawBody():
                self._charge(step.tokens, reported=False)
                await _send(writer, 200, step.content, step.content_type)
                return True
            case Stall():
                self._charge(step.tokens, reported=False)
                await self._stall(step, reader, writer)
                return False
            case Drop():
                self._charge(step.tokens, reported=False)
                await _drop(step, writer)
                return False

    async def _reply(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if reply.held and not await self._released(reader):
            self._charge(reply.tokens, reported=False)
            return False
        self._charge(reply.tokens, reported=reply.reports is Reports.FULL)
        await _send(writer, 200, completion(reply), "application/json")
        return True

    async def _released(self, reader: asyncio.StreamReader) -> bool:
        """Wait for a release; False when the client left first."""
        release = asyncio.ensure_future(self._releases.acquire())
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({release, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not release.done():
                self._note_client_left()
            return release.done()
        finally:
            release.cancel()
            gone.cancel()
            await asyncio.gather(release, gone, return_exceptions=True)

    async def _stall(self, stall: Stall, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if stall.mid_body:
            await _send_half(writer)
        await reader.read(1)
        self._note_client_left()

    def _note_client_left(self) -> None:
        with self._changed:
            self.clients_left += 1
            self._changed.notify_all()


def _head(code: int, content_type: str, length: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {code} Scripted", f"Content-Type: {content_type}", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _send(
    writer: asyncio.StreamWriter,
    code: int,
    body: bytes,
    content_type: str,
    headers: Mapping[str, str] | None = None,
) -> None:
    writer.write(_head(code, content_type, len(body), headers or {}) + body)
    await writer.drain()


async def _send_half(writer: asyncio.StreamWriter) -> None:
    """Headers that promise a whole completion, and the first half of it."""
    body = completion(Reply("this answer never arrives in full"))
    writer.write(_head(200, "application/json", len(body), {}) + body[: len(body) // 2])
    await writer.drain()


async def _drop(drop: Drop, writer: asyncio.StreamWriter) -> None:
    if drop.mid_body:
        await _send_half(writer)
    if drop.reset:
        connection: socket.socket = writer.get_extra_info("socket")
        # Closing with a linger time of zero makes the kernel send RST (socket(7), SO_LINGER).
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


def closed_port_url() -> str:
    """A base URL on a loopback port that refuses connections: it was bound a moment ago and closed again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return f"http://127.0.0.1:{port}/v1"
