"""``modulo domains``: domains and critics, third parties' and broken ones among them, in three forms."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from modulo.cli.app import run
from modulo.graph import Graph
from modulo.protocols import Generator
from tests.modulo.sample_domain import Numbers

DOMAINS = "tests.modulo.sample_domain"
CRITICS = "tests.modulo.sample_critics"


class Unbuildable(Numbers):
    def graph(self, generator: Generator) -> Graph:
        raise RuntimeError("no \x1b[31mgraph")


UNBUILDABLE = Unbuildable()


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes some entry points the installed ones, by group."""

    def install(**groups: dict[str, str]) -> None:
        for group, values in groups.items():
            found = EntryPoints(EntryPoint(name, value, f"modulo.{group}") for name, value in values.items())
            module = {"domains": "modulo.domain", "critics": "modulo.installed_critics"}[group]
            monkeypatch.setattr(f"{module}.entry_points", lambda group, found=found: found)

    return install


@pytest.fixture
def mixed(install: Callable[..., None]) -> None:
    """A good and two broken domains, a good and a broken critic."""
    install(
        domains={
            "numbers": f"{DOMAINS}:DOMAIN",
            "unbuildable": f"{__name__}:UNBUILDABLE",
            "missing": "nowhere.at_all:DOMAIN",
        },
        critics={"even": f"{CRITICS}:even", "function": f"{CRITICS}:make"},
    )


def test_json_has_everything_and_errors_in_place_of_what_is_broken(
    mixed: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["domains", "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    missing, numbers, unbuildable = document["domains"]
    assert numbers["name"] == "numbers"
    assert numbers["problem"] == "Target"
    (critic,) = numbers["critics"]
    assert critic.keys() == {"node", "id", "version", "soundness", "proves", "judges"}
    assert "ModuleNotFoundError" in missing["error"]
    assert "RuntimeError" in unbuildable["error"]
    even, function = document["critics"]
    assert even == {
        "name": "even",
        "value": f"{CRITICS}:even",
        "id": f"{CRITICS}:even",
        "version": "3",
        "soundness": "tests",
        "proves": "the number is even",
        "judges": "solutions",
        "problem": "list",
    }
    assert function.keys() == {"name", "error"}


def test_piped_text_has_a_line_for_each(mixed: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["domains"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "numbers: Guess a number" in lines
    assert f"critic even: the number is even (tests); for list; version 3; {CRITICS}:even" in lines
    assert any(line.startswith("critic function: ") and "no hard critic" in line for line in lines)
    assert any(line.startswith("missing: ") for line in lines)
    assert "\x1b" not in "".join(lines)


def test_a_terminal_gets_tables(
    mixed: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    assert run(["domains"]) == 0
    printed = capsys.readouterr().out
    assert "what ACCEPT proves" in printed
    assert "the number is even" in printed
    assert "no hard critic" in printed
    assert "\x1b[31m" not in printed


def test_domains_of_this_library_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["domains", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (domain,) = [d for d in document["domains"] if d["name"] == "graph_coloring"]
    assert domain["critics"][0]["proves"].startswith("proper colouring")
    assert not [entry for entry in [*document["domains"], *document["critics"]] if "error" in entry]
