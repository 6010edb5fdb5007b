"""Says in words why a step or a goal fails: what is unknown, what does not hold, and what holds instead."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import nsmallest
from itertools import islice
from typing import Final

from msgspec.structs import replace

from modulo.critics.plan.conditions import Condition
from modulo.critics.plan.pddl.printing import call_text, formula_text
from modulo.critics.plan.pddl.strata import atoms_in
from modulo.critics.plan.pddl.syntax import Formula, Parameter
from modulo.critics.plan.plan_text import PlanStep, step_text
from modulo.critics.plan.state import Environment, State
from modulo.critics.plan.task import Task
from modulo.critics.plan.undetermined import Meaningless
from modulo.critique import Violation

__all__ = [
    "facts_instead",
    "meaningless",
    "misnamed",
    "shortened",
    "supposing",
    "unmet_goal",
    "unmet_parts",
    "unmet_step",
]

_MAX_NAMES: Final = 3
_MAX_COMPARED: Final = 500
"""Names that are compared with a misspelt one; comparing is slow."""
_MAX_MORE_LETTERS: Final = 4
_MAX_FACTS: Final = 8
_MAX_TEXT: Final = 400


def shortened(text: str, longest: int = _MAX_TEXT) -> str:
    """A text that is no longer than that."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def misnamed(task: Task, step: PlanStep, at: str, parameters: Sequence[Parameter] | None) -> list[Violation]:
    """What is unknown or does not fit in how a step names its action and objects.

    Args:
        task: The problem.
        step: The step.
        at: Where it is.
        parameters: The parameters of its action; None if there is no such action.
    """
    if parameters is None:
        legal, ending = _suggested(step.action, task.action_names())
        message = f"There is no action {shortened(step.action, 80)}{ending}"
        return [Violation("unknown_action", message, location=at, expected=legal, actual=step.action[:80])]
    if len(step.arguments) != len(parameters):
        return [_wrong_arity(step, at, parameters)]
    faults = []
    for argument, parameter, allowed in zip(
        step.arguments, parameters, task.allowed(step.action, tuple(parameters)), strict=True
    ):
        if argument not in task.objects:
            legal, ending = _suggested(argument, allowed)
            message = f"In {_shown(step)}, there is no object {shortened(argument, 80)}{ending}"
            faults.append(
                Violation(
                    "unknown_object",
                    message,
                    location=at,
                    expected=legal,
                    actual=shortened(argument, 80),
                )
            )
        elif argument not in allowed:
            given = " or ".join(task.objects[argument])
            wanted = " or ".join(parameter.types)
            fault = f"{argument} is of type {given}, but {parameter.name} must be of type {wanted}"
            message = f"In {_shown(step)}, {fault}{_suggested(argument, allowed)[1]}"
            faults.append(Violation("wrong_type", message, location=at, expected=wanted, actual=given))
    return faults


def _wrong_arity(step: PlanStep, at: str, parameters: Sequence[Parameter]) -> Violation:
    wanted = call_text(step.action, [parameter.name for parameter in parameters])
    count = "1 object" if len(parameters) == 1 else f"{len(parameters)} objects"
    message = f"{_shown(step)} names {len(step.arguments)}, but {step.action} takes {count}: {wanted}."
    return Violation("wrong_arity", message, location=at, expected=wanted, actual=_shown(step))


def unmet_step(
    step: PlanStep, at: str, unmet: Sequence[str], instead: Sequence[str], *, when: str = ""
) -> Violation:
    """A step whose precondition does not hold.

    Args:
        step: The step.
        at: Where it is.
        unmet: The parts of its condition that do not hold.
        instead: What holds instead; shown as what was found.
        when: At which moment of a durative action, as the end of a phrase.
    """
    needed = ", ".join(unmet)
    verb = "does" if len(unmet) == 1 else "do"
    message = f"{_shown(step)} cannot be carried out{when}: {shortened(needed)} {verb} not hold."
    return Violation(
        "unmet_precondition",
        message,
        location=at,
        expected=shortened(" ".join(unmet)),
        actual=" ".join(instead) or None,
    )


def unmet_goal(unmet: Sequence[str], instead: Sequence[str]) -> Violation:
    """A goal that does not hold at the end."""
    verb = "does" if len(unmet) == 1 else "do"
    message = f"At the end of the plan, {shortened(', '.join(unmet))} of the goal {verb} not hold."
    return Violation(
        "unmet_goal",
        message,
        location="goal",
        expected=shortened(" ".join(unmet)),
        actual=" ".join(instead) or None,
    )


def meaningless(step: PlanStep, at: str, error: Meaningless) -> Violation:
    """A step whose condition or effect has no value."""
    return Violation(error.code, f"{_shown(step)} cannot be carried out: {error.message}.", location=at)


def supposing(violation: Violation, what: str) -> Violation:
    """A violation that was found by going on after an earlier one."""
    return replace(violation, message=f"{violation.message} (This supposes that {what} had worked.)")


def unmet_parts(
    condition: Condition, env: Environment, state: State, binding: Mapping[str, str]
) -> list[tuple[Formula, str]]:
    """The parts of a conjunction that do not hold, with their text."""
    found = []
    for part, holds in condition.parts:
        try:
            is_met = holds(env, state)
        except Meaningless:
            is_met = False
        if not is_met:
            found.append((part, shortened(formula_text(part, binding))))
    return found


def facts_instead(task: Task, parts: Iterable[Formula], state: State, binding: Mapping[str, str]) -> list[str]:
    """Facts that hold and are about the objects of the parts that do not; a few of them.

    Facts that nothing ever changes are no news, unless just such a fact is missing.
    """
    atoms = [atom for part in parts for atom, _ in atoms_in(part)]
    objects = {binding.get(term, term) for atom in atoms for term in atom.terms}
    telling = task.changing | {atom.predicate for atom in atoms}
    about = [fact for fact in state.facts if fact[0] in telling and not objects.isdisjoint(fact[1:])]
    # Those that are about more of the objects come first.
    about.sort(key=lambda fact: (-len(objects.intersection(fact[1:])), fact))
    return [call_text(fact[0], fact[1:]) for fact in islice(about, _MAX_FACTS)]


def _suggested(name: str, legal: Collection[str]) -> tuple[str | None, str]:
    """The legal names that are most like a wrong one, or some of them, and the end of a sentence that says so."""
    alike = [other for other in legal if abs(len(other) - len(name)) <= _MAX_MORE_LETTERS]
    # Sets have another order in another process; what is compared must not depend on that.
    compared = nsmallest(_MAX_COMPARED, alike, key=lambda other: (abs(len(other) - len(name)), other))
    near = difflib.get_close_matches(name[:80], compared, n=_MAX_NAMES)
    if near:
        return " ".join(near), f"; did you mean {' or '.join(near)}?"
    some = nsmallest(_MAX_NAMES, legal)
    more = " and others" if len(legal) > len(some) else ""
    return (" ".join(some), f"; possible here: {', '.join(some)}{more}.") if some else (None, ".")


def _shown(step: PlanStep) -> str:
    return shortened(step_text(step), 200)
