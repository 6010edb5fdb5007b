"""``modulo export``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modulo.cli.app import run
from tests.modulo.bench.studies import RIGHT, WRONG, colored


def test_rows_are_written_to_a_file_or_to_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = str(colored(tmp_path, WRONG, RIGHT).path)
    out = tmp_path / "sft.jsonl"
    assert run(["export", results, "--format", "sft", "--out", str(out)]) == 0
    assert capsys.readouterr().err == "1 rows\n"
    assert run(["export", results, "--format", "sft"]) == 0
    assert capsys.readouterr().out == out.read_text()
    assert run(["check", "--batch", str(out)]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "accept"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = colored(tmp_path, RIGHT)
    out = tmp_path / "rows.jsonl"
    out.write_text("before")
    folder.certificate(folder.rows()[0].run).unlink()
    assert run(["export", str(folder.path), "--format", "trajectories", "--out", str(out)]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert out.read_text() == "before"
    assert [path.name for path in tmp_path.glob("rows*")] == ["rows.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere", "--format", "sft"], "holds no study"),
        (["RESULTS", "--format", "csv"], "'csv' is not one of"),
        (["RESULTS"], "Missing option '--format'"),
        (["RESULTS", "--format", "sft", "--out", "no/such/folder/file"], "cannot be written"),
        (["RESULTS", "--format", "sft", "--out", "x" * 300], "cannot be written: File name too long"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = str(colored(tmp_path, RIGHT).path)
    assert run(["export", *(results if one == "RESULTS" else one for one in arguments)]) == 2
    assert says in capsys.readouterr().err
