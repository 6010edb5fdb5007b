"""MatchesPattern and ParsesAs: what is accepted and rejected, and what takes forever is no verdict."""

from __future__ import annotations

import pickle

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo.checking import check
from modulo.critics.text import MatchesPattern, ParsesAs
from modulo.critique import Verdict
from modulo.errors import ConfigurationError
from modulo.protocols import Critic
from modulo.testing import ScriptedGenerator

BALANCED = ParsesAs('start: "(" start ")" start |')
AMBIGUOUS = ParsesAs('start: start start | "a"')
NUMBERS = ParsesAs("start: NUMBER (OPERATOR NUMBER)*\nNUMBER: /[0-9]+/\nOPERATOR: /[-+]/\n%ignore / /")


def codes(critic: Critic[object, str], text: object) -> list[str]:
    found = critic.critique(None, text)  # type: ignore[arg-type]
    violations = found.violations if isinstance(found, modulo.Critique) else list(found)  # type: ignore[arg-type]
    return [violation.code for violation in violations]


async def checked(critic: Critic[object, str], text: str) -> str:
    graph = modulo.Graph("texts")
    writer = graph.generator("writer", ScriptedGenerator([]))
    answer = graph.reformulator("text", str, reads=writer)
    graph.critic("critic", critic, reads=answer, backprompts=writer)
    return (await check(graph, {}, text)).verdict


@pytest.mark.parametrize("text", ["2024-01-31", "1999-12-01"])
def test_a_text_that_matches_is_accepted(text: str) -> None:
    assert codes(MatchesPattern("[0-9]{4}-[0-9]{2}-[0-9]{2}"), text) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-01-31\n",
        " 2024-01-31",
        "x2024-01-31",
        "2024-01-310",
        None,
        5,
        ["2024-01-31"],
        "\u0662024-01-31",
    ],
)
def test_a_text_that_does_not_match_from_end_to_end_is_rejected(text: object) -> None:
    assert codes(MatchesPattern("[0-9]{4}-[0-9]{2}-[0-9]{2}"), text)


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "*", b"a", None, "(?<x>a)"])
def test_what_is_no_pattern_is_refused(pattern: object) -> None:
    with pytest.raises(ConfigurationError):
        MatchesPattern(pattern)  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), True, "1"])
def test_a_deadline_that_makes_no_sense_is_refused(seconds: object) -> None:
    with pytest.raises(ConfigurationError):
        MatchesPattern("a", max_seconds=seconds)  # type: ignore[arg-type]


def test_a_pattern_that_takes_forever_is_an_error_and_no_verdict() -> None:
    critic = MatchesPattern("(a+)+b", max_seconds=0.5)
    assert anyio.run(checked, critic, "a" * 60) == "error"


def test_a_pattern_is_judged_in_a_worker_process() -> None:
    assert anyio.run(checked, MatchesPattern("a+b"), "aab") == "accept"


def test_the_pattern_and_the_grammar_are_in_the_options() -> None:
    assert MatchesPattern("a+").options() == {"pattern": "a+"}
    assert BALANCED.options()["start"] == "start"


@pytest.mark.parametrize("text", ["", "()", "(())()"])
def test_a_text_of_the_language_is_accepted(text: str) -> None:
    assert codes(BALANCED, text) == []


@pytest.mark.parametrize("text", ["(", ")", "())", "() ()", "[]", None, 5, ["()"]])
def test_a_text_outside_of_the_language_is_rejected(text: object) -> None:
    assert codes(BALANCED, text)


def test_ambiguity_is_no_fault() -> None:
    assert codes(AMBIGUOUS, "aaaaaa") == []


def test_a_derivation_that_needs_a_shorter_terminal_is_found() -> None:
    critic = ParsesAs('start: WORD "b"\nWORD: /[ab]+/')
    assert codes(critic, "abbb") == []


def test_a_violation_says_where_and_what_could_stand_there() -> None:
    (violation,) = NUMBERS.critique(None, "1 + +").violations
    assert violation.code == "unexpected_text"
    assert (violation.location, violation.expected) == ("line 1, column 5", "NUMBER")
    (violation,) = NUMBERS.critique(None, "1 +").violations
    assert violation.code == "unexpected_end"


@pytest.mark.parametrize("grammar", ["", "start: missing", "begin: /a/", "start: (", None])
def test_what_is_no_grammar_is_refused(grammar: object) -> None:
    with pytest.raises(ConfigurationError):
        ParsesAs(grammar)  # type: ignore[arg-type]


def test_a_grammar_is_built_anew_in_worker_processes() -> None:
    again = pickle.loads(pickle.dumps(BALANCED))
    assert again.options() == BALANCED.options()
    assert anyio.run(checked, BALANCED, "(())") == "accept"
    assert anyio.run(checked, BALANCED, "(()") == "reject"


@settings(deadline=None)
@given(st.text(alphabet="()", max_size=12))
def test_the_language_of_balanced_parentheses_agrees_with_counting(text: str) -> None:
    depth, right = 0, True
    for one in text:
        depth += 1 if one == "(" else -1
        right = right and depth >= 0
    assert (codes(BALANCED, text) == []) == (right and depth == 0)


@pytest.mark.parametrize(
    "terminal", ["a$", r"\w+\b", r"a\B", r"a\Z", "a+(?!b)", "a(?=b)", "[$]$", r"\\$", r"[\]]$", "(a|[b])$"]
)
def test_a_terminal_that_looks_ahead_is_refused(terminal: str) -> None:
    with pytest.raises(ConfigurationError, match="A looks ahead"):
        ParsesAs(f"start: A A\nA: /{terminal}/")


@pytest.mark.parametrize(
    ("terminal", "text"),
    [(r"\$", "$"), ("[$]", "$"), ("[]$]", "$"), ("[^]$]", "a"), (r"\\b", r"\b"), (r"a(?<!b)", "a")],
)
def test_a_terminal_that_does_not_look_ahead_is_read(terminal: str, text: str) -> None:
    assert ParsesAs(f"start: A\nA: /{terminal}/").critique(None, text).verdict is Verdict.ACCEPT
