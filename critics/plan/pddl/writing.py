"""Writes domains and problems as PDDL text that reads back as the same value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from modulo.critics.plan.pddl.printing import (
    call_text,
    expression_text,
    formula_text,
    number_text,
    typed_list_text,
    types_text,
)
from modulo.critics.plan.pddl.syntax import (
    NOTHING,
    Action,
    Domain,
    DurativeAction,
    Effect,
    Effects,
    ForEach,
    Formula,
    LateEffect,
    Problem,
    SetFact,
    Signature,
    TimedFact,
    Update,
    When,
)

__all__ = ["domain_text", "effect_text", "problem_text"]


def domain_text(domain: Domain) -> str:
    """A domain as PDDL."""
    return _definition(f"(domain {domain.name})", _domain_sections(domain))


def problem_text(problem: Problem) -> str:
    """A problem as PDDL."""
    return _definition(f"(problem {problem.name})", _problem_sections(problem))


def effect_text(effect: Effect) -> str:
    """An effect as PDDL."""
    match effect:
        case SetFact(atom, holds):
            return formula_text(atom) if holds else f"(not {formula_text(atom)})"
        case Update(operator, fluent, value):
            return f"({operator} {expression_text(fluent)} {expression_text(value)})"
        case Effects(parts):
            return call_text("and", map(effect_text, parts))
        case When(condition, inner):
            return f"(when {formula_text(condition)} {effect_text(inner)})"
        case ForEach(parameters, inner):
            return f"(forall ({typed_list_text(parameters)}) {effect_text(inner)})"
    assert_never(effect)


def _definition(title: str, sections: Iterable[str]) -> str:
    return "\n  ".join([f"(define {title}", *sections]) + ")\n"


def _domain_sections(domain: Domain) -> Iterator[str]:
    if domain.requirements:
        yield call_text(":requirements", domain.requirements)
    if domain.types:
        types = [f"{item.name} - {types_text(item.parents)}" for item in domain.types]
        yield call_text(":types", types)
    if domain.constants:
        yield f"(:constants {typed_list_text(domain.constants)})"
    if domain.predicates:
        yield call_text(":predicates", map(_signature_text, domain.predicates))
    if domain.functions:
        yield call_text(":functions", map(_signature_text, domain.functions))
    for rule in domain.derived:
        head = _signature_text(Signature(rule.predicate, rule.parameters))
        yield f"(:derived {head} {formula_text(rule.body)})"
    yield from map(_action_text, domain.actions)
    yield from map(_durative_text, domain.durative_actions)


def _signature_text(signature: Signature) -> str:
    parameters = typed_list_text(signature.parameters)
    return f"({signature.name} {parameters})" if parameters else f"({signature.name})"


def _action_text(action: Action) -> str:
    return "\n    ".join(
        [
            f"(:action {action.name}",
            f":parameters ({typed_list_text(action.parameters)})",
            f":precondition {formula_text(action.condition)}",
            f":effect {effect_text(action.effect)})",
        ]
    )


def _durative_text(action: DurativeAction) -> str:
    durations = [
        f"(at {'end' if item.at_end else 'start'} ({item.operator} ?duration {expression_text(item.value)}))"
        for item in action.durations
    ]
    conditions = _timed_conditions(action.start_condition, action.invariant, action.end_condition)
    effects = [*_timed_effects("start", action.start_effect), *_timed_effects("end", action.end_effect)]
    return "\n    ".join(
        [
            f"(:durative-action {action.name}",
            f":parameters ({typed_list_text(action.parameters)})",
            f":duration {call_text('and', durations)}",
            f":condition {call_text('and', conditions)}",
            f":effect {call_text('and', [*effects, *map(_late_text, action.late_effects)])})",
        ]
    )


def _timed_conditions(start: Formula, invariant: Formula, end: Formula) -> list[str]:
    timed = (("at start", start), ("over all", invariant), ("at end", end))
    return [f"({when} {formula_text(formula)})" for when, formula in timed if formula != NOTHING]


def _timed_effects(when: str, effect: Effect) -> list[str]:
    parts = effect.parts if isinstance(effect, Effects) else (effect,)
    return [f"(at {when} {effect_text(part)})" for part in parts]


def _late_text(late: LateEffect) -> str:
    conditions = _timed_conditions(late.start_condition, NOTHING, late.end_condition)
    text = f"(when {call_text('and', conditions)} (at end {effect_text(late.effect)}))"
    return f"(forall ({typed_list_text(late.parameters)}) {text})" if late.parameters else text


def _problem_sections(problem: Problem) -> Iterator[str]:
    yield f"(:domain {problem.domain})"
    if problem.requirements:
        yield call_text(":requirements", problem.requirements)
    if problem.objects:
        yield f"(:objects {typed_list_text(problem.objects)})"
    facts = [formula_text(fact) for fact in problem.facts]
    values = [f"(= {expression_text(fluent)} {number_text(value)})" for fluent, value in problem.values]
    yield call_text(":init", [*facts, *values, *map(_timed_fact_text, problem.timed_facts)])
    yield f"(:goal {formula_text(problem.goal)})"
    if problem.metric is not None:
        yield f"(:metric {problem.metric.direction} {expression_text(problem.metric.value)})"


def _timed_fact_text(fact: TimedFact) -> str:
    atom = formula_text(fact.atom)
    return f"(at {number_text(fact.time)} {atom if fact.holds else f'(not {atom})'})"
