"""Stands in front of a model on loopback and counts its tokens; once they are spent, it refuses."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

__all__ = ["CountingProxy"]


class CountingProxy:
    """An OpenAI-compatible server that passes requests on.

    Args:
        base_url: The model's server.
        api_key: Its key.
        most_tokens: After so many tokens, requests are refused with status 400.

    Attributes:
        tokens: Tokens read and written so far.
        base_url: Where it is reached.
    """

    def __init__(self, base_url: str, api_key: str, *, most_tokens: int) -> None:
        self.tokens = 0
        self._target, self._key, self._most = base_url, api_key, most_tokens
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> CountingProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Pass a request on."""
        if self.tokens >= self._most:
            return 400, b'{"error": {"message": "the token budget is spent", "type": "budget"}}'
        request = urllib.request.Request(
            self._target.removesuffix("/v1") + path,
            data=body,
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=600) as response:
                answer: bytes = response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        usage: dict[str, Any] = json.loads(answer).get("usage", {})
        with self._lock:
            self.tokens += usage.get("total_tokens", 0)
        return 200, answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = proxy.answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                return

        return Handler
