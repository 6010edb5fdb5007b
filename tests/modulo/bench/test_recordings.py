"""Recorded runs, read from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modulo.bench.recordings import read_recordings, suites_and_models
from modulo.errors import ConfigurationError
from tests.modulo.sample_domain import DOMAIN
from tests.modulo.sample_graphs import Target

ROW = {"id": "1", "suite": "s", "model": "m", "domain": "numbers", "problem": {"total": 4}, "responses": []}


def file_of(folder: Path, *rows: Any) -> Path:
    path = folder / "runs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_recordings_come_in_the_order_of_the_file_with_their_problems(tmp_path: Path) -> None:
    path = file_of(tmp_path, ROW, {**ROW, "id": "2", "problem": {"total": 5}})
    recordings = read_recordings(path, DOMAIN)
    assert [recording.transcript.id for recording in recordings] == ["1", "2"]
    assert [recording.problem for recording in recordings] == [Target(4), Target(5)]


def test_suites_and_models_are_in_the_order_of_first_appearance(tmp_path: Path) -> None:
    rows = [{**ROW, "suite": suite, "model": model} for suite, model in ("sb", "ra", "sa", "sb")]
    recordings = read_recordings(file_of(tmp_path, *rows), DOMAIN)
    assert suites_and_models(recordings) == (("s", "b"), ("r", "a"), ("s", "a"))


def test_what_a_recording_need_not_say_may_be_missing(tmp_path: Path) -> None:
    (recording,) = read_recordings(file_of(tmp_path, {"problem": {"total": 4}, "responses": []}), DOMAIN)
    assert recording.suite_and_model == ("", "")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({**ROW, "domain": "maps"}, "transcript 1 is of the domain 'maps', not 'numbers'"),
        ({**ROW, "problem": {"sum": 4}}, "problem of the transcript 1: .*total: Field required"),
        ({"problem": 1}, "line 2 is no transcript"),
    ],
)
def test_a_file_of_something_else_is_refused_with_its_name(
    tmp_path: Path, row: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"runs\.jsonl.*{says}"):
        read_recordings(file_of(tmp_path, ROW, row), DOMAIN)


def test_an_empty_or_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no transcript"):
        read_recordings(file_of(tmp_path), DOMAIN)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_recordings(tmp_path / "missing", DOMAIN)
