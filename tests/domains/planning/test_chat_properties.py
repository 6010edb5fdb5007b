"""Whatever stands around a plan, it is read as it stands there or not at all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critics.plan.plan_text import read_plan, step_text
from modulo.domains.planning import parse_plan
from modulo.errors import Malformed
from tests.domains.planning.problems import BLOCKS, PLAN

ARITIES = {"pick-up": 1, "put-down": 1, "stack": 2, "unstack": 2}
WORDS = (
    "the",
    "plan",
    "block",
    "hand",
    "moves",
    "holds",
    "finally",
    "table",
    "Sure!",
    "First,",
    "done.",
    "is",
    "(see",
    "b)",
)

_LITERAL = re.compile(r"\((pick-up|put-down|stack|unstack)((?: [abc])*)\)")


@st.composite
def actions(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(sorted(ARITIES)))
    arguments = [draw(st.sampled_from("abc")) for _ in range(ARITIES[name])]
    return f"({' '.join([name, *arguments])})"


def dressed(draw: st.DrawFn, action: str) -> str:
    name, *arguments = action.strip("()").split()
    forms = [
        action,
        action.upper(),
        f"( {'  '.join([name, *arguments])} )",
        f"({', '.join([name, *arguments])})",
        f"{name}({', '.join(arguments)})",
        f"{name} {' '.join(arguments)}",
        f"`{action}`",
        f"**{action}**",
        f"{action}.",
        f"{action} ; so it is",
        f"{action} - so it is",
    ]
    return draw(st.sampled_from(forms))


@st.composite
def prose(draw: st.DrawFn) -> str:
    lines = draw(st.lists(st.lists(st.sampled_from(WORDS[:11]), min_size=2, max_size=6), max_size=3))
    return "".join(f"Well, {' '.join(line)}\n" for line in lines)


@st.composite
def chats(draw: st.DrawFn) -> tuple[str, str]:
    """A plan, and it in chat."""
    plan = draw(st.lists(actions(), min_size=1, max_size=6))
    lead = draw(st.sampled_from(["", "{}. ", "{}) ", "Step {}: ", "**Step {}:** ", "- ", "* ", "> ", "  "]))
    lines = [lead.format(number) + dressed(draw, action) for number, action in enumerate(plan, 1)]
    body = draw(st.sampled_from(["\n", "\n\n", "  \n", "\r\n"])).join(lines)
    around = ["{}", "```\n{}\n```", "```pddl\n{}\n```", "[PLAN]\n{}\n[PLAN END]", "<think>\nhm\n</think>\n{}"]
    text = draw(st.sampled_from(around)).format(body)
    return "\n".join(plan), f"{draw(prose())}{text}\n{draw(prose())}"


@given(chats())
def test_a_plan_in_chat_is_read_as_it_was_written(chat: tuple[str, str]) -> None:
    plan, text = chat
    if "<think>" in text and not text.startswith("<think>"):
        with pytest.raises(Malformed):
            parse_plan(text, BLOCKS)
    else:
        assert parse_plan(text, BLOCKS) == plan


PIECES = st.one_of(
    actions(),
    st.sampled_from(WORDS),
    st.sampled_from(
        ["\n", "\n\n", "```", "```\n", "[PLAN]", "[PLAN END]", "1. ", "2. ", "- ", "**", ";", "...", "->"]
    ),
    st.sampled_from(
        ["(on a b)", "unstack a c", "(stack", "a", "b)", "No plan exists.", "<think>", "</think>", "\u2028"]
    ),
)


def read_or_none(text: str) -> list[str] | None:
    try:
        plan = parse_plan(text, BLOCKS)
    except Malformed:
        return None
    return plan.splitlines() if isinstance(plan, str) else None


def check_nothing_is_invented_or_dropped(text: str) -> None:
    plan = read_or_none(text)
    if plan is None:
        return
    answer = text.rpartition("</think>")[2]
    literals = [match[0] for match in _LITERAL.finditer(answer)]
    assert set(literals) <= set(plan), "an action that stands there was dropped"
    # Bare names are actions too; every step must be found in its place all the same.
    at = 0
    for step in plan:
        name, *arguments = step.strip("()").split()
        between = r"[\s(,*`]*"
        pattern = between.join(map(re.escape, [name, *arguments]))
        found = re.compile(pattern).search(answer.lower(), at)
        assert found, f"{step} does not stand in the text behind the step before"
        at = found.end()


@given(st.lists(PIECES, max_size=25), st.sampled_from([" ", "\n", ""]))
@settings(max_examples=400)
def test_nothing_is_invented_dropped_or_reordered(pieces: list[str], separator: str) -> None:
    check_nothing_is_invented_or_dropped(separator.join(pieces))


@pytest.mark.slow
@given(st.lists(PIECES, max_size=60), st.sampled_from([" ", "\n", ""]))
@settings(max_examples=5_000, deadline=None)
def test_nothing_is_invented_dropped_or_reordered_in_longer_texts(pieces: list[str], separator: str) -> None:
    check_nothing_is_invented_or_dropped(separator.join(pieces))


@given(st.text())
def test_any_text_is_read_or_malformed(text: str) -> None:
    read_or_none(text)


@given(st.lists(PIECES, max_size=25), st.sampled_from([" ", "\n", ""]))
def test_what_is_read_is_a_plan_in_the_strict_format(pieces: list[str], separator: str) -> None:
    plan = read_or_none(separator.join(pieces))
    if plan is not None:
        assert [step_text(step) for step in read_plan("\n".join(plan))] == plan


@given(st.integers(0, len(PLAN)), st.text(min_size=1, max_size=3))
def test_a_plan_with_something_foreign_in_it_is_never_a_shorter_one(place: int, foreign: str) -> None:
    plan = read_or_none(PLAN[:place] + foreign + PLAN[place:])
    assert plan is None or len(plan) >= len(PLAN.splitlines())


@given(actions(), st.integers(0, 3), prose())
def test_an_action_within_a_sentence_is_never_taken_for_a_step_or_left_out(
    action: str, place: int, sentence: str
) -> None:
    lines = PLAN.splitlines()
    lines.insert(place, f"Well, {sentence.strip() or 'do'} {action} now")
    assert read_or_none("\n".join(lines)) is None
