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


def on_a_terminal(columns: int, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit code and everything that a command prints on a terminal of this width."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    unset = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**unset, "TERM": "xterm", "PYTHONUTF8": "1", **environment},
    )
    os.close(theirs)
    printed = bytearray()
    try:
        while data := os.read(ours, 65536):
            printed += data
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    return process.wait(), printed.decode()


@pytest.fixture
def solving(tmp_path: Path) -> list[str]:
    """A run whose model writes escape sequences, markup and what no encoding carries, then a right answer."""
    problem = {"nodes": ["É", "B"], "edges": [["É", "B"]], "colors": ["röd", "blå"]}
    (tmp_path / "problem.json").write_text(json.dumps(problem))
    colored = [{"É": "röd", "B": "\x1b]0;owned\x07[/red]\ud800"}, {"É": "röd", "B": "blå"}]
    responses = [{"text": json.dumps(coloring)} for coloring in colored]
    (tmp_path / "runs.jsonl").write_text(json.dumps({"problem": problem, "responses": responses}))
    model = f"transcript:{tmp_path / 'runs.jsonl'}"
    return ["solve", "graph_coloring", "--problem", str(tmp_path / "problem.json"), "--model", model]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
def test_a_terminal_shows_a_live_table(solving: list[str]) -> None:
    code, printed = on_a_terminal(100, *solving)
    assert code == 0
    assert "┃" in printed
    assert '{"B": "blå", "É": "röd"}' in printed


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
@pytest.mark.parametrize(("columns", "term"), [(20, "xterm"), (100, "dumb")])
def test_a_terminal_without_room_or_cursor_shows_lines(solving: list[str], columns: int, term: str) -> None:
    code, printed = on_a_terminal(columns, *solving, TERM=term)
    assert code == 0
    assert "round 2: accepted" in printed
    assert "\x1b" not in printed


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
def test_no_color_shows_none(solving: list[str]) -> None:
    _, printed = on_a_terminal(100, *solving, NO_COLOR="1")
    assert "\x1b[31m" not in printed
    assert "\x1b[32m" not in printed


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
def test_what_a_model_writes_does_not_steer_the_terminal(solving: list[str]) -> None:
    for environment in ({}, {"TERM": "dumb"}):
        code, printed = on_a_terminal(100, *solving, "--rounds", "1", **environment)
        assert code == 1
        assert "\x1b]0;" not in printed
        assert "Traceback" not in printed


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_other_encodings_than_utf_8_are_no_obstacle(solving: list[str], environment: dict[str, str]) -> None:
    done = command(*solving, env={**os.environ, **environment})
    assert done.returncode == 0
    assert b"certified (proof)" in done.stdout
    assert b"Traceback" not in done.stderr
