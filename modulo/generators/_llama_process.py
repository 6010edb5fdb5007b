"""The child process in which llama.cpp serves one GGUF file; ``local_server`` starts it, by path.

It reads one line of JSON settings from standard input, answers with one line of JSON on standard output, then
serves until its standard input closes. That happens however the parent ends, ``kill -9`` included. It imports
nothing of Modulo, so that it starts fast and its failures cannot be ours.
"""

from __future__ import annotations

import http.client
import importlib
import json
import os
import signal
import sys
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

__all__ = ["main"]

# Errors only: they are the reason that the parent gives when the model does not load.
_VERBOSITY = 1
# Prompts are read this many tokens at a time, and a cancelled request ends only between two such steps.
_BATCH_TOKENS = 512
# How long an OpenMP thread spins for the others before it sleeps. By default it spins so long that one busy
# program beside it makes llama.cpp thirty times slower (measured on 2 cores: 100 tokens per second, then 3).
# At 300 it loses little when the machine is idle, and only its share when it is not.
_SPINS = "300"


def main() -> None:
    """Serve until standard input closes."""
    # Ctrl-C reaches every process of the terminal; only the parent decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    settings = json.loads(sys.stdin.readline())
    xllamacpp = importlib.import_module("xllamacpp")
    server = xllamacpp.Server(_parameters(xllamacpp, settings))
    url = server.listening_address
    answer = {"url": url, "context_tokens": _context_tokens(url, settings["api_key"])}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    _silence()
    sys.stdin.read()
    # Not sys.exit: the server's destructor waits for requests in flight, forever if their client is gone.
    os._exit(0)


def _parameters(xllamacpp: Any, settings: dict[str, Any]) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["weights"]
    parameters.model_alias = {settings["model"]}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    # Loopback is open to every user of the machine and to the pages in their browsers; a key is not.
    parameters.api_keys = [settings["api_key"]]
    parameters.n_parallel = settings["slots"]
    parameters.n_ctx = settings["slots"] * settings["context_tokens"]
    parameters.n_batch = parameters.n_ubatch = _BATCH_TOKENS
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings["threads"]
    # A prompt of which a part is cached is computed in other batches, and rounds to other tokens: measured,
    # no answer of 16 stayed the same. Without the cache a seed gives one answer, whatever else is running.
    parameters.cache_prompt = False
    parameters.cache_ram_mib = 0
    parameters.ui = parameters.endpoint_slots = parameters.warmup = parameters.fit_params = False
    parameters.verbosity = _VERBOSITY
    return parameters


def _context_tokens(url: str, api_key: str) -> int:
    """What one request may use: what was asked for, or less if the model was trained on less."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    with closing(connection):
        connection.request("GET", "/props", headers={"Authorization": f"Bearer {api_key}"})
        return int(json.load(connection.getresponse())["default_generation_settings"]["n_ctx"])


def _silence() -> None:
    """Let go of the parent's pipes, which nobody reads from here on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


if __name__ == "__main__":
    main()
