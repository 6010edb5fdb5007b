from __future__ import annotations

from collections.abc import Sequence
from itertools import count, pairwise
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.backprompt import ChatBackprompter, Granularity, render_violation
from modulo.canonical import codec_for
from modulo.critique import Critique, Remark, Verdict, Violation
from modulo.errors import ConfigurationError
from modulo.problem import Candidate, Problem
from modulo.protocols import Conversation, Generation, Message, Rendered, Reveals, Turn
from modulo.tree import Attempt

PROBLEM = Problem.of("color the map", domain="maps")
PROMPT = (Message("system", "You color maps."), Message("user", "Color this map."))
RED = Violation("conflict", "A and B are both red", hint="make B blue")
GREEN = Violation("conflict", "C and D are both green", location="edge 2")
SHORT = Violation("missing", "E has no color", expected="a color", actual="nothing")

GRANULARITIES = get_args(Granularity)


def rejection(critic: str, *violations: Violation) -> Critique:
    return Critique(Verdict.REJECT, violations, critic=critic)


def candidate_of(text: str) -> Candidate[Any]:
    return Candidate.of(text, codec=codec_for(str), text=text, node="n", model="", prompt_sha256="")


def turn(
    number: int,
    *critiques: Critique,
    text: str | None = None,
    repeats: int = 0,
    accepted: bool = False,
    remarks: tuple[Remark, ...] = (),
) -> Turn:
    text = f"answer {number}" if text is None else text
    attempt = Attempt(
        id=number,
        round=number,
        node="n",
        generation=Generation(text=text),
        candidate=candidate_of(text),
        critiques=critiques,
        accepted=accepted,
        remarks=remarks,
    )
    return Turn(attempt, critiques, repeats)


def conversation(*turns: Turn, prompt: tuple[Message, ...] = PROMPT) -> Conversation:
    return Conversation(problem=PROBLEM, prompt=prompt, turns=turns, node="n")


def rendered(*turns: Turn, prompt: tuple[Message, ...] = PROMPT, **settings: Any) -> Rendered:
    return ChatBackprompter(**settings).render(conversation(*turns, prompt=prompt))


def feedback(*turns: Turn, **settings: Any) -> str:
    return rendered(*turns, **settings).messages[-1].content


# -------------------------------------------------------------------------------------------------- one answer


def test_a_conversation_begins_with_the_prompt_alone() -> None:
    assert rendered() == Rendered(messages=PROMPT)


def test_everything_that_is_wrong_is_said_after_the_answer_that_it_is_about() -> None:
    out = rendered(turn(1, rejection("edges", RED, GREEN), rejection("total", SHORT)))
    assert out.messages == (
        *PROMPT,
        Message("assistant", "answer 1"),
        Message(
            "user",
            "That is not correct.\n"
            "- A and B are both red\n"
            "- edge 2: C and D are both green\n"
            "- E has no color Expected: a color. Found: nothing.\n"
            "Give a corrected answer, complete and in the same format.",
        ),
    )
    assert (out.reveals, out.violations_shown, out.violations_known) == (Reveals.VIOLATIONS, 3, 3)


@pytest.mark.parametrize(
    ("granularity", "shown", "reveals"),
    [
        ("none", [], Reveals.NOTHING),
        ("binary", [], Reveals.VERDICT),
        ("first", ["A and B are both red"], Reveals.VIOLATION),
        ("all", ["A and B are both red", "C and D are both green", "E has no color"], Reveals.VIOLATIONS),
        (
            "constructive",
            ["A and B are both red Hint: make B blue", "C and D are both green", "E has no color"],
            Reveals.HINTS,
        ),
    ],
)
def test_a_granularity_shows_what_it_is_called_after(
    granularity: Granularity, shown: list[str], reveals: Reveals
) -> None:
    out = rendered(turn(1, rejection("edges", RED, GREEN), rejection("total", SHORT)), granularity=granularity)
    text = out.messages[-1].content
    for message in ("A and B are both red", "C and D are both green", "E has no color", "Hint: make B blue"):
        assert (message in text) is any(message in sentence for sentence in shown)
    assert out.reveals is reveals
    assert out.violations_shown == len(shown)


