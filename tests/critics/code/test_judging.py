"""Only a signed report of tests that all passed is an acceptance."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.critics.code.examining import Examination
from modulo.critics.code.judging import is_worth_a_retry, judged, judged_together
from modulo.critics.code.limits import Limits
from modulo.critics.code.sandbox import Ended
from modulo.critique import Critique, Verdict

LIMITS = Limits()
KILLED = Ended(code=137, cpu_seconds=0.1, memory_mb=10)
PASSED = {"outcome": "passed", "reason": "", "passed": 3, "calls": 3, "faults": []}
FAULT = {"code": "wrong_result", "message": "f(1) gave 2, not 3."}
DIED = {"code": "died", "message": "The program ended during f(1).", "when": "during"}
GOOD = Examination(
    report=PASSED,
    tests=Ended(code=0, cpu_seconds=0.1, memory_mb=10),
    candidate=KILLED,
    excess=None,
    output="",
)


def verdict(found: Examination) -> Verdict:
    return judged(found, LIMITS, hidden=False).verdict


def test_tests_that_all_passed_accept() -> None:
    assert judged(GOOD, LIMITS, hidden=False) == Critique.accept(proves="passed 3 tests")


@pytest.mark.parametrize(
    "found",
    [
        replace(GOOD, report=None),
        replace(GOOD, report=PASSED | {"passed": 0}),
        replace(GOOD, report=PASSED | {"passed": -1}),
        replace(GOOD, report=PASSED | {"calls": 0}),
        replace(GOOD, report=PASSED | {"faults": [FAULT]}),
        replace(GOOD, report=PASSED | {"outcome": "failed"}),
        replace(GOOD, report=PASSED | {"outcome": "broken"}),
        replace(GOOD, excess="wall"),
        replace(GOOD, excess="cpu"),
        replace(GOOD, excess="idle"),
        replace(GOOD, excess="memory"),
        replace(GOOD, excess="tests"),
        replace(GOOD, tests=replace(GOOD.tests, code=1)),
        replace(GOOD, tests=replace(GOOD.tests, code=137)),
        replace(GOOD, tests=replace(GOOD.tests, code=253)),
        replace(GOOD, candidate=replace(KILLED, code=253)),
    ],
)
def test_anything_else_about_a_pass_decides_nothing(found: Examination) -> None:
    assert verdict(found) is Verdict.UNDECIDED


def with_fault(**fault: str) -> Examination:
    return replace(GOOD, report=PASSED | {"outcome": "failed", "faults": [fault]})


def test_faults_reject() -> None:
    assert judged(with_fault(**FAULT), LIMITS, hidden=False).violations[0].message == FAULT["message"]


@pytest.mark.parametrize(
    ("ended", "excess", "code", "words"),
    [
        (replace(KILLED, cpu_seconds=4.9), None, "timeout", "more than 5 s of CPU time"),
        (KILLED, "cpu", "timeout", "more than 5 s of CPU time"),
        (KILLED, "idle", "timeout", "waited for more than 5 s"),
        (KILLED, "memory", "memory", "more than 512 MiB"),
        (replace(KILLED, code=139), None, "crash", "signal 11 (SIGSEGV)"),
        (replace(KILLED, code=190), None, "crash", "signal 62"),
        (replace(KILLED, code=0), None, "exit", "ended itself with code 0"),
        (replace(KILLED, code=252), None, "crash", "while it was answering"),
    ],
)
def test_a_death_is_told_by_its_cause(ended: Ended, excess: Any, code: str, words: str) -> None:
    critique = judged(replace(with_fault(**DIED), candidate=ended, excess=excess), LIMITS, hidden=False)
    assert critique.violations[0].code == code
    assert words in critique.violations[0].message


def test_a_death_that_may_be_the_machines_fault_decides_nothing() -> None:
    assert verdict(replace(with_fault(**DIED), candidate=KILLED)) is Verdict.UNDECIDED
    assert verdict(replace(with_fault(**DIED), excess="wall")) is Verdict.UNDECIDED
    assert verdict(replace(with_fault(**DIED | {"when": "before"}), excess="idle")) is Verdict.UNDECIDED


def test_only_the_clock_is_worth_another_try() -> None:
    assert is_worth_a_retry(replace(GOOD, excess="wall"))
    assert not is_worth_a_retry(replace(GOOD, excess="cpu"))


def test_hidden_tests_tell_nothing_of_themselves_not_even_by_an_exception() -> None:
    for fault in (FAULT, DIED | {"when": "during"}, {"code": "exception", "message": "f('secret') raised"}):
        found = replace(with_fault(**fault), candidate=replace(KILLED, code=139))
        (violation,) = judged(found, LIMITS, hidden=True).violations
        assert (violation.code, violation.message) == ("hidden_test", "A hidden test failed.")


def test_a_program_that_ends_its_own_tests_is_rejected() -> None:
    found = replace(GOOD, report=None, tests=replace(GOOD.tests, code=0), candidate=replace(GOOD.tests, code=0))
    assert judged_together(found, LIMITS, hidden=False).verdict is Verdict.REJECT
    assert judged_together(replace(found, excess="wall"), LIMITS, hidden=False).verdict is Verdict.UNDECIDED


@given(
    st.fixed_dictionaries(
        {
            "outcome": st.sampled_from(["passed", "failed", "broken"]),
            "reason": st.text(),
            "passed": st.integers(-1, 3),
            "calls": st.integers(-1, 3),
            "faults": st.lists(st.sampled_from([FAULT, DIED]), max_size=2),
        }
    )
    | st.none(),
    st.sampled_from([0, 1, 137, 139, 252, 253]),
    st.sampled_from([0, 137, 139, 253]),
    st.sampled_from([None, "cpu", "idle", "memory", "tests", "wall"]),
)
def test_no_other_combination_is_ever_accepted(report: Any, tests: int, candidate: int, excess: Any) -> None:
    found = Examination(
        report=report,
        tests=replace(GOOD.tests, code=tests),
        candidate=replace(KILLED, code=candidate),
        excess=excess,
        output="",
    )
    is_clean = tests == 0 and candidate != 253 and excess is None and report is not None
    passed = is_clean and report["outcome"] == "passed" and not report["faults"]
    expected = passed and report["passed"] > 0 and report["calls"] > 0
    assert judged(found, LIMITS, hidden=False).accepts == expected
