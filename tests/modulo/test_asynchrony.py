"""What counts as async."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from modulo.asynchrony import is_async


async def coroutine(text: str) -> str:
    return text


async def generator(text: str) -> AsyncIterator[str]:
    yield text


def plain(text: str) -> str:
    return text


def gives_an_awaitable(text: str) -> Awaitable[str]:
    return coroutine(text)


class AsyncCall:
    async def __call__(self, text: str) -> str:
        return text

    async def method(self, text: str) -> str:
        return text


class PlainCall:
    def __call__(self, text: str) -> str:
        return text


@pytest.mark.parametrize(
    "function",
    [coroutine, generator, functools.partial(coroutine, "x"), AsyncCall(), AsyncCall().method],
    ids=repr,
)
def test_it_is_async(function: Any) -> None:
    assert is_async(function)


@pytest.mark.parametrize(
    "function",
    [plain, gives_an_awaitable, functools.partial(plain, "x"), PlainCall(), AsyncCall, str, print, None],
    ids=repr,
)
def test_it_is_not_async(function: Any) -> None:
    assert not is_async(function)
