"""Tests that run Fast Downward skip where it is not installed."""

from __future__ import annotations

import pytest

from modulo.critics.plan.fast_downward import FastDownwardInstallation, find_fast_downward
from modulo.errors import MissingDependencyError


@pytest.fixture(scope="session")
def installation() -> FastDownwardInstallation:
    try:
        return find_fast_downward()
    except MissingDependencyError as error:
        pytest.skip(str(error))
