"""Finds what could make a plan work: actions that achieve what is missing, and short repairs.

What is found here reveals part of a solution; it goes into hints and nowhere else.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from modulo.critics.plan.operators import Operator
from modulo.critics.plan.pddl.printing import call_text
from modulo.critics.plan.pddl.syntax import Atom, Effect, Effects, ForEach, Formula, Not, SetFact, When
from modulo.critics.plan.plan_text import PlanStep, step_text
from modulo.critics.plan.state import Fact, State, Work
from modulo.critics.plan.stepping import carry_out, goal_holds
from modulo.critics.plan.task import Task
from modulo.critics.plan.undetermined import Meaningless, TooMuchWork

__all__ = ["achievers", "applicable_steps", "repair"]

Binding: TypeAlias = dict[str, str]

_MAX_ACHIEVERS: Final = 5
_MAX_INSERTED: Final = 4
"""Longest sequence of actions that a repair inserts."""
_MAX_WORK: Final = 100_000
"""How many evaluations the search for a repair may take."""


def achievers(task: Task, part: Formula, binding: Mapping[str, str], state: State) -> str | None:
    """Which actions would make a literal true, as a sentence; None if none is known.

    Args:
        task: The problem.
        part: The literal.
        binding: Objects for its variables.
        state: The state, for what never changes.
    """
    atom, wanted = (part.part, False) if isinstance(part, Not) else (part, True)
    if not isinstance(atom, Atom):
        return None
    terms = [binding.get(term, term) for term in atom.terms]
    found = dict.fromkeys(_achieving_calls(task, atom.predicate, terms, state, wanted=wanted))
    if not found:
        return None
    calls = ", ".join(itertools.islice(found, _MAX_ACHIEVERS))
    return f"{call_text(atom.predicate, terms)} is made {'true' if wanted else 'false'} by {calls}."


def _achieving_calls(
    task: Task, predicate: str, terms: Sequence[str], state: State, *, wanted: bool
) -> Iterator[str]:
    for operator in task.operators.values():
        names = [parameter.name for parameter in operator.parameters]
        for atom in _set_atoms(operator.action.effect, wanted=wanted):
            if atom.predicate != predicate:
                continue
            found = _unified(atom.terms, terms, names)
            if found is not None and _can_be(task, operator, found, state):
                yield call_text(operator.name, [found.get(name, name) for name in names])


def _can_be(task: Task, operator: Operator, binding: Binding, state: State) -> bool:
    """Whether objects have the right types, and what never changes allows them."""
    for parameter, allowed in zip(
        operator.parameters, task.allowed(operator.name, operator.parameters), strict=True
    ):
        if binding.get(parameter.name, next(iter(allowed), "")) not in allowed:
            return False
    for atom in _positive_atoms(operator):
        fact = (atom.predicate, *[binding.get(term, term) for term in atom.terms])
        is_ground = not any(term[0] == "?" for term in fact[1:])
        if is_ground and atom.predicate not in task.changing and fact not in state.facts:
            return False
    return True


def _positive_atoms(operator: Operator) -> list[Atom]:
    """The atoms that must hold for an action, without derived ones."""
    derived = operator.frame.derived
    parts = [part for part, _ in operator.moment.condition.parts]
    return [part for part in parts if isinstance(part, Atom) and part.predicate not in derived]


def _set_atoms(effect: Effect, *, wanted: bool) -> Iterator[Atom]:
    match effect:
        case SetFact(atom, holds) if holds is wanted:
            yield atom
        case Effects(parts):
            for part in parts:
                yield from _set_atoms(part, wanted=wanted)
        case When(_, inner) | ForEach(_, inner):
            yield from _set_atoms(inner, wanted=wanted)


def _unified(pattern: Sequence[str], terms: Sequence[str], names: Sequence[str]) -> Binding | None:
    """Objects for parameters with which a pattern is these terms; variables of quantifiers fit anything."""
    found: Binding = {}
    for own, term in zip(pattern, terms, strict=True):
        if own in names:
            if found.setdefault(own, term) != term:
                return None
        elif own[0] != "?" and own != term:
            return None
    return found


def repair(task: Task, steps: Sequence[PlanStep], state: State, failed: int | None) -> str | None:
    """A shortest change that mends a plan, as a sentence; None if none is found with little work.

    Args:
        task: The problem.
        steps: The plan.
        state: The state before the step that fails, or at the end.
        failed: The place of the step that fails; None if the goal does not hold at the end.
    """
    state = state.copy(Work(_MAX_WORK))
    try:
        if failed is None:
            found = _search(task, state, ())
            return None if found is None else f"Adding {_listed(found[0])} at the end reaches the goal."
        if _ends_well(task, steps[failed + 1 :], state):
            return f"Leaving out step {failed + 1} makes the plan valid."
        found = _search(task, state, steps[failed:])
    except TooMuchWork:
        return None
    if found is None:
        return None
    inserted, is_complete = found
    what = "makes the plan valid" if is_complete else "makes that step possible"
    return f"Inserting {_listed(inserted)} before step {failed + 1} {what}."


def _listed(steps: Sequence[PlanStep]) -> str:
    return " ".join(step_text(step) for step in steps)


def _search(task: Task, start: State, rest: Sequence[PlanStep]) -> tuple[tuple[PlanStep, ...], bool] | None:
    """The shortest steps after which the rest of the plan works, or else its next step; breadth first."""
    partial: tuple[PlanStep, ...] | None = None
    seen = {_key(start)}
    queue: deque[tuple[State, tuple[PlanStep, ...]]] = deque([(start, ())])
    try:
        while queue:
            state, path = queue.popleft()
            for step in applicable_steps(task, state):
                start.spend(1 + len(state.facts) // 8)  # copying takes time where it leads to nothing new too
                after = state.copy()
                if carry_out(task, [step], after) is not None or _key(after) in seen:
                    continue
                seen.add(_key(after))
                start.spend(len(after.facts))
                longer = (*path, step)
                if _ends_well(task, rest, after):
                    return longer, True
                if partial is None and rest and carry_out(task, rest[:1], after.copy()) is None:
                    partial = longer
                if len(longer) < _MAX_INSERTED:
                    queue.append((after, longer))
    except TooMuchWork:
        pass  # what was found so far is the answer
    return None if partial is None else (partial, False)


def _ends_well(task: Task, rest: Sequence[PlanStep], state: State) -> bool:
    state = state.copy()
    return carry_out(task, rest, state) is None and goal_holds(task, state)


def _key(state: State) -> tuple[frozenset[Fact], frozenset[object]]:
    return frozenset(state.facts), frozenset(state.values.items())


def applicable_steps(task: Task, state: State) -> Iterator[PlanStep]:
    """The instantaneous actions that can be carried out in a state, always in the same order.

    Raises:
        TooMuchWork: Finding them takes more than is allowed.
    """
    by_predicate: dict[str, list[Fact]] = {}
    # Sets have another order in another process, and a replay must find the same repair.
    for fact in sorted(state.facts):
        by_predicate.setdefault(fact[0], []).append(fact)
    for operator in task.operators.values():
        for arguments in _argument_lists(task, operator, state, by_predicate):
            env = operator.frame.environment(arguments)
            try:
                if operator.moment.condition.holds(env, state):
                    yield PlanStep(operator.name, arguments)
            except Meaningless:
                continue  # such a step cannot be carried out


def _argument_lists(
    task: Task, operator: Operator, state: State, by_predicate: Mapping[str, list[Fact]]
) -> Iterator[tuple[str, ...]]:
    """Arguments of the right types for which the positive literals of the condition hold."""
    atoms = _positive_atoms(operator)
    atoms.sort(key=lambda atom: len(by_predicate.get(atom.predicate, ())))
    allowed = task.allowed(operator.name, operator.parameters)
    names = [parameter.name for parameter in operator.parameters]
    for binding in _matches(atoms, {}, state, by_predicate):
        choices = [
            [binding[name]] if name in binding else sorted(fit)
            for name, fit in zip(names, allowed, strict=True)
        ]
        for arguments in itertools.product(*choices):
            state.spend()
            if all(item in fit for item, fit in zip(arguments, allowed, strict=True)):
                yield arguments


def _matches(
    atoms: Sequence[Atom], binding: Binding, state: State, by_predicate: Mapping[str, list[Fact]]
) -> Iterator[Binding]:
    if not atoms:
        yield binding
        return
    for fact in by_predicate.get(atoms[0].predicate, ()):
        state.spend()
        longer = dict(binding)
        for term, item in zip(atoms[0].terms, fact[1:], strict=True):
            if (longer.setdefault(term, item) if term[0] == "?" else term) != item:
                break
        else:
            yield from _matches(atoms[1:], longer, state, by_predicate)
