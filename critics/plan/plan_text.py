"""Reads plans, strictly: one parenthesised action a step, ``;`` comments, optional ``time:`` and ``[duration]``.

Whatever else a text holds makes it no plan; nothing is skipped, corrected or guessed.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from msgspec import Struct

from modulo.critics.plan.pddl.syntax import Exact
from modulo.critics.plan.pddl.typed_lists import MAX_DIGITS, exact
from modulo.critics.plan.undetermined import TooMuchWork
from modulo.errors import Malformed

__all__ = ["MAX_STEPS", "PlanStep", "read_plan", "step_text"]

MAX_STEPS: Final = 1_000_000
"""Longest plan that is read."""
_LONG: Final = 1_000_000
_MOST_KNOWN: Final = 100_000
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_BLANK = r"(?:[ \t\n]++|;[^\n]*+)*+"
_STEP: Final = re.compile(
    rf"{_BLANK}(?:({_NUMBER})[ \t]*:[ \t]*)?"
    r"\(((?:[A-Za-z0-9_.@+/%'*&!$~^<>= \t\n-]++|;[^\n]*+\n)*+)\)"
    rf"(?:[ \t]*\[[ \t]*({_NUMBER})[ \t]*\])?"
)
_PLAIN: Final = re.compile(
    r"(?:[ \t\n]*+\([ \t\n]*+[A-Za-z0-9_.@+/%'*&!$~^<>=-][A-Za-z0-9_.@+/%'*&!$~^<>= \t\n-]*+\))*+[ \t\n]*+"
)
_BLANKS: Final = re.compile(_BLANK)
_COMMENT: Final = re.compile(r";[^\n]*")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_INSIDE: Final = re.compile(r"\((?:[A-Za-z0-9_.@+/%'*&!$~^<>= \t\n-]++|;[^\n]*+(?:\n|$))*+")
_FORM: Final = "A plan has one action in parentheses a line, such as (action object object), and nothing else."


class PlanStep(Struct, gc=False, frozen=True):
    """A step of a plan, in lower case.

    Attributes:
        action: Name of the action.
        arguments: Names of objects.
        time: When it happens, if the plan says so.
        duration: How long it takes, if the plan says so.
    """

    action: str
    arguments: tuple[str, ...]
    time: Exact | None = None
    duration: Exact | None = None


def step_text(step: PlanStep) -> str:
    """``(action object ...)``."""
    return f"({' '.join((step.action, *step.arguments))})"


def read_plan(text: str) -> list[PlanStep]:
    """The steps of a plan. A text of blanks and comments is the empty plan.

    Raises:
        Malformed: The text is no plan; the location gives line and column.
        TooMuchWork: It has too many steps.
    """
    text = text.replace("\r\n", "\n")
    if _PLAIN.fullmatch(text):
        return _plain_steps(text)
    control = _CONTROL.search(text)
    if control:
        _refuse(text, control.start(), f"The character {control[0]!r} does not belong in a plan.")
    steps: list[PlanStep] = []
    match = _STEP.match
    at = 0
    while (found := match(text, at)) is not None:
        time, inside, duration = found.groups()
        words = inside.lower().split() if ";" not in inside else _COMMENT.sub("", inside).lower().split()
        if not words:
            _refuse(text, found.end(), "There is no action between these parentheses.")
        if time is None and duration is None:
            steps.append(PlanStep(words[0], tuple(words[1:])))
        else:
            steps.append(PlanStep(words[0], tuple(words[1:]), _number(text, found, 1), _number(text, found, 3)))
        at = found.end()
        _check_count(len(steps))
    end = _BLANKS.match(text, at).end()  # type: ignore[union-attr]
    if end != len(text):
        _explain(text, end)
    return steps


def _plain_steps(text: str) -> list[PlanStep]:
    """The steps of a plan with neither comments nor times, as most are: the same, faster."""
    _check_count(text.count("("))
    calls = text.lower().replace("(", " ").split(")")
    if len(text) < _LONG:
        return [PlanStep(words[0], tuple(words[1:])) for words in map(str.split, calls) if words]
    # Long plans name the same things again and again; kept once each, they take a third of the room.
    known: dict[tuple[str, ...], PlanStep] = {}
    steps = []
    for words in map(str.split, calls):
        if words:
            step = PlanStep(words[0], tuple(words[1:]))
            steps.append(known.setdefault(tuple(words), step) if len(known) < _MOST_KNOWN else step)
    return steps


def _check_count(steps: int) -> None:
    if steps > MAX_STEPS:
        raise TooMuchWork(f"a plan of more than {MAX_STEPS:,} steps is not judged")


def _number(text: str, found: re.Match[str], group: int) -> Exact | None:
    digits: str | None = found[group]
    if digits is None:
        return None
    if len(digits) > MAX_DIGITS:
        _refuse(text, found.start(group), f"A number of more than {MAX_DIGITS} characters is not read.")
    return exact(digits)


def _explain(text: str, at: int) -> NoReturn:
    """Say why no step begins here."""
    found = _INSIDE.match(text, text.find("(", at) if _begins_with_time(text, at) else at)
    if found is None:
        shown = text[at : at + 30].split("\n")[0]
        _refuse(text, at, f"Here stands {shown!a}, which is no action in parentheses.")
    end = found.end()
    if end == len(text):
        _refuse(text, found.start(), "This parenthesis is never closed.")
    if text[end] == "(":
        _refuse(text, end, "Here begins an action within another one; a closing parenthesis may be missing.")
    _refuse(text, end, f"The character {text[end]!a} does not belong in an action.")


def _begins_with_time(text: str, at: int) -> bool:
    return re.compile(rf"{_NUMBER}[ \t]*:[ \t]*\(").match(text, at) is not None


def _refuse(text: str, at: int, message: str) -> NoReturn:
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    raise Malformed(message, code="malformed_plan", location=f"line {line}, column {column}", hint=_FORM)
