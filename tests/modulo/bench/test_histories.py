"""What a trace tells of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modulo.bench.folder import StudyFolder
from modulo.bench.histories import RunHistory, read_history
from modulo.errors import TraceError
from tests.modulo.bench.studies import OTHER, RIGHT, WRONG, colored, never_right, simulated


def history(folder: StudyFolder, which: int = 0) -> RunHistory:
    return read_history(folder.trace(folder.rows()[which].run))


def test_attempts_come_with_question_answer_candidate_and_critiques(tmp_path: Path) -> None:
    told = history(colored(tmp_path, "no idea", f"Say {WRONG}", RIGHT))
    assert [attempt.text for attempt in told.attempts.values()] == ["no idea", f"Say {WRONG}", RIGHT]
    assert [attempt.verdict for attempt in told.attempts.values()] == ["reject", "reject", "accept"]
    assert [attempt.candidate for attempt in told.attempts.values()] == [
        None,
        json.loads(WRONG),
        json.loads(RIGHT),
    ]
    assert told.certified == 2
    assert told.attempts[1].critiques[-1].violations[0].code
    assert told.attempts[0].usage["prompt_tokens"] == 100


def test_the_first_prompt_is_that_of_the_beginning_of_the_conversation(tmp_path: Path) -> None:
    told = history(colored(tmp_path, WRONG, OTHER, RIGHT))
    assert told.first_prompt(told.attempts[2]) == told.attempts[0].messages
    assert told.attempts[2].messages != told.attempts[0].messages


def test_conversations_are_put_together_again(tmp_path: Path) -> None:
    told = history(never_right(tmp_path))
    first, second = told.attempts[0], told.attempts[1]
    assert [message.role for message in second.messages] == ["user", "assistant", "user"]
    assert second.messages[:1] == first.messages
    assert second.messages[1].content == first.text


def test_a_run_without_a_certificate_has_no_certified_attempt(tmp_path: Path) -> None:
    told = history(colored(tmp_path, WRONG, budget={"rounds": 1}))
    assert told.certified is None
    assert told.candidate_sha256 is None


def test_every_run_of_a_study_can_be_told(tmp_path: Path) -> None:
    folder = simulated(tmp_path)
    for row in folder.rows():
        told = read_history(folder.trace(row.run))
        for kept in row.attempts:
            attempt = told.attempts[kept.id]
            assert (attempt.accepted, attempt.round, attempt.node) == (kept.accepted, kept.round, kept.node)
            assert (attempt.candidate_sha256 or "")[:16] == (kept.candidate or "")


@pytest.mark.parametrize("field", ["text_sha256", "prompt_sha256", "sampling", "critic"])
def test_a_damaged_trace_is_an_error_that_names_it(field: str, tmp_path: Path) -> None:
    folder = colored(tmp_path, RIGHT)
    path = folder.trace(folder.rows()[0].run)
    path.write_text(path.read_text().replace(f'"{field}":', '"x":'))
    with pytest.raises(TraceError, match=path.name):
        read_history(path)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("prompt", lambda line: {**line, "after": line["sha256"]}),
        ("prompt", lambda line: {**line, "after": "0" * 64}),
        ("generation_started", lambda line: {**line, "parent": line["attempt"]}),
        ("generation_started", lambda line: {**line, "samples": 10**15}),
    ],
)
def test_a_trace_that_goes_round_in_circles_or_is_endless_is_damaged(
    kind: str, change: Callable[[Any], Any], tmp_path: Path
) -> None:
    folder = colored(tmp_path, WRONG, RIGHT)
    path = folder.trace(folder.rows()[0].run)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    changed = [change(line) if line["type"] == kind else line for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in changed))
    with pytest.raises(TraceError, match="the trace is damaged"):
        read_history(path)
