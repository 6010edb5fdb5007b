"""litellm for the tests of language models: loaded once, outside of any deadline, without anybody's keys."""

from __future__ import annotations

import os
import warnings

import anyio
import pytest

from tests.llm_calls import llm_of, request_of
from tests.scripted_server import ScriptedServer
from tests.scripted_steps import Reply


@pytest.fixture(scope="session")
def warm_litellm() -> None:
    """One call beforehand: importing litellm and its first call take seconds, which no deadline is for."""
    with warnings.catch_warnings(), ScriptedServer([Reply()]) as server:
        warnings.simplefilter("ignore")  # modules of litellm warn while they load
        anyio.run(llm_of(server).generate, request_of("hi"))


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment without keys of providers."""
    for name in list(os.environ):
        if name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
