"""Recorded answers as a generator."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import modulo
from modulo.errors import ConfigurationError
from modulo.generators.transcript import read_transcripts

ROW = {"problem": {"n": 1}, "model": "m", "responses": [{"text": "no"}, {"text": "ok"}]}


@modulo.critic(proves="it is ok")
def is_ok(problem: dict[str, int], candidate: str) -> list[modulo.Violation]:
    return [] if candidate == "ok" else [modulo.Violation("not_ok", "It is not ok.")]


def file_of(folder: Path, *rows: Any) -> Path:
    path = folder / "runs.jsonl"
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


@pytest.mark.parametrize("is_zipped", [False, True])
def test_a_run_is_answered_with_what_was_recorded(tmp_path: Path, is_zipped: bool) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": None}
    path = file_of(tmp_path, {**ROW, "responses": [{"text": "no", "usage": usage}, {"text": "ok"}]})
    if is_zipped:
        data = path.read_bytes()
        path = path.with_suffix(".jsonl.gz")
        path.write_bytes(gzip.compress(data))
    outcome = modulo.solve_sync({"n": 1}, generator=modulo.TranscriptGenerator(path), critics=[is_ok])
    assert isinstance(outcome, modulo.Certified)
    assert (outcome.usage.calls, outcome.usage.prompt_tokens, outcome.usage.completion_tokens) == (2, 3, 0)


def test_several_models_are_told_apart(tmp_path: Path) -> None:
    path = file_of(tmp_path, ROW, {**ROW, "model": "other", "responses": [{"text": "ok"}]})
    outcome = modulo.solve_sync(
        {"n": 1}, generator=modulo.TranscriptGenerator(path, model="other"), critics=[is_ok]
    )
    assert len(outcome.attempts) == 1
    with pytest.raises(ConfigurationError, match="no transcript of the model 'none'"):
        modulo.TranscriptGenerator(path, model="none")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{", "line 2: not JSON"),
        ("[]", "line 2 is no transcript"),
        ({"problem": 1}, "line 2 is no transcript"),
        ({**ROW, "responses": "ok"}, "line 2 is no transcript"),
        ({**ROW, "responses": [{"text": 1}]}, "line 2 is no transcript"),
        ({**ROW, "responses": [{"text": "", "usage": "much"}]}, "line 2 is no transcript"),
        ({**ROW, "responses": [{"text": "", "usage": {"prompt_tokens": -1}}]}, "line 2 is no transcript"),
        ({**ROW, "responses": [{"text": "", "usage": {"prompt_tokens": "7"}}]}, "line 2 is no transcript"),
    ],
)
def test_what_is_no_transcript_is_told_with_file_and_line(tmp_path: Path, row: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"runs\.jsonl, {says}"):
        modulo.TranscriptGenerator(file_of(tmp_path, ROW, row))


def test_transcripts_that_were_read_play_as_their_file_does(tmp_path: Path) -> None:
    transcripts = list(
        read_transcripts(file_of(tmp_path, {**ROW, "id": "a", "suite": "s"}, {**ROW, "problem": 2}))
    )
    assert [(one.id, one.suite, one.model) for one in transcripts] == [("a", "s", "m"), ("?", "", "m")]
    generator = modulo.TranscriptGenerator(transcripts[:1])
    outcome = modulo.solve_sync({"n": 1}, generator=generator, critics=[is_ok])
    assert isinstance(outcome, modulo.Certified)
    assert generator.describe() == {"generator": "transcript", "ids": ["a"], "model": None}
    with pytest.raises(ConfigurationError, match="holds no transcript"):
        modulo.TranscriptGenerator([])
    with pytest.raises(ConfigurationError, match="file's path, not by"):
        modulo.TranscriptGenerator([1])  # type: ignore[list-item]


def test_the_recorded_bill_is_announced_before_it_is_paid(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 300, "completion_tokens": 40}
    path = file_of(
        tmp_path, {**ROW, "responses": [{"text": "no", "usage": usage}, {"text": "ok", "usage": usage}]}
    )
    outcome = modulo.solve_sync(
        {"n": 1},
        generator=modulo.TranscriptGenerator(path),
        critics=[is_ok],
        budget=modulo.Budget(tokens=600),
    )
    assert isinstance(outcome, modulo.Exhausted)
    assert outcome.stop_reason is modulo.StopReason.TOKENS_LIMIT
    assert outcome.usage.tokens == 340


def test_a_file_without_transcripts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no transcript"):
        modulo.TranscriptGenerator(file_of(tmp_path))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        modulo.TranscriptGenerator(tmp_path)
    with pytest.raises(ConfigurationError, match="file's path, not by 7"):
        modulo.TranscriptGenerator(7)  # type: ignore[arg-type]
