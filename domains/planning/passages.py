"""Divides chat text into passages: what a model marked as its plan, and what stands around that."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modulo.errors import Malformed

__all__ = ["Passage", "divide"]

_REASONING = re.compile(r"<(/?)(?:think|thinking)>", re.IGNORECASE)
_PLAN_BEGINS = re.compile(r"\s*[*`]*(?:\[plan\]|<plan>)[*`]*", re.IGNORECASE)
_PLAN_ENDS = re.compile(r"(?:\[plan[ _]end\]|\[/plan\]|</plan>)[*`]*\s*\Z", re.IGNORECASE)
_FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)", re.DOTALL)
_INFO = re.compile(r"\s*[\w+.-]*\s*")


@dataclass(frozen=True, slots=True)
class Passage:
    """Some lines of a text.

    Attributes:
        is_marked: Whether a code fence or a pair of plan tags marks them.
        lines: Their texts by their numbers, which count from 1.
    """

    is_marked: bool
    lines: tuple[tuple[int, str], ...]


def divide(text: str) -> list[Passage]:
    """The passages of a text, in order. Reasoning in ``<think>`` tags at its beginning is left out.

    A code fence that is not closed ends with the text, as in Markdown; a ``[PLAN]`` tag that is not closed
    marks nothing.

    Raises:
        Malformed: Reasoning, a fence or a tag stands where it cannot be told what it encloses.
    """
    divider = _Divider()
    for number, line in enumerate(_without_reasoning(text).split("\n"), 1):
        divider.take(number, line)
    return divider.finish()


def _without_reasoning(text: str) -> str:
    """The text with a model's reasoning blanked out, so that lines keep their numbers.

    Some servers put the opening tag into the prompt, so that only the closing one stands in the answer.
    """
    tags = list(_REASONING.finditer(text))
    if not tags:
        return text
    opens = [not tag[1] for tag in tags]
    is_led_by_tag = opens == [True, False] and not text[: tags[0].start()].strip()
    if not is_led_by_tag and opens != [False]:
        raise Malformed(
            "It cannot be told where the reasoning ends and the answer begins.",
            code="reasoning",
            location=f"line {_line_number(text, tags[-1].start())}",
            hint="close the reasoning once, and give the plan after it.",
        )
    end = tags[-1].end()
    return "\n" * text.count("\n", 0, end) + text[end:]


def _line_number(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


class _Divider:
    """Takes line after line and knows in which passage it is."""

    def __init__(self) -> None:
        self._done: list[Passage] = []
        self._lines: list[tuple[int, str]] = []
        self._fence = ""
        self._tag_line = 0

    def take(self, number: int, line: str) -> None:
        if self._fence:
            self._take_in_fence(number, line)
        elif self._tag_line:
            self._take_in_tags(number, line)
        else:
            self._take_outside(number, line)

    def finish(self) -> list[Passage]:
        self._close(is_marked=bool(self._fence))
        return self._done

    def _take_outside(self, number: int, line: str) -> None:
        if tag := _PLAN_BEGINS.match(line):
            self._close(is_marked=False)
            self._tag_line = number
            self._take_in_tags(number, line[tag.end() :])
        elif fence := _FENCE.match(line):
            self._close(is_marked=False)
            self._open_fence(number, fence[1], fence[2])
        elif tag := _PLAN_ENDS.search(line):
            self._lines.append((number, line[: tag.start()]))  # a prompt ended with the opening tag
        else:
            self._lines.append((number, line))

    def _open_fence(self, number: int, fence: str, rest: str) -> None:
        content = rest.rstrip()
        if content.endswith(fence):
            self._lines.append((number, content[: -len(fence)]))
            self._close(is_marked=True)
        elif _INFO.fullmatch(rest):
            self._fence = fence
        else:
            raise Malformed(
                "This line opens a code block and goes on behind that.",
                code="fence",
                location=f"line {number}",
                hint="put ``` on a line of its own.",
            )

    def _take_in_fence(self, number: int, line: str) -> None:
        content = line.rstrip()
        if not content.endswith(self._fence):
            self._lines.append((number, line))
            return
        self._lines.append((number, content.rstrip(self._fence[0])))
        self._fence = ""
        self._close(is_marked=True)

    def _take_in_tags(self, number: int, line: str) -> None:
        if _PLAN_BEGINS.match(line):
            raise Malformed(
                f"A plan begins here, before the one that begins on line {self._tag_line} has ended.",
                code="several_plans",
                location=f"line {number}",
                hint="give one plan, between [PLAN] and [PLAN END].",
            )
        tag = _PLAN_ENDS.search(line)
        content = line[: tag.start()] if tag else line
        fence = _FENCE.match(content)
        is_fence_alone = fence is not None and _INFO.fullmatch(fence[2])
        self._lines.append((number, "" if is_fence_alone else content))
        if tag:
            self._tag_line = 0
            self._close(is_marked=True)

    def _close(self, *, is_marked: bool) -> None:
        if self._lines:
            self._done.append(Passage(is_marked, tuple(self._lines)))
        self._lines = []
