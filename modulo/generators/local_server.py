"""One llama.cpp server for each GGUF file that this process uses, on loopback.

llama.cpp runs in a child process, not inside this one. Inside, its server cannot be stopped during a request
(the destructor holds the interpreter's lock while it waits for a client that needs this lock), exit crashes if
a daemon thread is in a request, and a failed assertion in C++ would end the caller's program. The child asks
for a key that only this process knows, prints nothing, and ends when this process ends, however that ends.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from modulo.errors import ConfigurationError, MissingDependencyError

__all__ = ["SLOTS", "LocalServer", "serve"]

SLOTS = 2
"""Requests that a server works on at once. Two keep two cores busy, more were no faster; the rest waits."""

_CHILD = Path(__file__).with_name("_llama_process.py")
_CONTEXT_TOKENS = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalServer:
    """Where a running server is reached.

    Attributes:
        base_url: The OpenAI-compatible API, ``http://127.0.0.1:PORT/v1``.
        api_key: The bearer token that every request must carry; each server has its own.
        model: The name that the server gives its model: the file's, without the suffix.
        context_tokens: What one request may use, prompt and answer together.
    """

    base_url: str
    api_key: str = field(repr=False)
    model: str
    context_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    process: subprocess.Popen[str]
    owner: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    server: LocalServer
    process: subprocess.Popen[str]


_running: dict[Path, _Running] = {}
_lock = threading.Lock()
# Apart from the table above, which stays locked while a model loads: exit does not wait for that.
_children: list[_Child] = []


def serve(weights: Path, *, max_seconds: float = 300.0) -> LocalServer:
    """The server of a GGUF file, started on first use and shared by all callers in this process.

    Blocks while the model loads, so call it on a worker thread; several threads may call it at once. A server
    that died is started anew.

    Args:
        weights: A file that ``resolve_weights`` found good.
        max_seconds: How long loading may take.

    Raises:
        ConfigurationError: llama.cpp cannot load the file, or not in that time.
        MissingDependencyError: xllamacpp is not installed, or cannot be imported.
    """
    path = weights.resolve()
    with _lock:
        running = _running.get(path)
        if running is not None and running.process.poll() is None:
            return running.server
        if running is not None:
            _kill(running.process)
        _running[path] = started = _start(path, max_seconds)
        return started.server


def _start(weights: Path, max_seconds: float) -> _Running:
    if importlib.util.find_spec("xllamacpp") is None:
        raise MissingDependencyError("local models need xllamacpp; run `pip install 'llm-modulo[local]'`.")
    api_key = secrets.token_urlsafe(24)
    settings = {
        "weights": str(weights),
        "model": weights.stem,
        "api_key": api_key,
        "slots": SLOTS,
        "context_tokens": _CONTEXT_TOKENS,
        "threads": _usable_cores(),
    }
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = _spawn(log)
        answer = _handshake(process, json.dumps(settings), max_seconds)
        if not answer:
            raise _refusal(weights, _kill(process), log)
    ready = json.loads(answer)
    server = LocalServer(
        base_url=f"{ready['url']}/v1",
        api_key=api_key,
        model=weights.stem,
        context_tokens=ready["context_tokens"],
    )
    return _Running(server=server, process=process)


def _spawn(log: IO[str]) -> subprocess.Popen[str]:
    # -P: the child's own folder is no place to import from.
    command = [sys.executable, "-P", str(_CHILD)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(  # noqa: S603 - our own script
        command, stdin=pipe, stdout=pipe, stderr=log, text=True, encoding="utf-8"
    )
    _children.append(_Child(process=process, owner=os.getpid()))
    return process


def _handshake(process: subprocess.Popen[str], settings: str, max_seconds: float) -> str:
    """The child's one line; empty if it ended without, or was killed because it took too long."""
    assert process.stdin is not None
    assert process.stdout is not None
    deadline = threading.Timer(max_seconds, process.kill)
    deadline.daemon = True
    deadline.start()
    try:
        with process.stdout as output:
            # Standard input stays open after this: it is how the child knows that this process lives.
            process.stdin.write(settings + "\n")
            process.stdin.flush()
            return output.readline()
    except BrokenPipeError:
        return ""
    except BaseException:
        _kill(process)
        raise
    finally:
        deadline.cancel()


def _refusal(weights: Path, status: int, log: IO[str]) -> Exception:
    log.seek(0)
    lines = log.read().splitlines()
    if lines and lines[-1].startswith("ImportError"):
        # Small container images lack libgomp, which the wheel links and does not bring along.
        return MissingDependencyError(f"xllamacpp cannot be imported ({lines[-1]}); install what that names.")
    # "0.00.031.436 E llama_model_load: error loading model: ..."; the first error is the cause of the others.
    errors = [line.partition(" E ")[2].partition(": ")[2] for line in lines]
    reason = next(filter(None, errors), f"its process ended with status {status} before it was ready")
    return ConfigurationError(f"llama.cpp cannot load {str(weights)!r}: {reason.rstrip('.')}.")


def _usable_cores() -> int:
    # llama.cpp's own default counts all cores of the machine, also those that a container may not use.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _kill(process: subprocess.Popen[str]) -> int:
    process.kill()
    status = process.wait()
    # What was not yet written is flushed on closing, to a reader that is gone.
    with suppress(BrokenPipeError):
        assert process.stdin is not None
        process.stdin.close()
    return status


@atexit.register
def _stop_all() -> None:
    for child in _children:
        # A forked process inherits the list, but not the children.
        if child.owner == os.getpid():
            _kill(child.process)
