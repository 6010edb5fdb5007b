"""The program of a worker process: runs critics one at a time for the process that started it.

Calls come in on standard input, answers go out on what was standard output; the critic's own prints go to
standard error, so that they can never be taken for an answer. Each call is answered twice: when the critic
begins, since its deadline covers neither the start of this process nor imports, and when it is done. The
process ends with its parent.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import runpy
import signal
import struct
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any, BinaryIO

from modulo.critique import Critique, critique_json
from modulo.running.verdicts import call_critic
from modulo.running.workers import CALL_ID_BYTES

_HEADER = struct.Struct(">Q")


def main() -> None:
    """Answer calls until standard input closes."""
    _die_with_parent(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends us
    answers = os.fdopen(os.dup(1), "wb")
    calls_in = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    # A process that a critic forks must not hold our channel: it could write to it, and would keep it open.
    channel = (answers.fileno(), calls_in.fileno())
    os.register_at_fork(after_in_child=lambda: _lead_nowhere(*channel))
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_calls, args=(calls_in, calls), daemon=True).start()
    surroundings = _Surroundings(json.loads(calls.get()))
    pid = os.getpid()
    while True:
        call = calls.get()
        call_id, call = call[:CALL_ID_BYTES].hex(), call[CALL_ID_BYTES:]
        for answer in _answers(call, surroundings):
            if os.getpid() != pid:  # forked by C code, which runs nothing that was registered for forks
                os._exit(1)
            payload = json.dumps({**answer, "call": call_id}).encode()
            answers.write(_HEADER.pack(len(payload)) + payload)
            answers.flush()


def _answers(call: bytes, surroundings: _Surroundings) -> Iterator[dict[str, Any]]:
    try:
        if b"__main__" in call:
            surroundings.load_main()
        critic, args = pickle.loads(call)  # noqa: S301  from our parent, who made it
        yield {"begins": True}
        critique = call_critic(critic, args)
        if not isinstance(critique, Critique):
            raise TypeError("it returned something to await, which cannot be done in a worker process")
        document = critique_json(critique)
        json.dumps(document)
        yield document
    except (Exception, SystemExit) as error:  # noqa: BLE001  a critic may raise anything
        yield {"error": f"{type(error).__name__}: {error}"}


def _lead_nowhere(*descriptors: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nothing, descriptor, inheritable=False)
    os.close(nothing)


def _read_calls(stream: BinaryIO, calls: queue.SimpleQueue[bytes]) -> None:
    """Hand on each call; end the process at once when the parent is gone, even amid a critic."""
    with contextlib.suppress(OSError):
        while header := stream.read(_HEADER.size):
            (length,) = _HEADER.unpack(header)
            calls.put(stream.read(length))
    os._exit(0)


def _die_with_parent(lifeline: int) -> None:
    """Fork a watchdog that kills this process group when the parent is gone.

    A critic deep in C code holds the interpreter lock, so no thread of this process could do it.
    """
    if os.fork() != 0:
        os.close(lifeline)
        return
    for stream in (0, 1):
        os.close(stream)
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


class _Surroundings:
    """The parent's import path and main program."""

    def __init__(self, document: dict[str, Any]) -> None:
        sys.path[:] = document["path"]
        sys.argv[:] = document["argv"]
        self._module, self._file = document["main_module"], document["main_file"]
        self._is_loaded = False

    def load_main(self) -> None:
        """Make what the parent's main program defines importable under ``__main__``.

        As with multiprocessing, it runs under another name, so that what stands behind
        ``if __name__ == "__main__"`` does not run again.
        """
        if self._is_loaded or not (self._module or self._file):
            return
        self._is_loaded = True
        run = runpy.run_module if self._module else runpy.run_path
        main = types.ModuleType("__mp_main__")
        main.__dict__.update(run(self._module or self._file, run_name="__mp_main__"))
        sys.modules["__main__"] = sys.modules["__mp_main__"] = main


if __name__ == "__main__":
    main()
