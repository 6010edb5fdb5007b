"""With Fast Downward, and without it. Tests that run it skip where it is not installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from modulo.critics.plan.fast_downward import FastDownwardInstallation, find_fast_downward
from modulo.errors import MissingDependencyError


@pytest.fixture(scope="session")
def installation() -> FastDownwardInstallation:
    try:
        return find_fast_downward()
    except MissingDependencyError as error:
        pytest.skip(str(error))


@pytest.fixture
def no_fast_downward(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the wheel were not here."""
    monkeypatch.setattr("modulo.critics.plan.fast_downward.installation.find_spec", lambda name: None)
    find_fast_downward.cache_clear()
    yield
    find_fast_downward.cache_clear()
