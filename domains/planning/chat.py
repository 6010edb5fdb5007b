"""Plans out of chat text: one action a line, or the reason why it cannot be told which plan is meant.

It converts form only. What is read are the actions that stand there, in the order in which they stand there; a
text that may mean two plans, or in which something that looks like an action cannot be read, is malformed. The
rules are in docs/design/0011-planning-domains.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from modulo.critics.plan import PddlProblem
from modulo.domains.planning.beginnings import read_begun
from modulo.domains.planning.lines import Kind, Line, grouped_actions, read_line
from modulo.domains.planning.lookalikes import ascii_looks
from modulo.domains.planning.passages import Passage, divide
from modulo.domains.planning.segments import find_segments
from modulo.domains.planning.words import NO_WORDS, Words, words_of
from modulo.errors import Malformed
from modulo.problem import NO_SOLUTION, NoSolution

__all__ = ["PLAN_FORM", "parse_plan", "read_answer"]

PLAN_FORM = "give the plan only, one action a line, each as (action argument argument)."
"""How an answer should look."""

MAX_CHARACTERS: Final = 5_000_000
"""Longest answer that is read."""
_UNREADABLE = (Kind.SUSPECT, Kind.ELLIPSIS)

_CLAIM = re.compile(
    r"(?:unsolvable"
    r"|(?:there (?:is|exists) )?no (?:valid |feasible )?(?:plan|solution)"
    r"(?: exists| is possible)?"
    r"(?:,? (?:that (?:satisfies|achieves|reaches)|to (?:satisfy|achieve|reach)) (?:the|this)"
    r"(?: specified| given)? goals?)?"
    r"(?: from the (?:specified |given )?initial state)?"
    r"|(?:the|this) (?:planning )?(?:problem|task) (?:is (?:unsolvable|not solvable)"
    r"|has no (?:plan|solution)|cannot be solved))",
    re.IGNORECASE,
)
_AROUND_CLAIM = " \t\r\n.!*`\"'()[]"
_LONGEST_CLAIM = 200


def parse_plan(text: str, problem: PddlProblem | None) -> str | NoSolution:
    """The plan in a chat answer, one lower-case ``(action argument ...)`` a line.

    Code fences, ``[PLAN]`` tags, bullets, numbers, emphasis, comments, commas, ``action(a, b)``, missing
    parentheses, prose before and after a plan, and reasoning in ``<think>`` tags are understood. Nothing is
    invented, left out or put in another order.

    Args:
        text: The answer.
        problem: The problem, whose names tell actions from other words. None reads only actions in parentheses.

    Returns:
        The plan; or ``NO_SOLUTION`` if all that the answer says is that no plan exists.

    Raises:
        Malformed: It holds no plan, several, or something that looks like an action and cannot be read.
    """
    words = words_of(problem) if problem is not None else NO_WORDS
    begun = read_begun(text) if len(text) <= MAX_CHARACTERS else None
    if begun is None:
        return read_answer(text, words)
    rest = "" if begun.is_complete else read_answer(begun.rest, words)
    return rest if isinstance(rest, NoSolution) else "\n".join([*begun.actions, *rest.split("\n")]).rstrip("\n")


def read_answer(text: str, words: Words) -> str | NoSolution:
    """The same, by words that are known.

    Raises:
        Malformed: As ``parse_plan``.
    """
    if len(text) > MAX_CHARACTERS:
        raise Malformed(
            f"An answer of more than {MAX_CHARACTERS:,} characters is not read.",
            code="too_long",
            hint=PLAN_FORM,
        )
    passages = [_Passage.read(passage, words) for passage in divide(text)]
    lines = [line for passage in passages for line in passage.lines]
    marked = [plan for passage in passages if passage.is_marked and (plan := _marked_plan(passage.lines))]
    plans = [*marked, *_unmarked_plans(passages)]
    if not plans:
        return _without_plan(lines, words)
    plan = _only(plans, may_repeat=bool(marked))
    if not marked:
        _check_counting(lines)
    _check_rest(lines, plans, words, has_marks=bool(marked))
    return "\n".join(_actions(plan))


@dataclass(frozen=True, slots=True)
class _Passage:
    is_marked: bool
    lines: tuple[Line, ...]

    @classmethod
    def read(cls, passage: Passage, words: Words) -> _Passage:
        return cls(passage.is_marked, tuple(read_line(number, text, words) for number, text in passage.lines))


def _marked_plan(lines: Sequence[Line]) -> list[Line] | None:
    """The lines of the plan in a marked passage; None if it holds something else, such as a state."""
    if all(line.kind in (Kind.BLANK, Kind.RULE, Kind.COMMENT, Kind.PROSE, Kind.FACTS) for line in lines):
        return None
    plan: list[Line] = []
    for line in lines:
        if line.kind is Kind.ACTIONS:
            plan.append(line)
        elif line.kind not in (Kind.BLANK, Kind.COMMENT, Kind.RULE) and (plan or not _is_heading(line)):
            raise _unreadable(line)
    parts = list(_runs(lines))
    if len(parts) > 1:
        raise _several_plans(parts[0], parts[1])
    _check_steps(plan)
    return plan


def _is_heading(line: Line) -> bool:
    return line.kind is Kind.PROSE and line.other.endswith(":")


def _unmarked_plans(passages: Sequence[_Passage]) -> list[list[Line]]:
    """Runs of action lines outside of marks. Steps that go on counting after prose go on with their plan."""
    plans: list[list[Line]] = []
    for passage in passages:
        if passage.is_marked:
            continue
        for run in _runs(passage.lines):
            if plans and _goes_on(plans[-1], run):
                plans[-1] += run
            else:
                plans.append(run)
    for plan in plans:
        _check_steps(plan)
    return plans


def _runs(lines: Iterable[Line]) -> Iterator[list[Line]]:
    run: list[Line] = []
    for line in lines:
        if line.kind is Kind.ACTIONS:
            run.append(line)
        elif line.kind not in (Kind.BLANK, Kind.COMMENT) and run:
            yield run
            run = []
    if run:
        yield run


def _goes_on(plan: Sequence[Line], run: Sequence[Line]) -> bool:
    last, first = plan[-1].step, run[0].step
    return last is not None and first == last + 1


def _check_steps(plan: Sequence[Line]) -> None:
    """Refuse numbers that contradict the order of the lines. Markdown may number every item 1."""
    numbered = [(line.step, line) for line in plan if line.step is not None]
    if numbered and any(_has_time(line) for line in plan):
        raise Malformed(
            "Some lines have a time before the action, and some the number of a step.",
            code="numbering",
            location=f"line {numbered[0][1].number}",
            hint="write every time as a decimal, such as 2.0.",
        )
    if len({step for step, _ in numbered}) <= 1:
        return
    for (before, _), (step, line) in pairwise(numbered):
        if step != before + 1:
            raise Malformed(
                f"Step {step} follows step {before}; it cannot be told which order is meant.",
                code="numbering",
                location=f"line {line.number}",
                hint="number the steps 1, 2, 3, ... or not at all.",
            )


def _has_time(line: Line) -> bool:
    return not line.actions[0].startswith("(")


def _check_counting(lines: Iterable[Line]) -> None:
    """Refuse a step that is no action right before or behind one that is, by their numbers."""
    for before, line in pairwise([line for line in lines if line.step is not None]):
        if line.step == (before.step or 0) + 1 and Kind.ACTIONS in (before.kind, line.kind):
            for step in (before, line):
                if step.kind is not Kind.ACTIONS:
                    raise _unreadable(step)


def _only(plans: Sequence[list[Line]], *, may_repeat: bool) -> list[Line]:
    """The plan that all of these are. Only where one is marked is another one certainly not its continuation."""
    first = plans[0]
    for other in plans[1:]:
        if not may_repeat or _actions(other) != _actions(first):
            raise _several_plans(first, other)
    return first


def _several_plans(first: Sequence[Line], other: Sequence[Line]) -> Malformed:
    one, two = sorted((first[0].number, other[0].number))
    return Malformed(
        f"There are actions from line {one} on and again from line {two} on, with other text between; it "
        "cannot be told which are the plan.",
        code="several_plans",
        location=f"line {two}",
        hint=PLAN_FORM,
    )


def _actions(plan: Iterable[Line]) -> list[str]:
    return [action for line in plan for action in line.actions]


def _check_rest(lines: Sequence[Line], plans: Sequence[list[Line]], words: Words, *, has_marks: bool) -> None:
    """Refuse a text that says more of its plan than was read."""
    steps = {_bare(action) for plan in plans for action in _actions(plan)}
    for line in lines:
        if line.kind in _UNREADABLE or (line.kind is Kind.AMBIGUOUS and not has_marks):
            raise _unreadable(line)
        if _is_claim(line.other):
            raise Malformed(
                "The answer says that no plan exists, and gives one.",
                code="contradiction",
                location=f"line {line.number}",
                hint=PLAN_FORM,
            )
        own = {_bare(action) for action in line.actions}
        is_remark = line.kind in (Kind.ACTIONS, Kind.COMMENT)
        worded = steps if has_marks or is_remark else own
        _check_mentions(line, words, grouped=steps if has_marks else own, worded=worded)


def _check_mentions(line: Line, words: Words, *, grouped: AbstractSet[str], worded: AbstractSet[str]) -> None:
    """Refuse actions in other text, in parentheses or in words, but for those that are known."""
    said = ascii_looks(line.other)
    for action in grouped_actions(said, words):
        if action not in grouped:
            raise _in_prose(line, action)
    for segment in find_segments(said, words):
        if segment.names_an_action(words) and worded.isdisjoint(segment.readings()):
            raise _in_prose(line, str(segment))


def _in_prose(line: Line, action: str) -> Malformed:
    return Malformed(
        f"{action:.80} stands among other text; it cannot be told whether it is a step of the plan.",
        code="action_in_prose",
        location=f"line {line.number}",
        hint=PLAN_FORM,
    )


def _bare(action: str) -> str:
    """An action without its time and duration."""
    return action[action.index("(") : action.index(")") + 1]


def _without_plan(lines: Sequence[Line], words: Words) -> str | NoSolution:
    """What a text without actions is: a claim, an empty plan in the strict format, or malformed."""
    said = [line for line in lines if line.kind is not Kind.BLANK]
    if len(said) == 1 and _is_claim(said[0].other):
        return NO_SOLUTION
    for line in said:
        if line.kind in (*_UNREADABLE, Kind.AMBIGUOUS):
            raise _unreadable(line)
        _check_mentions(line, words, grouped=frozenset(), worded=frozenset())
    if said and all(line.kind is Kind.COMMENT and line.other.lstrip().startswith(";") for line in said):
        return ""
    raise Malformed(
        "The answer holds no plan.",
        code="no_plan",
        hint=PLAN_FORM,
    )


def _is_claim(text: str) -> bool:
    stripped = text.strip(_AROUND_CLAIM) if len(text) <= _LONGEST_CLAIM else ""
    return bool(_CLAIM.fullmatch(" ".join(stripped.split())))


def _unreadable(line: Line) -> Malformed:
    if line.kind is Kind.ELLIPSIS:
        return Malformed(
            "The plan is abbreviated here.",
            code="abbreviated",
            location=f"line {line.number}",
            hint="write every action of the plan.",
        )
    return Malformed(
        f"This cannot be read as an action: {line.other.strip():.80}",
        code="unreadable_action",
        location=f"line {line.number}",
        hint=PLAN_FORM,
    )
