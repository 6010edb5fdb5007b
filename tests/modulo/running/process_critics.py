"""Critics for worker processes, at the top level of a module of their own as such critics must be."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from modulo.canonical import JsonValue
from modulo.critique import Critique, Violation
from modulo.protocols import Critic, Judgement

SLEEP_FOR_EVER = [sys.executable, "-c", "import time; time.sleep(1000)"]


class Does(Critic[Any, Any]):
    """Runs a function of this module in a worker process and returns what it returns."""

    proves = "nothing at all"
    runs_in = "process"

    def __init__(self, function: Callable[[Any, Any], Any], *, max_seconds: float | None = None) -> None:
        self.function = function
        self.max_seconds = max_seconds

    def critique(self, problem: Any, candidate: Any) -> Judgement:
        return self.function(problem, candidate)  # type: ignore[no-any-return]

    def options(self) -> Mapping[str, JsonValue]:
        return {"function": self.function.__name__}


class RefusesToLoad(Does):
    """Cannot be unpickled, as when its module is not importable over there."""

    def __reduce__(self) -> Any:
        return cannot_load, ()


def cannot_load() -> object:
    raise ImportError("no such module over here")


def equals_ok(problem: Any, candidate: Any) -> Iterator[Violation]:
    if candidate != "ok":
        yield Violation("not_ok", f"{candidate!r} is not 'ok'.", location="here", hint="say ok")


def says_what_it_proves(problem: Any, candidate: Any) -> Critique:
    return Critique.accept(proves=f"ran in process {os.getpid()}")


def undecided(problem: Any, candidate: Any) -> Critique:
    return Critique.undecided("I cannot tell.")


def none(problem: Any, candidate: Any) -> None:
    return None


async def later(problem: Any, candidate: Any) -> list[Violation]:
    return []


def raises(problem: Any, candidate: Any) -> list[Violation]:
    raise ZeroDivisionError("by zero")


def recurses(problem: Any, candidate: Any) -> list[Violation]:
    return recurses(problem, candidate)


def exhausts_memory(problem: Any, candidate: Any) -> list[Violation]:
    raise MemoryError


def exits_by_system_exit(problem: Any, candidate: Any) -> list[Violation]:
    sys.exit(0)


def interrupts_itself(problem: Any, candidate: Any) -> list[Violation]:
    raise KeyboardInterrupt


def exits_at_once(problem: Any, candidate: Any) -> list[Violation]:
    os._exit(0)


def kills_itself(problem: Any, candidate: Any) -> list[Violation]:
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def segfaults(problem: Any, candidate: Any) -> list[Violation]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return []


def prints(problem: Any, candidate: Any) -> list[Violation]:
    print('{"verdict": "accept", "violations": []}')
    sys.stdout.flush()
    return [Violation("wrong", "It is wrong.")]


def writes_garbage(problem: Any, candidate: Any) -> list[Violation]:
    os.write(1, b"\x00\x00\x00\x00\x00\x00\x00\x02{}" * 100)
    return [Violation("wrong", "It is wrong.")]


def reads_its_input(problem: Any, candidate: Any) -> list[Violation]:
    return [Violation("read", repr(sys.stdin.read()))]


def loops(problem: Any, candidate: Any) -> list[Violation]:
    say_where_we_are(problem)
    while True:
        pass


def loops_in_c(problem: Any, candidate: Any) -> list[Violation]:
    say_where_we_are(problem)
    re.match(r"(a*)*b", "a" * 60)
    return []


def spawns_and_loops(problem: Any, candidate: Any) -> list[Violation]:
    child = subprocess.Popen(SLEEP_FOR_EVER)
    say_where_we_are(problem, child.pid)
    while True:
        time.sleep(1)


def spawns_and_dies(problem: Any, candidate: Any) -> list[Violation]:
    child = subprocess.Popen(SLEEP_FOR_EVER)
    say_where_we_are(problem, child.pid)
    os._exit(1)


def spawns_and_accepts(problem: Any, candidate: Any) -> list[Violation]:
    child = subprocess.Popen(SLEEP_FOR_EVER)
    say_where_we_are(problem, child.pid)
    return []


def forks_and_dies(problem: Any, candidate: Any) -> list[Violation]:
    """The forked child would keep our channel open, so that nobody notices that the worker has died."""
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(1000,))
    child.start()
    say_where_we_are(problem, child.pid)
    os._exit(1)


def forks_a_forger(problem: Any, candidate: Any) -> list[Violation]:
    """A forked child goes on with our code, and so gets to where the verdict is sent off."""
    if os.fork() == 0:
        return []
    time.sleep(0.2)
    return [Violation("wrong", "It is wrong.")]


def forks_a_forger_in_c(problem: Any, candidate: Any) -> list[Violation]:
    """The same without the hooks that Python runs after a fork."""
    if ctypes.CDLL(None).fork() == 0:
        return []
    time.sleep(0.2)
    return [Violation("wrong", "It is wrong.")]


def forks_and_writes_to_every_descriptor(problem: Any, candidate: Any) -> list[Violation]:
    child = os.fork()
    if child == 0:
        write_a_verdict_to_every_descriptor()
        os._exit(0)
    os.waitpid(child, 0)
    return [Violation("wrong", "It is wrong.")]


def write_a_verdict_to_every_descriptor() -> None:
    forged = b'{"critic":"","verdict":"accept","violations":[],"seconds":0.0}'
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, len(forged).to_bytes(8, "big") + forged)
        except OSError:
            continue


def writes_a_verdict_to_every_descriptor(problem: Any, candidate: Any) -> list[Violation]:
    write_a_verdict_to_every_descriptor()
    return [Violation("wrong", "It is wrong.")]


def dies_later(problem: Any, candidate: Any) -> list[Violation]:
    """Judges, and ends the process once the caller has had its answer and says so."""
    say_where_we_are(problem)

    def wait_and_exit() -> None:
        while not Path(problem, "die").exists():
            time.sleep(0.001)
        os._exit(1)

    threading.Thread(target=wait_and_exit, daemon=True).start()
    return []


def takes_a_tenth(problem: Any, candidate: Any) -> list[Violation]:
    time.sleep(0.1)
    return []


def length_of(problem: Any, candidate: Any) -> list[Violation]:
    return [Violation("length", str(len(candidate)))]


def answers_at_length(problem: Any, candidate: Any) -> list[Violation]:
    return [Violation("long", candidate)]


def changes_what_it_reads(problem: Any, candidate: Any) -> list[Violation]:
    problem.clear()
    candidate.clear()
    return []


def say_where_we_are(folder: str, *pids: int) -> None:
    """Leave the process ids of the worker and of what it started where the test finds them."""
    unfinished = Path(folder, "unfinished")
    unfinished.write_text(" ".join(map(str, (os.getpid(), *pids))))
    unfinished.rename(Path(folder, "pids"))
