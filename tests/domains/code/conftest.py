"""Sandboxes wait for further checks; here they wait no longer than these tests, since others count processes."""

from collections.abc import Iterator

import pytest

from modulo.critics.code import close_sandboxes


@pytest.fixture(scope="package", autouse=True)
def _sandboxes_end_with_the_package() -> Iterator[None]:
    yield
    close_sandboxes()