def test_resampling_sends_the_bare_prompt() -> None:
    assert rendered(turn(1, rejection("edges", RED)), granularity="none").messages == PROMPT


def test_hints_are_shown_only_when_they_are_asked_for() -> None:
    for granularity in GRANULARITIES:
        text = feedback(turn(1, rejection("edges", RED)), granularity=granularity)
        assert ("make B blue" in text) is (granularity == "constructive")


def test_what_was_not_judged_is_not_called_wrong() -> None:
    undecided = Critique(Verdict.UNDECIDED, reason="out of memory", critic="edges")
    text = feedback(turn(1, undecided))
    assert text.startswith("That could not be checked.")
    assert feedback(turn(1, undecided, rejection("total", SHORT))).startswith("That is not correct.")


def test_an_answer_that_was_accepted_is_not_called_wrong() -> None:
    remark = Remark(score=1.0, text="use fewer colors", critic="taste")
    text = feedback(turn(1, Critique(Verdict.ACCEPT, critic="edges"), accepted=True, remarks=(remark,)))
    assert text.startswith("That is correct.\n- (a remark, not a requirement) use fewer colors")


def test_an_accepted_answer_that_a_later_critic_rejected_is_called_wrong() -> None:
    late = turn(1, Critique(Verdict.ACCEPT, critic="edges"), rejection("later", RED), accepted=True)
    assert feedback(late).startswith("That is not correct.\n- A and B are both red")


def test_an_empty_answer_is_never_sent_as_an_empty_message() -> None:
    assert rendered(turn(1, rejection("n", SHORT), text="")).messages[-2] == Message("assistant", "(no answer)")


def test_a_repeated_answer_is_answered_by_asking_for_another() -> None:
    assert "already. Give a different one." in feedback(turn(2, rejection("edges", RED), repeats=1))
    assert "3 times already. Give a different one." in feedback(turn(4, rejection("edges", RED), repeats=3))
    assert "different one" not in feedback(turn(2, rejection("edges", RED), repeats=1), diversifies=False)
    assert "different one" not in feedback(turn(1, rejection("edges", RED)))


def test_the_very_same_fault_of_another_answer_calls_for_something_quite_different() -> None:
    same = turn(1, rejection("edges", RED)), turn(2, rejection("edges", RED))
    assert "something quite different" in feedback(*same)
    assert "something quite different" not in feedback(*same, diversifies=False)
    assert "something quite different" not in feedback(*same, granularity="binary")  # it would tell of faults
    assert "something quite different" not in feedback(
        turn(1, rejection("edges", RED)), turn(2, rejection("n", SHORT))
    )


def test_only_what_is_shown_in_full_makes_critics_go_on_after_the_first_rejection() -> None:
    wanting = {g for g in GRANULARITIES if ChatBackprompter(granularity=g).needs_all_critiques}
    assert wanting == {"all", "constructive"}


# ------------------------------------------------------------------------------------------------- the history

TURNS = tuple(turn(n, rejection("edges", Violation("c", f"fault {n}"))) for n in range(1, 6))


@pytest.mark.parametrize(("history", "kept"), [(None, 5), (9, 5), (5, 5), (2, 2), (1, 1)])
def test_the_chat_keeps_the_latest_answers_with_their_critiques(history: int | None, kept: int) -> None:
    messages = rendered(*TURNS, history=history).messages
    assert messages[:2] == PROMPT
    answers = [message.content for message in messages[2::2]]
    assert answers == [f"answer {n}" for n in range(6 - kept, 6)]
    assert all(
        f"fault {n}" in message.content for n, message in zip(range(6 - kept, 6), messages[3::2], strict=True)
    )


