"""The report in a real browser, where there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.modulo.bench.report.pages import written
from tests.modulo.bench.studies import HOSTILE, RIGHT, WRONG, colored

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("there is no Chromium here")
    return found


def test_hostile_output_does_not_run_in_a_browser(browser: str, tmp_path: Path) -> None:
    path = written(colored(tmp_path, HOSTILE, WRONG, f"{RIGHT} {HOSTILE}", name="hostile"))
    dom = opened(browser, path, tmp_path)
    assert "<title>hostile: report</title>" in dom
    assert "<script" not in dom
    assert "<img" not in dom
    assert dom.count("&lt;/script&gt;") >= 2


def test_the_browser_builds_what_was_written(browser: str, tmp_path: Path) -> None:
    path = written(colored(tmp_path, WRONG, RIGHT))
    dom, source = opened(browser, path, tmp_path), path.read_text()
    for name in ("section", "svg", "details", "table", "tr", "li", "figure"):
        assert dom.count(f"<{name}") == source.count(f"<{name}"), name


def opened(browser: str, path: Path, folder: Path) -> str:
    """What a browser makes of a file."""
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run(
        [*command, "--virtual-time-budget=2000", "--dump-dom", path.as_uri()],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return done.stdout.decode()
