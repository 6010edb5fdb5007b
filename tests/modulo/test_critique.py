from __future__ import annotations

import json
from typing import Any

import pytest

from modulo.critique import Critique, Soundness, Verdict, Violation, critique_from_json, critique_json, weakest

FAULT = Violation("conflict", "A and B are both red")


def test_the_weakest_soundness_wins() -> None:
    assert weakest([Soundness.PROOF]) is Soundness.PROOF
    assert weakest([Soundness.PROOF, Soundness.TESTS, Soundness.PROOF]) is Soundness.TESTS
    assert weakest([Soundness.TESTS, Soundness.OPINION, Soundness.PROOF]) is Soundness.OPINION


def test_nothing_has_no_soundness() -> None:
    with pytest.raises(ValueError, match="empty"):
        weakest([])


def test_the_three_verdicts_are_made_by_name() -> None:
    assert Critique.accept(proves="a plan") == Critique(Verdict.ACCEPT, proves="a plan")
    assert Critique.reject(FAULT) == Critique(Verdict.REJECT, (FAULT,))
    assert Critique.undecided("out of memory") == Critique(Verdict.UNDECIDED, reason="out of memory")
    assert Critique.accept().accepts
    assert not Critique.reject(FAULT).accepts
    assert not Critique.undecided("?").accepts


@pytest.mark.parametrize(
    ("verdict", "fields", "says"),
    [
        (Verdict.REJECT, {}, "names at least one violation"),
        (Verdict.ACCEPT, {"violations": (FAULT,)}, "ACCEPT with violations contradicts itself"),
        (Verdict.UNDECIDED, {"violations": (FAULT,)}, "UNDECIDED with violations contradicts itself"),
        (Verdict.ACCEPT, {"failed": True}, "failed gave no verdict"),
        (Verdict.REJECT, {"violations": (FAULT,), "failed": True}, "failed gave no verdict"),
        (Verdict.ACCEPT, {"proves": "\ud800"}, "surrogates not allowed"),
    ],
)
def test_a_critique_that_contradicts_itself_cannot_be_made(
    verdict: Verdict, fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Critique(verdict, **fields)


def test_a_rejection_without_a_violation_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="at least one violation"):
        Critique.reject()


@pytest.mark.parametrize("fields", [{"reason": 5}, {"proves": b"x"}])
def test_what_a_critique_says_is_text(fields: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="is text, not"):
        Critique(Verdict.UNDECIDED, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"code": 5},
        {"message": None},
        {"location": 4},
        {"expected": 3},
        {"actual": 0},
        {"hint": ["use blue"]},
    ],
)
def test_a_violation_that_could_not_be_rendered_fails_where_it_is_made(fields: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="is text, not"):
        Violation(**({"code": "c", "message": "m"} | fields))


def test_the_time_taken_is_no_part_of_equality() -> None:
    quick = Critique(Verdict.ACCEPT, critic="edges")
    slow = Critique(Verdict.ACCEPT, critic="edges", seconds=1.0)
    assert quick == slow
    assert hash(quick) == hash(slow)
    assert quick != Critique(Verdict.ACCEPT, critic="nodes")


def test_critiques_and_violations_are_immutable() -> None:
    for thing, name in ((FAULT, "code"), (Critique.accept(), "verdict")):
        with pytest.raises(AttributeError):
            setattr(thing, name, "other")


@pytest.mark.parametrize(
    "critique",
    [
        Critique.accept(),
        Critique.accept(proves="passed 12 tests"),
        Critique(Verdict.REJECT, (Violation("a", "b"),), critic="node", seconds=0.25),
        Critique.reject(
            Violation("a", "b", location="c", expected="d", actual="e", hint="f"), Violation("g", "h")
        ),
        Critique.undecided("too large"),
        Critique(Verdict.UNDECIDED, reason="crashed", failed=True),
    ],
)
def test_a_critique_survives_the_way_to_json_and_back(critique: Critique) -> None:
    again = critique_from_json(json.loads(json.dumps(critique_json(critique))))
    assert again == critique
    assert again.seconds == critique.seconds


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"verdict": "accept"},
        {"verdict": "perhaps", "violations": []},
        {"verdict": "reject", "violations": []},
        {"verdict": "accept", "violations": [{"code": "a", "message": "b"}]},
        {"verdict": "reject", "violations": [{"code": "a"}]},
        {"verdict": "reject", "violations": [{"code": "a", "message": 3}]},
    ],
)
def test_a_document_that_is_no_critique_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        critique_from_json(document)
