"""Exceptions of the candidate arrive as the built-in type that they are, or as none."""

import builtins
import os
from typing import Any

import pytest

from modulo.critics.code.inside.remote import CandidateError, Remote, remote_trace
from modulo.critics.code.inside.reporting import Report
from modulo.critics.code.inside.wire import write_frame

BUILT_IN = [
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and kind.__name__ == name
]
AS_NONE = {"Exception", "StopIteration", "StopAsyncIteration", "ExceptionGroup"}


def raised(reply: tuple[Any, ...]) -> BaseException:
    """What a call raises that gets this reply."""
    calls_end, calls = os.pipe()
    replies, replies_end = os.pipe()
    try:
        write_frame(replies_end, reply)
        with pytest.raises(Exception) as caught:  # noqa: PT011  which one is the question
            Remote(calls, replies, Report(-1, b"")).function("f")(1)
        return caught.value
    finally:
        for fd in (calls_end, calls, replies, replies_end):
            os.close(fd)


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_built_in_exception_arrives_as_itself_or_as_none(name: str) -> None:
    error = raised(("raised", [name, "Exception", "BaseException", "object"], "why", "line 3, in f: raise", 3))
    expected = CandidateError if name in AS_NONE else getattr(builtins, name)
    assert type(error) is expected
    assert remote_trace(error) == (name, "why", "line 3, in f: raise", 3)
    repr(error), str(error)


def test_an_exception_of_its_own_arrives_as_what_it_derives_from() -> None:
    own = raised(("raised", ["Mine", "KeyError", "LookupError", "Exception"], "x", "", 0))
    assert type(own) is KeyError
    assert type(raised(("raised", ["Mine", "Exception"], "x", "", 0))) is CandidateError
    assert type(raised(("raised", ["Mine", "KeyError", "StopIteration"], "x", "", 0))) is CandidateError
    assert type(raised(("raised", [3, None, "int", "CandidateError"], "x", "", 0))) is CandidateError
