"""Folders of results: what stands in them stays whole, and is about the problems of the study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from modulo import ConfigurationError
from modulo.bench import folder as folders
from modulo.bench.folder import StudyFolder
from modulo.bench.running import run_study
from modulo.bench.study import study_of

STUDY: dict[str, Any] = {
    "problems": [{"domain": "simulated", "lines": "problems.jsonl"}],
    "models": {"sim": "simulated:easy=1"},
    "strategies": {"refine": "refine"},
}


def ran(folder: Path, **changes: Any) -> StudyFolder:
    results = StudyFolder(folder / "out")
    anyio.run(lambda: run_study(study_of({**STUDY, **changes}, where="here"), results, base=folder))
    return results


def lines(folder: Path, *numbers: int) -> None:
    texts = [
        f'{{"id": "p{i}", "problem": {{"number": {n}, "difficulty": "easy"}}}}\n' for i, n in enumerate(numbers)
    ]
    (folder / "problems.jsonl").write_text("".join(texts))


def test_problems_that_changed_under_their_names_are_refused(tmp_path: Path) -> None:
    lines(tmp_path, 1, 2)
    before = ran(tmp_path).problems()
    lines(tmp_path, 1, 3)
    with pytest.raises(ConfigurationError, match="a run on another problem 'p1' of 'simulated'"):
        ran(tmp_path)
    lines(tmp_path, 1)
    with pytest.raises(ConfigurationError, match="name a new folder"):
        ran(tmp_path)
    assert StudyFolder(tmp_path / "out").problems() == before


def test_further_problems_are_further_runs(tmp_path: Path) -> None:
    lines(tmp_path, 1, 2)
    assert len(ran(tmp_path).rows()) == 2
    lines(tmp_path, 1, 2, 3)
    assert len(ran(tmp_path).rows()) == 3


def test_what_a_folder_says_of_its_study_survives_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines(tmp_path, 1)
    study = ran(tmp_path).study()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders.os, "fsync", fail)
    with pytest.raises(ConfigurationError, match=r"cannot be used: .*No space left"):
        ran(tmp_path, concurrency=3)
    assert StudyFolder(tmp_path / "out").study() == study
    assert not list(tmp_path.glob("out/*.partial"))


def test_a_line_that_another_process_is_writing_is_left_alone(tmp_path: Path) -> None:
    lines(tmp_path, 1)
    results = ran(tmp_path)
    with results.held():
        with (results.path / "runs.jsonl").open("ab") as file:
            file.write(b'{"run":"half')
        with pytest.raises(ConfigurationError, match="worked on by another process"):
            ran(tmp_path)
        assert (results.path / "runs.jsonl").read_bytes().endswith(b'{"run":"half')
    assert len(ran(tmp_path).rows()) == 1
    assert (results.path / "runs.jsonl").read_bytes().endswith(b"}\n")


def test_a_study_that_was_written_down_before_there_were_formats_goes_on(tmp_path: Path) -> None:
    lines(tmp_path, 1, 2)
    results = ran(tmp_path)
    file = results.path / "study.json"
    document = json.loads(file.read_text())
    assert document.pop("format") == 2
    document["models"]["sim"]["strategies"] = []  # all of them, then
    file.write_text(json.dumps(document))
    assert results.study().pairs == (("sim", "refine"),)
    before = results.rows()
    assert ran(tmp_path).rows() == before
    assert json.loads(file.read_text())["format"] == 2


@pytest.mark.parametrize("written", [1, 3, "2", None])
def test_a_study_in_a_format_that_nobody_knows_is_refused(tmp_path: Path, written: object) -> None:
    lines(tmp_path, 1)
    file = ran(tmp_path).path / "study.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": written}))
    with pytest.raises(ConfigurationError, match="format"):
        StudyFolder(tmp_path / "out").study()


@pytest.mark.parametrize("models", [[], "x", {"sim": 7}])
def test_what_is_no_study_is_refused_whatever_its_format(tmp_path: Path, models: object) -> None:
    (tmp_path / "study.json").write_text(json.dumps({"models": models}))
    with pytest.raises(ConfigurationError, match=r"study\.json"):
        StudyFolder(tmp_path).study()
