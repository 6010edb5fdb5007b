"""What all tests share: both back ends of anyio, and the data that only developers have."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# One example of a property test has no deadline: a busy machine is no fault of the code.
settings.register_profile("modulo", deadline=None)
settings.load_profile("modulo")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data for development; tests that use it skip where it is absent."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip("the shared development data is not here (it is no part of the project)")
    return data
