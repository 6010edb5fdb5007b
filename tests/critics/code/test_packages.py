"""Packages that tests import in a sandbox, wherever the environment is."""

from __future__ import annotations

from pathlib import Path

from modulo.critics.code.packages import package_paths, places_inside


def test_a_package_comes_with_what_it_needs() -> None:
    names = {path.name for path in package_paths(["pytest"])}
    assert {"pytest", "_pytest", "pluggy", "iniconfig"} <= names


def test_no_package_stands_where_a_check_hides_files() -> None:
    here = [Path("/tmp/env/pytest"), Path("/tmp/env/_pytest"), Path("/opt/env/mypy")]
    places = {path: str(inside) for path, inside in places_inside(here).items()}
    assert places == {
        here[0]: "/packages/1/pytest",
        here[1]: "/packages/1/_pytest",
        here[2]: "/packages/0/mypy",
    }
