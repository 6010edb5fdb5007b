"""``modulo new-domain``: names and folders that will not do are refused in one sentence, and nothing is written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from modulo.cli.app import run
from modulo.errors import ConfigurationError
from modulo.new_domain import write_domain


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "no name for a package"),
        ("Tiling", "no name for a package"),
        ("room-planning", "no name for a package"),
        ("room planning", "no name for a package"),
        ("9lives", "no name for a package"),
        ("_hidden", "no name for a package"),
        ("room__planning", "no name for a package"),
        ("room_", "no name for a package"),
        ("räume", "no name for a package"),
        ("../up", "no name for a package"),
        ("room.planning", "no name for a package"),
        ("room\n", "no name for a package"),
        ("a" * 41, "no name for a package"),
        ("class", "a word of Python's"),
        ("match", "a word of Python's"),
        ("graph_coloring", "there is a domain 'graph_coloring' already"),
        ("random", "there is a package 'random' already"),
        ("modulo", "there is a package 'modulo' already"),
        ("pydantic", "there is a package 'pydantic' already"),
        ("tests", "there is a package 'tests' already"),
    ],
)
def test_a_name_that_will_not_do_is_refused_in_one_sentence(
    name: str, says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["new-domain", "--", name]) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert len(printed.err.splitlines()) == 1
    assert not printed.out
    assert not list(folder.iterdir())


def test_what_is_there_already_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "tiling").mkdir()
    (folder / "file").write_text("mine")
    os.symlink("nowhere", folder / "link")
    for arguments in (["tiling"], ["tiling", "--directory", "file"], ["tiling", "--directory", "link"]):
        assert run(["new-domain", *arguments]) == 2
        assert "exists already" in capsys.readouterr().err
    assert run(["new-domain", "tiling", "--directory", "no/such"]) == 2
    assert "there is no folder no" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["file", "link", "tiling"]
    assert (folder / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ConfigurationError, match="tiling cannot be written: No space left"):
        write_domain("tiling", Path("tiling"))
    assert not (folder / "tiling").exists()


def test_next_steps_are_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new-domain", "tiling", "--directory", "elsewhere"]) == 0
    printed = capsys.readouterr().out
    assert "cd elsewhere" in printed
    assert "modulo audit tiling" in printed
    assert "src/tiling/critic.py" in printed


def test_json_lists_what_was_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new-domain", "tiling", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["name"], document["directory"]) == ("tiling", "tiling")
    assert sorted(document["files"]) == sorted(
        path.relative_to("tiling").as_posix() for path in Path("tiling").rglob("*") if path.is_file()
    )
    assert {"pyproject.toml", ".gitignore", "src/tiling/critic.py", "tests/test_critic.py"} <= set(
        document["files"]
    )


def test_no_placeholder_is_left() -> None:
    for path in write_domain("room_planning", Path("r")):
        text = (Path("r") / path).read_text()
        assert "my_domain" not in text
        assert "my-domain" not in text
        assert "{version}" not in text
    assert 'name = "room-planning"' in Path("r/pyproject.toml").read_text()