def test_without_history_the_violations_follow_the_prompt_and_the_answer_is_left_out() -> None:
    messages = rendered(*TURNS, history=0).messages
    assert len(messages) == 2
    assert messages[0] == PROMPT[0]
    assert messages[1].content.startswith("Color this map.\n\nAbout your previous answer: That is not correct.")
    assert "fault 5" in messages[1].content
    assert "answer 5" not in messages[1].content


def test_without_history_a_prompt_that_ends_with_the_assistant_gets_a_message_of_its_own() -> None:
    prompt = (*PROMPT, Message("assistant", "{"))
    messages = rendered(*TURNS, history=0, prompt=prompt).messages
    assert messages[:3] == prompt
    assert "fault 5" in messages[3].content


def test_earlier_answers_may_be_kept_without_what_was_said_of_them() -> None:
    messages = rendered(*TURNS, past="attempts").messages
    assert [message.content for message in messages[3:-1:2]] == ["That is not correct."] * 4
    assert "fault 5" in messages[-1].content


def test_duplicates_may_be_left_out_but_never_the_latest() -> None:
    faults = [rejection("edges", Violation("c", f"fault {n}")) for n in range(5)]
    turns = [turn(n, faults[n], text=text) for n, text in enumerate(["a", "b", "a", "c", "b"])]
    assert [m.content for m in rendered(*turns).messages[2::2]] == ["a", "b", "a", "c", "b"]
    messages = rendered(*turns, keeps_duplicates=False).messages
    assert [m.content for m in messages[2::2]] == ["a", "c", "b"]
    assert "fault 4" in messages[-1].content


@pytest.mark.parametrize("settings", [{}, {"history": 2}, {"past": "attempts"}, {"order": "round_robin"}])
def test_what_was_said_once_is_repeated_in_the_same_words(settings: dict[str, Any]) -> None:
    turns = [
        turn(n, rejection("a", Violation("c", f"a{n}")), rejection("b", Violation("c", f"b{n}")), repeats=n % 2)
        for n in range(1, 5)
    ]
    said = [rendered(*turns[:n], **settings).messages for n in range(1, 5)]
    for before, after in pairwise(said):
        if settings.get("past") != "attempts":
            assert set(before[-2:]) <= set(after)


def test_round_robin_shows_one_critic_at_a_time_and_each_in_turn() -> None:
    critiques = [rejection(name, Violation("c", f"from {name}")) for name in ("a", "b", "c")]
    turns = [turn(n, *critiques) for n in range(1, 7)]
    shown = []
    for n in range(1, 7):
        text = feedback(*turns[:n], order="round_robin")
        shown += [name for name in ("a", "b", "c") if f"from {name}" in text]
    assert shown == ["a", "b", "c", "a", "b", "c"]


def test_round_robin_passes_over_critics_that_did_not_reject() -> None:
    accepted = Critique(Verdict.ACCEPT, critic="a")
    for n in range(1, 4):
        turns = [turn(i, accepted, rejection("b", RED)) for i in range(1, n + 1)]
        assert "A and B are both red" in feedback(*turns, order="round_robin")


# ------------------------------------------------------------------------------------------------- any setting

texts = st.text("abcxyz ", min_size=1, max_size=6).map(lambda text: text.strip() or "a")
settings_of_a_chat = st.fixed_dictionaries(
    {
        "granularity": st.sampled_from(GRANULARITIES),
        "history": st.none() | st.integers(0, 4),
        "past": st.sampled_from(["critiques", "attempts"]),
        "order": st.sampled_from(["pooled", "round_robin"]),
        "keeps_duplicates": st.booleans(),
        "diversifies": st.booleans(),
    }
)
unique = count()


def unique_violation(hint: str | None, location: str | None) -> Violation:
    return Violation(
        "c", f"violation-{next(unique)}-", hint=hint and f"hint-{next(unique)}-", location=location
    )


