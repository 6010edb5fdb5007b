"""A local model is served to this process alone, answers alike to the same seed, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from modulo.errors import ConfigurationError, MissingDependencyError
from modulo.generators.local_server import LocalServer, serve
from modulo.generators.local_weights import smollm2_weights

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

SERVE_AND = """
import contextlib, json, os, signal, sys, threading, urllib.request
from pathlib import Path
from modulo.generators import local_server
server = local_server.serve(Path(sys.argv[1]))
print(json.dumps(local_server._children[0].process.pid), flush=True)
headers = {"Authorization": f"Bearer {server.api_key}", "Content-Type": "application/json"}
body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4000, "stream": True, "ignore_eos": True}
request = urllib.request.Request(server.base_url + "/chat/completions", json.dumps(body).encode(), headers)
answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
def read():
    with contextlib.suppress(Exception):
        answer.read()
threading.Thread(target=read, daemon=True).start()
"""


@pytest.fixture(scope="module")
def weights() -> Path:
    pytest.importorskip("xllamacpp")
    try:
        return smollm2_weights()
    except MissingDependencyError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def server(weights: Path) -> LocalServer:
    return serve(weights)


def ask(server: LocalServer, *, key: str | None = None, **body: Any) -> tuple[int, Any]:
    """Post a chat completion; the status and the JSON of the answer."""
    headers = {"Authorization": f"Bearer {key or server.api_key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.base_url}/chat/completions", json.dumps(body).encode(), headers)
    try:
        with OPENER.open(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def text(answer: tuple[int, Any]) -> str:
    status, document = answer
    assert status == 200, document
    content = document["choices"][0]["message"]["content"]
    assert isinstance(content, str)
    return content


def user(words: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": words}]


@pytest.mark.model
def test_one_file_has_one_server_however_it_is_named_and_whoever_asks(
    server: LocalServer, weights: Path
) -> None:
    other_name = weights.parent / ".." / weights.parent.name / weights.name
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(serve, [weights, other_name] * 4)) == {server}


@pytest.mark.model
def test_the_server_states_its_model_and_the_context_of_one_request(server: LocalServer) -> None:
    assert server.model == "SmolLM2-135M-Instruct.Q4_1"
    assert server.context_tokens == 8192
    assert server.base_url.endswith("/v1")


@pytest.mark.model
def test_the_server_listens_on_one_loopback_address_only(server: LocalServer) -> None:
    address = urlsplit(server.base_url)
    assert address.hostname == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", address.port or 0), timeout=5)


@pytest.mark.model
def test_a_request_without_the_key_is_refused_and_the_key_is_not_shown(server: LocalServer) -> None:
    status, _ = ask(server, key="another", messages=user("Hello"), max_tokens=1)
    assert status == 401
    assert server.api_key not in repr(server)


@pytest.mark.model
def test_a_seed_gives_one_answer_whatever_else_the_server_does(server: LocalServer) -> None:
    def answer(seed: int) -> str:
        return text(ask(server, messages=user("Name an animal."), seed=seed, temperature=1.0, max_tokens=12))

    alone = [answer(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(answer, range(6)))
    assert together == alone
    assert len(set(alone)) > 1


@pytest.mark.model
def test_an_answer_keeps_to_a_json_schema(server: LocalServer) -> None:
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "blue"]}},
        "required": ["colour"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    answer = ask(server, messages=user("Tell me about the sea."), response_format=form, max_tokens=60, seed=1)
    assert json.loads(text(answer))["colour"] in {"red", "blue"}


@pytest.mark.model
def test_a_prompt_longer_than_the_context_is_refused_with_its_length(server: LocalServer) -> None:
    status, document = ask(server, messages=user("word " * 9000), max_tokens=1)
    assert status == 400
    assert document["error"]["type"] == "exceed_context_size_error"
    assert document["error"]["n_prompt_tokens"] > server.context_tokens


@pytest.mark.model
def test_serving_prints_nothing(weights: Path) -> None:
    command = [sys.executable, "-c", SERVE_AND, str(weights)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60, text=True)
    assert done.stderr == ""
    assert done.stdout.strip().isdigit(), "the script prints one process id, and nobody else prints"


@pytest.mark.model
@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("sys.exit(3)", 3),
        ("raise RuntimeError", 1),
        ("raise KeyboardInterrupt", -signal.SIGINT),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("os._exit(4)", 4),
        ("os.fork() or sys.exit(0); os.wait(); sys.exit(5)", 5),
    ],
)
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux can wait for a process that is no child")
def test_however_the_program_ends_in_a_request_it_ends_at_once_and_the_server_with_it(
    ending: str, status: int, weights: Path
) -> None:
    command = [sys.executable, "-c", SERVE_AND + ending, str(weights)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as program:
        assert program.stdout is not None
        try:
            handle = os.pidfd_open(int(program.stdout.readline()))
        except ProcessLookupError:
            handle = None  # it is gone already
        assert program.wait(timeout=30) == status
    if handle is not None:
        ended, _, _ = select.select([handle], [], [], 30)
        os.close(handle)
        assert ended


def test_a_broken_file_is_refused_with_llama_cpps_reason(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ConfigurationError, match=r"cannot load .*broken\.gguf': bad GGUF version"):
        serve(broken)


def test_a_model_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    with pytest.raises(ConfigurationError, match="before it was ready"):
        serve(tmp_path / "any.gguf", max_seconds=0.0)


def test_without_xllamacpp_the_extra_to_install_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'llm-modulo\[local\]'"):
        serve(tmp_path / "any.gguf")


def test_an_xllamacpp_that_cannot_be_imported_is_a_missing_dependency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match=r"libgomp\.so\.1"):
        serve(tmp_path / "any.gguf")
