"""Stands in front of a model on loopback, and is the one place where a token budget is counted and enforced."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, TypeAlias

__all__ = ["Account", "Backend", "CountingProxy", "Request", "forward_to", "prompt_bound"]


@dataclass(slots=True, kw_only=True)
class Account:
    """The budget of one run, and what it has used.

    Attributes:
        base_url: The OpenAI-compatible server of this run.
        most_tokens: Its budget, prompts included.
        about: What the backend is to know of the run, say its problem.
        tokens: Tokens billed so far.
        calls: Calls answered.
        refused: Calls refused since the budget was spent, or the account closed.
        seconds: Time that the backend took, of all calls together.
        is_closed: Whether everything is refused.
    """

    base_url: str
    most_tokens: int
    about: Any = None
    tokens: int = 0
    calls: int = 0
    refused: int = 0
    seconds: float = 0.0
    is_closed: bool = False
    _set_aside: int = 0
    _begun: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def admit(self, worst: int) -> int | None:
        """The number of a call, from 0, if it may be made; None if it is refused.

        A call may be made while less than the budget is billed, or set aside for calls on their way. So all that
        a run can overrun is what its last call took, however many calls it makes at once.
        """
        with self._lock:
            if self.is_closed or self.tokens + self._set_aside >= self.most_tokens:
                self.refused += 1
                return None
            self._set_aside += worst
            self._begun += 1
            return self._begun - 1

    def settle(self, worst: int, billed: int | None, seconds: float) -> None:
        """Bill a call that was admitted; None for one that the backend did not answer."""
        with self._lock:
            self._set_aside -= worst
            self.seconds += seconds
            if billed is not None:
                self.tokens += billed
                self.calls += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a backend is asked.

    Attributes:
        path: From ``/v1`` on.
        body: The JSON of the request.
        account: Whose call it is.
        number: The call's place in its run, from 0.
    """

    path: str
    body: Mapping[str, Any]
    account: Account
    number: int


Backend: TypeAlias = Callable[[Request], tuple[int, dict[str, Any]]]
"""Gives the HTTP status and the JSON of the answer, with ``usage``."""

_REFUSAL = {"error": {"message": "The budget of this run is spent.", "type": "budget", "code": "budget_spent"}}


def prompt_bound(body: Mapping[str, Any]) -> int:
    """About how many tokens a prompt has: one for three bytes, which is more than English text takes."""
    return sum(len(str(message.get("content") or "").encode()) for message in body.get("messages", ())) // 3


class CountingProxy:
    """An OpenAI-compatible server with an account for each run; past its budget, a run is answered status 400.

    400, since clients take it as final: they would wait and try again after 429.
    """

    def __init__(self, backend: Backend, *, now: Callable[[], float]) -> None:
        self._backend, self._now = backend, now
        self._accounts: list[Account] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())

    def __enter__(self) -> CountingProxy:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def open(self, most_tokens: int, about: Any = None) -> Account:
        """A new account."""
        place = f"http://127.0.0.1:{self._server.server_address[1]}/{len(self._accounts)}/v1"
        self._accounts.append(Account(base_url=place, most_tokens=most_tokens, about=about))
        return self._accounts[-1]

    def answer(self, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Pass a request on, or refuse it."""
        number, _, rest = path.lstrip("/").partition("/")
        account = self._accounts[int(number)]
        worst = prompt_bound(body) + int(body.get("max_tokens") or body.get("max_completion_tokens") or 0)
        call = account.admit(worst)
        if call is None:
            return 400, _REFUSAL
        started, billed = self._now(), None
        try:
            status, answer = self._backend(Request(path="/" + rest, body=body, account=account, number=call))
            if status == 200:
                billed = int(answer["usage"]["total_tokens"])
        finally:
            account.settle(worst, billed, self._now() - started)
        return status, answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = proxy.answer(self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                return

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: clients that were stopped at their deadline leave broken connections."""


def _without_prefix(answer: dict[str, Any], messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What continues an answer that has begun, as vLLM gives it. llama.cpp repeats the beginning, too."""
    for choice in answer["choices"] if messages[-1]["role"] == "assistant" else ():
        message = choice["message"]
        message["content"] = message["content"].removeprefix(messages[-1]["content"])
    return answer


def forward_to(base_url: str, api_key: str, *, seed: int, max_seconds: float) -> Backend:
    """A backend that asks a server.

    Every call gets a seed from its place in the run, so that all have the same luck with the same prompts.
    """

    def forward(request: Request) -> tuple[int, dict[str, Any]]:
        body = {**request.body, "seed": seed + 1000 * int(request.account.about or 0) + request.number}
        # The server knows only the older name.
        body.setdefault("max_tokens", body.pop("max_completion_tokens", None))
        asked = urllib.request.Request(
            base_url.removesuffix("/v1") + request.path,
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(asked, timeout=max_seconds) as response:
                return 200, _without_prefix(json.loads(response.read()), body["messages"])
        except urllib.error.HTTPError as error:
            return error.code, {"error": {"message": error.read().decode("utf-8", "replace"), "type": "server"}}
        except (TimeoutError, urllib.error.URLError) as error:
            return 504, {"error": {"message": f"The model did not answer: {error}", "type": "server"}}

    return forward