violations = st.builds(unique_violation, st.none() | texts, st.none() | texts)
verdicts = st.lists(violations, max_size=3).map(tuple) | st.just("undecided")


def critique_of(critic: str, said: tuple[Violation, ...] | str) -> Critique:
    if isinstance(said, str):
        return Critique(Verdict.UNDECIDED, reason="no memory", critic=critic)
    return Critique(Verdict.REJECT if said else Verdict.ACCEPT, said, critic=critic)


@given(
    settings_of_a_chat,
    st.lists(
        st.tuples(st.sampled_from("ab"), st.lists(verdicts, max_size=3), st.integers(0, 2)),
        min_size=1,
        max_size=5,
    ),
)
def test_a_violation_that_is_to_be_shown_is_shown_and_no_other(
    settings: dict[str, Any], history: Sequence[tuple[str, list[Any], int]]
) -> None:
    turns = [
        turn(
            n,
            *(critique_of(f"critic-{i}", said) for i, said in enumerate(verdicts)),
            text=text,
            repeats=repeats,
        )
        for n, (text, verdicts, repeats) in enumerate(history, 1)
    ]
    out = rendered(*turns, **settings)
    whole, latest = "\n".join(m.content for m in out.messages), turns[-1]
    rejecting = [critique for critique in latest.critiques if critique.verdict is Verdict.REJECT]
    if settings["order"] == "round_robin" and rejecting:
        rejecting = [rejecting[(len(turns) - 1) % len(rejecting)]]
    wanted = [violation for critique in rejecting for violation in critique.violations]
    wanted = {"none": [], "binary": [], "first": wanted[:1]}.get(settings["granularity"], wanted)
    last = out.messages[-1].content
    for violation in [v for critique in latest.critiques for v in critique.violations]:
        assert (violation.message in last) is (violation in wanted)
        shows_hint = violation in wanted and settings["granularity"] == "constructive"
        assert not violation.hint or (violation.hint in last) is shows_hint
    assert out.violations_shown == len(wanted)
    assert out.violations_known == sum(len(critique.violations) for critique in latest.critiques)
    if settings["granularity"] in ("none", "binary"):
        assert "violation-" not in whole
    if settings["granularity"] != "constructive":
        assert "hint-" not in whole
    assert out.messages[0] == PROMPT[0]
    assert out.messages[-1].role == "user"
    assert all(message.content for message in out.messages)
    assert all(one.role != other.role for one, other in pairwise(out.messages))


@given(settings_of_a_chat)
def test_a_backprompter_is_made_again_from_its_description(settings: dict[str, Any]) -> None:
    backprompter = ChatBackprompter(**settings)
    assert ChatBackprompter(**backprompter.describe()) == backprompter  # type: ignore[arg-type]


@given(settings_of_a_chat, settings_of_a_chat)
def test_what_is_remembered_of_one_rendering_never_leaks_into_another(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    turns = tuple(turn(n, rejection("a", RED), rejection("b", GREEN), repeats=n - 1) for n in range(1, 4))
    shared = conversation(*turns)
    for settings in (one, other, one):
        backprompter = ChatBackprompter(**settings)
        assert backprompter.render(shared) == backprompter.render(conversation(*turns))


@pytest.mark.parametrize(
    "settings",
    [
        {"granularity": "some"},
        {"history": -1},
        {"history": 1.5},
        {"history": "2"},
        {"history": True},
        {"past": "none"},
        {"order": "random"},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=f"{next(iter(settings))} must be"):
        ChatBackprompter(**settings)


def test_a_violation_reads_as_a_sentence() -> None:
    full = Violation("c", "too many colors ", location="line 3", expected="3", actual="4", hint="merge two")
    assert render_violation(full) == "line 3: too many colors Expected: 3. Found: 4."
    assert render_violation(full, with_hint=True).endswith("Found: 4. Hint: merge two")
    assert render_violation(Violation("c", "wrong", expected="")) == "wrong Expected: ."
