"""Calls of tools that models write as text: found where the text is nothing else, and only there."""

from __future__ import annotations

import pytest

from modulo.toolbox import ToolCall
from modulo.written_calls import written_call

CALL = '{"name": "add", "arguments": {"x": 1}}'


@pytest.mark.parametrize(
    "text",
    [CALL, f" {CALL}\n", f"```json\n{CALL}\n```", f"```\n{CALL}```", f"<tool_call>\n{CALL}\n</tool_call>"],
)
def test_a_text_that_is_a_call_is_read(text: str) -> None:
    assert written_call(text, {"add"}) == ToolCall(id="call_0", tool="add", arguments='{"x":1}')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "add(1)",
        f"I call {CALL}",
        f"{CALL}{CALL}",
        f"[{CALL}]",
        '{"name": "multiply", "arguments": {}}',
        '{"name": "add", "arguments": [1]}',
        '{"name": "add", "arguments": "{}"}',
        '{"name": ["add"], "arguments": {}}',
        '{"name": "add", "arguments": {}, "id": 1}',
        '{"name": "add", "name": "add", "arguments": {}}',
        '{"name": "add", "arguments": {"x": ' + "[" * 9000,
        '{"name": "add", "arguments": {"x": "' + "x" * 20_000 + '"}}',
        "```" * 6000 + '"arguments"',
    ],
)
def test_any_other_text_is_an_answer(text: str) -> None:
    assert written_call(text, {"add"}) is None
