"""The plan format: what is read, and where what is not a plan stops being one."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critics.plan.plan_text import PlanStep, read_plan, step_text
from modulo.errors import Malformed


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", []),
        ("\n \t\r\n", []),
        ("; no plan is needed", []),
        ("; one\n;two\n", []),
        ("(a)", [PlanStep("a", ())]),
        ("(stack a b)(pick-up c)", [PlanStep("stack", ("a", "b")), PlanStep("pick-up", ("c",))]),
        ("(a)\n\n(b)\r\n(c) ; why\n", [PlanStep("a", ()), PlanStep("b", ()), PlanStep("c", ())]),
        ("(STACK A b)", [PlanStep("stack", ("a", "b"))]),
        ("( stack\ta\n b )", [PlanStep("stack", ("a", "b"))]),
        ("(stack a ; not (x)\n b)", [PlanStep("stack", ("a", "b"))]),
        ("(pick-up 9big8ruz)", [PlanStep("pick-up", ("9big8ruz",))]),
        ("0: (a)", [PlanStep("a", (), 0)]),
        ("0.500 : (a) [1.25]", [PlanStep("a", (), Fraction(1, 2), Fraction(5, 4))]),
        ("1:(a)[2]2:(b)[ 3 ]", [PlanStep("a", (), 1, 2), PlanStep("b", (), 2, 3)]),
        ("(a) [4]", [PlanStep("a", (), None, 4)]),
        ("(a) ; caf\u00e9 \u4e2d", [PlanStep("a", ())]),
        ("; cost = 3 (unit cost)", []),
    ],
)
def test_a_plan_is_read(text: str, steps: list[PlanStep]) -> None:
    assert read_plan(text) == steps


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("Sorry, I cannot solve this problem.", "line 1, column 1"),
        ("Here is the plan:\n(a)", "line 1, column 1"),
        ("(a)\nand then\n(b)", "line 2, column 1"),
        ("(a)\nThat is all.", "line 2, column 1"),
        ("(a) (b", "line 1, column 5"),
        ("(a\n(b)", "line 2, column 1"),
        ("((a))", "line 1, column 2"),
        ("(a))", "line 1, column 4"),
        ("()", "line 1, column 3"),
        ("(a) ()", "line 1, column 7"),
        ("1. (a)", "line 1, column 1"),
        ("1) (a)", "line 1, column 1"),
        ("Step 1: (a)", "line 1, column 1"),
        ("- (a)", "line 1, column 1"),
        ("a b c", "line 1, column 1"),
        ("[PLAN]\n(a)", "line 1, column 1"),
        ("```\n(a)\n```", "line 1, column 1"),
        ("(a, b)", "line 1, column 3"),
        ("(a ?x)", "line 1, column 4"),
        ("(a \u0441)", "line 1, column 4"),
        ("(\uff41)", "line 1, column 2"),
        ("(\u212aeep a)", "line 1, column 2"),
        ("(a\u00a0b)", "line 1, column 3"),
        ("\u2003(a)", "line 1, column 1"),
        ("\ufeff(a)", "line 1, column 1"),
        ("(a\x00)", "line 1, column 3"),
        ("(a) ; \x00", "line 1, column 7"),
        ("; comment\r(a)", "line 1, column 10"),
        ("(a)\x0c(b)", "line 1, column 4"),
        ("(a) [", "line 1, column 5"),
        ("(a) [x]", "line 1, column 5"),
        ("(a) [-1]", "line 1, column 5"),
        ("(a) [1", "line 1, column 5"),
        ("-1: (a)", "line 1, column 1"),
        ("1e3: (a)", "line 1, column 1"),
        (".5: (a)", "line 1, column 1"),
        ("1/2: (a)", "line 1, column 1"),
        ("\u0661: (a)", "line 1, column 1"),
        ("0:\n(a)", "line 1, column 1"),
        ("0: 1: (a)", "line 1, column 1"),
        ("0: (a", "line 1, column 4"),
        ("(a)(b)x", "line 1, column 7"),
        ("{(a)}", "line 1, column 1"),
        ("(a [1])", "line 1, column 4"),
        (f"{'1' * 101}: (a)", "line 1, column 1"),
        (f"(a) [{'1' * 5000}]", "line 1, column 6"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_place(text: str, location: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_plan(text)
    assert (caught.value.code, caught.value.location) == ("malformed_plan", location)


def test_a_plan_of_ten_megabytes_is_read() -> None:
    assert len(read_plan("(move robot1 room1 room2)\n" * 400_000)) == 400_000


@pytest.mark.parametrize(
    "text", ["(" * 100_000, ")" * 100_000, "(a " * 100_000, "(a)" * 100_000 + "(", "1" * 10**6]
)
def test_long_texts_that_are_no_plans_are_refused_at_once(text: str) -> None:
    with pytest.raises(Malformed):
        read_plan(text)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("()[]:;.0a \n-\r\x00\u0430?")))
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    with contextlib.suppress(Malformed):
        assert all(step.action for step in read_plan(text))


NAMES = st.text("abz09_-", min_size=1, max_size=5).filter(lambda name: name[0] != "-")


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, st.lists(NAMES, max_size=3))))
def test_a_plan_that_is_written_reads_as_itself(calls: list[tuple[str, list[str]]]) -> None:
    steps = [PlanStep(name, tuple(arguments)) for name, arguments in calls]
    assert read_plan("\n".join(step_text(step) for step in steps)) == steps
