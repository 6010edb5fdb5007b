"""What ``modulo new-domain`` writes: it installs, passes its tests and lint, and works on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from modulo.new_domain import write_domain

ROOT = Path(__file__).resolve().parents[3]
LONGEST_NAME = "a_very_long_name_of_exactly_40_character"
MODULO = ["-c", "from modulo.cli import main; main()"]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with the domain ``tiling``."""
    folder = tmp_path_factory.mktemp("written") / "tiling"
    write_domain("tiling", folder)
    return folder


@pytest.fixture(scope="module")
def python(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs this Python in the package's folder, with the package installed apart from everything else."""
    # Asked for and not imported: it refuses to load where something has loaded distutils before.
    if int(metadata.version("setuptools").partition(".")[0]) < 77:
        pytest.skip("needs setuptools 77, which pip install '.[dev]' brings")
    site = tmp_path_factory.mktemp("site")

    def run(*arguments: str, expected: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=package,
            env={**os.environ, "PYTHONPATH": str(site), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expected, done.stdout + done.stderr
        return done.stdout

    offline = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(site))
    run("-m", "pip", "install", *offline, ".")
    return run


def test_its_own_tests_pass(python: Callable[..., str]) -> None:
    assert " passed" in python("-m", "pytest", "-q", "-p", "no:cacheprovider")


def test_domain_and_critic_are_listed(python: Callable[..., str]) -> None:
    document = json.loads(python(*MODULO, "domains", "--json"))
    (domain,) = [domain for domain in document["domains"] if domain["name"] == "tiling"]
    assert [critic["id"] for critic in domain["critics"]] == ["tiling.critic:AddsUp"]
    (critic,) = [critic for critic in document["critics"] if critic["name"] == "tiling_adds_up"]
    assert (critic["id"], critic["problem"]) == ("tiling.critic:AddsUp", "Problem")


def test_solve_check_and_verify_work(python: Callable[..., str], package: Path, tmp_path: Path) -> None:
    problem = json.loads((package / "examples/problem.json").read_text())
    responses = [{"text": text} for text in ("hm", '{"numbers": [3, 8]}', '{"numbers": [8, 9]}')]
    transcript = tmp_path / "t.jsonl"
    transcript.write_text(json.dumps({"problem": problem, "model": "m", "responses": responses}))
    certificate = tmp_path / "c.json"
    printed = python(
        *MODULO, "solve", "tiling", "--problem", "examples/problem.json",
        "--model", f"transcript:{transcript}", "--certificate", str(certificate), "--json",
    )  # fmt: skip
    document = json.loads(printed)
    assert document["solution"] == [8, 9]
    assert [attempt["accepted"] for attempt in document["attempts"]] == [False, False, True]
    python(*MODULO, "verify", str(certificate))
    check = (*MODULO, "check", "tiling", "--problem", "examples/problem.json", "--candidate")
    python(*check, "examples/answer.json")
    (tmp_path / "wrong.json").write_text("[17]")
    assert "not_given" in python(*check, str(tmp_path / "wrong.json"), expected=1)


def test_its_graph_is_drawn(python: Callable[..., str]) -> None:
    assert "adds_up" in python(*MODULO, "graph", "tiling")


@pytest.mark.parametrize("name", ["x", "tiling", LONGEST_NAME])
def test_it_is_formatted_and_passes_the_linter_whatever_its_name(name: str, tmp_path: Path) -> None:
    write_domain(name, tmp_path / "new")
    for arguments in (("format", "--check"), ("check", "--no-cache")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "."],
            cwd=tmp_path / "new",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_its_types_are_strict(package: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--follow-imports=silent", "src", "tests"],
        cwd=package,
        env={**os.environ, "MYPYPATH": f"src{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
