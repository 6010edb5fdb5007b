"""From what a check found to a critique: only a signed report of tests that all passed is an acceptance."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from typing import Any, Final

from modulo.critics.code.examining import Examination
from modulo.critics.code.inside.zygote import OWN_CODES
from modulo.critics.code.limits import Limits
from modulo.critics.code.sandbox import Ended
from modulo.critics.code.watching import Excess
from modulo.critique import Critique, Violation

__all__ = ["accepted", "cause_of_death", "is_worth_a_retry", "judged", "judged_together", "rejected"]

_KILLED: Final = 128
_HIDDEN: Final = Violation("hidden_test", "A hidden test failed.")
_ABOUT_THE_PROGRAM: Final = ("syntax", "load", "no_entry_point")
"""Faults that show nothing of a test."""


def judged(found: Examination, limits: Limits, *, hidden: bool) -> Critique:
    """The critique that follows.

    Args:
        found: What the check found.
        limits: The limits that it ran under.
        hidden: Whether a violation must not say anything of the tests.
    """
    undecided = _why_undecided(found, limits)
    if undecided is not None:
        return Critique.undecided(undecided)
    assert found.report is not None
    if found.report["outcome"] == "passed":
        return accepted(found.report["passed"])
    return rejected([_violation(fault, found, limits) for fault in found.report["faults"]], hidden=hidden)


def judged_together(found: Examination, limits: Limits, *, hidden: bool) -> Critique:
    """The critique of a program that ran in one process with its tests, and may have forged their report."""
    was_confined = found.tests.was_confined
    if found.report is None and was_confined and found.excess != "wall":
        code, reason = cause_of_death(found.tests, found.excess, limits)
        return rejected(
            [Violation(code, f"Program and tests did not come to their end. {reason}")], hidden=hidden
        )
    critique = judged(found, limits, hidden=hidden)
    if not critique.accepts:
        return critique
    return Critique.accept(proves=f"{critique.proves}, run in one process with the program")


def accepted(passed: int) -> Critique:
    """The acceptance of a program that passed so many tests."""
    return Critique.accept(proves=f"passed {passed} test{'s' if passed != 1 else ''}")


def rejected(violations: Sequence[Violation], *, hidden: bool) -> Critique:
    """The rejection for some violations; of hidden tests, it tells no more than that one failed."""
    if hidden:
        violations = [v for v in violations if v.code in _ABOUT_THE_PROGRAM] or [_HIDDEN]
    return Critique.reject(*violations)


def is_worth_a_retry(found: Examination) -> bool:
    """Whether nothing was decided only because the machine was too busy."""
    return found.excess == "wall"


def _why_undecided(found: Examination, limits: Limits) -> str | None:
    if not found.tests.was_confined or not found.candidate.was_confined:
        return "a sandbox could not be set up for this check"
    if found.excess == "tests":
        return (
            f"the tests themselves took more than {limits.max_cpu_seconds} s of CPU time "
            f"or {limits.max_memory_mb} MiB of memory"
        )
    if found.excess == "wall":
        return f"nothing was decided within {limits.max_wall_seconds} s; the machine is too busy"
    report = found.report
    if report is None:
        return _why_no_report(found, limits)
    if found.tests.code != 0:
        return f"the tests' process ended with code {found.tests.code} after its report"
    if report["outcome"] == "broken":
        return str(report["reason"]) or "the tests are broken"
    if found.excess == "idle" and not _died_in_a_call(report):
        return f"the tests waited for more than {limits.max_idle_seconds} s"
    died = any(fault["code"] == "died" for fault in report["faults"])
    was_killed = found.excess is None and found.candidate.code == _KILLED + signal.SIGKILL
    if died and was_killed and not _ran_out_of_cpu_time(found.candidate, limits):
        return "the program was killed from outside; perhaps the machine has too little memory"
    is_pass = report["outcome"] == "passed"
    if is_pass and (report["faults"] or report["passed"] < 1 or report["calls"] < 1 or found.excess):
        return "the tests' report contradicts itself"
    if not is_pass and not report["faults"]:
        return "the tests failed without saying why"
    return None


def _why_no_report(found: Examination, limits: Limits) -> str:
    if _ran_out_of_cpu_time(found.tests, limits):
        return f"the tests themselves took more than {limits.max_cpu_seconds} s of CPU time"
    if found.excess == "idle":
        return f"the tests waited for more than {limits.max_idle_seconds} s"
    return f"the tests ended (code {found.tests.code}) without a report"


def _ran_out_of_cpu_time(ended: Ended, limits: Limits) -> bool:
    """Whether the kernel killed it for that. Its accounts and its limit do not agree to the tick."""
    return ended.code == _KILLED + signal.SIGKILL and ended.cpu_seconds >= limits.max_cpu_seconds / 2


def _died_in_a_call(report: Mapping[str, Any]) -> bool:
    return any(fault["code"] == "died" and fault.get("when") == "during" for fault in report["faults"])


def _violation(fault: Mapping[str, str], found: Examination, limits: Limits) -> Violation:
    code, message = fault["code"], fault["message"]
    if code == "died":
        code, reason = cause_of_death(found.candidate, found.excess, limits)
        message = f"{message} {reason}"
    if code == "exception" and "raised MemoryError" in message:
        code = "memory"
    if fault.get("trace"):
        message = f"{message}\n{fault['trace']}"
    if fault.get("test"):
        message = f"{message} [{fault['test']}]"
    return Violation(
        code,
        message,
        location=fault.get("location"),
        expected=fault.get("expected"),
        actual=fault.get("actual"),
    )


def cause_of_death(end: Ended, excess: Excess | None, limits: Limits) -> tuple[str, str]:
    """Code and sentence for a process that did not end as it should."""
    cpu = f"It took more than {limits.max_cpu_seconds} s of CPU time."
    match excess:
        case "cpu":
            return "timeout", cpu
        case "idle":
            return "timeout", f"It waited for more than {limits.max_idle_seconds} s without computing."
        case "memory":
            return "memory", f"It took more than {limits.max_memory_mb} MiB of memory."
    if end.code == _KILLED + signal.SIGKILL:
        return "timeout", cpu
    if end.code >= OWN_CODES:
        return "crash", "It broke off while it was answering."
    if end.code > _KILLED:
        return "crash", f"It was killed by signal {end.code - _KILLED} ({_signal_name(end.code - _KILLED)})."
    return "exit", f"It ended itself with code {end.code}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
