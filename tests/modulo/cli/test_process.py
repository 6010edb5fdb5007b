"""The command as a process of its own: closed pipes, full disks, Ctrl-C, terminals of all kinds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-c", "from modulo.cli import main; main()"]
PROBLEM = {"nodes": ["A", "B"], "edges": [["A", "B"]], "colors": ["red", "blue"]}
RIGHT = {"A": "red", "B": "blue"}
FULL = Path("/dev/full")
SIGPIPE_OF_A_SHELL = 141


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A batch whose answers do not fit into the buffer of a pipe."""
    row = {"id": "x" * 500, "domain": "graph_coloring", "problem": PROBLEM, "candidate": RIGHT}
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{json.dumps(row)}\n" * 400)
    return path


def command(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, check=False, **options)


def with_closed_pipe(*arguments: object, lines: int) -> tuple[int, bytes]:
    """The exit code and the standard error of a command whose reader leaves after some lines."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    assert process.stdout is not None
    assert process.stderr is not None
    for _ in range(lines):
        process.stdout.readline()
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    return process.wait(), error


def test_a_batch_whose_reader_leaves_ends_without_a_word(rows: Path) -> None:
    assert with_closed_pipe("check", "--batch", rows, lines=1) == (SIGPIPE_OF_A_SHELL, b"")


@pytest.mark.parametrize("arguments", [["graph", "graph_coloring"], ["--help"], ["solve", "--help"]])
def test_other_output_that_nobody_reads_ends_without_a_word(arguments: list[str]) -> None:
    assert with_closed_pipe(*arguments, lines=0) == (SIGPIPE_OF_A_SHELL, b"")


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("arguments", [["domains"], ["--version"], ["doctor", "--json"]])
def test_output_that_cannot_be_written_is_told_in_a_sentence_with_2(arguments: list[str]) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    expected = "modulo: the output cannot be written: No space left on device; write it somewhere else\n"
    assert done.stderr.decode() == expected


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("late", ["click", "structlog", "modulo.cli.check"])
def test_an_interrupt_while_modules_load_ends_the_command_without_a_word(late: str) -> None:
    """Ctrl-C comes at the very moment when a module starts to load."""
    program = f"""
import os, signal, sys
from modulo.cli import main
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {late!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
sys.argv = ["modulo", "check"]
main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_an_interrupt_at_work_is_told_without_a_traceback(rows: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "check", "--batch", str(rows)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 1
    assert error.strip() == b"modulo: interrupted"
