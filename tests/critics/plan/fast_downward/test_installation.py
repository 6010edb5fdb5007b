"""Finding Fast Downward."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modulo.critics.plan.fast_downward import (
    FastDownwardInstallation,
    fast_downward_is_installed,
    find_fast_downward,
)
from modulo.errors import MissingDependencyError


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder that packages are found in."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for name in [name for name in sys.modules if name.partition(".")[0] == "up_fast_downward"]:
        monkeypatch.delitem(sys.modules, name)
    find_fast_downward.cache_clear()
    yield tmp_path
    find_fast_downward.cache_clear()


def unpacked(packages: Path) -> Path:
    """A wheel that could be used."""
    binaries = packages / "up_fast_downward" / "downward" / "builds" / "release" / "bin"
    translator = binaries / "fast_downward" / "translate"
    translator.mkdir(parents=True)
    (packages / "up_fast_downward" / "__init__.py").write_text("raise RuntimeError('it was imported')")
    (translator / "__main__.py").write_text("print()")
    (binaries / "downward").write_bytes(b"program")
    (binaries / "downward").chmod(0o755)
    return binaries


def test_without_the_wheel_the_error_says_what_to_run(packages: Path) -> None:
    with pytest.raises(MissingDependencyError, match=r"pip install 'llm-modulo\[planners\]'"):
        find_fast_downward()
    assert not fast_downward_is_installed()


def test_a_wheel_without_programs_is_no_installation(packages: Path) -> None:
    binaries = unpacked(packages)
    (binaries / "downward").chmod(0o644)
    with pytest.raises(MissingDependencyError, match="no Fast Downward in"):
        find_fast_downward()
    (binaries / "downward").chmod(0o755)
    (binaries / "fast_downward" / "translate" / "__main__.py").unlink()
    with pytest.raises(MissingDependencyError, match="no Fast Downward in"):
        find_fast_downward()


def test_the_wheel_is_found_without_importing_it(packages: Path) -> None:
    binaries = unpacked(packages)
    found = find_fast_downward()
    assert (found.search, found.import_path) == (binaries / "downward", binaries)
    assert "up_fast_downward" not in sys.modules


def test_digests_change_with_the_programs(packages: Path) -> None:
    binaries = unpacked(packages)
    before = find_fast_downward().digests()
    assert all(len(digest) == 64 for digest in before.values())
    (binaries / "fast_downward" / "translate" / "more.py").write_text("")
    translated = find_fast_downward().digests()
    assert translated["fast-downward"] == before["fast-downward"]
    assert translated["fast-downward-translate"] != before["fast-downward-translate"]
    (binaries / "downward").write_bytes(b"another program")
    assert find_fast_downward().digests()["fast-downward"] != before["fast-downward"]


def test_the_installed_wheel_has_a_version_and_digests(installation: FastDownwardInstallation) -> None:
    assert installation.version[0].isdigit()
    assert set(installation.digests()) == {"fast-downward", "fast-downward-translate"}
