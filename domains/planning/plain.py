"""Planning problems of any domain in plain words, made from their PDDL."""

from __future__ import annotations

from collections.abc import Iterator

from modulo.critics.plan import PddlProblem
from modulo.critics.plan.pddl.printing import formula_text
from modulo.critics.plan.pddl.syntax import Action, And, Domain, Effect, Effects, Formula, SetFact
from modulo.domains.planning.prompts import natural_prompt
from modulo.domains.planning.wording import Wording
from modulo.errors import ProblemError

__all__ = ["plain_prompt"]


def plain_prompt(problem: PddlProblem) -> str:
    """What each action needs and does, what holds at first and what must hold in the end, and how to answer.

    Source: the prompts of PlanBench's obfuscated domains.

    Raises:
        ProblemError: An action does more than make facts true or false.
    """
    wording = Wording(rules=_rules(problem.task().domain), facts={})
    return natural_prompt(wording.rules, wording.statement(problem))


def _rules(domain: Domain) -> str:
    if domain.durative_actions or domain.derived:
        raise ProblemError(
            "durative actions and derived predicates cannot be told in words; use the PDDL prompt"
        )
    return "\n".join(["There is a set of objects. The actions are:", *map(_rule, domain.actions)])


def _rule(action: Action) -> str:
    names = {parameter.name: parameter.name.removeprefix("?") for parameter in action.parameters}
    needs = [_said(part, names) for part in _parts(action.condition)]
    changes = list(_changes(action.effect))
    becomes = [_said(change.atom, names) for change in changes if change.holds]
    ends = [_said(change.atom, names) for change in changes if not change.holds]
    sentences = [f"needs {', '.join(needs) or 'nothing'}."]
    if becomes:
        sentences.append(f"Then {', '.join(becomes)} will be true.")
    if ends:
        sentences.append(f"And {', '.join(ends)} will be false.")
    return f"({' '.join([action.name, *names.values()])}): {' '.join(sentences)}"


def _said(formula: Formula, names: dict[str, str]) -> str:
    return formula_text(formula, names)


def _parts(formula: Formula) -> tuple[Formula, ...]:
    return formula.parts if isinstance(formula, And) else (formula,)


def _changes(effect: Effect) -> Iterator[SetFact]:
    match effect:
        case SetFact():
            yield effect
        case Effects():
            for part in effect.parts:
                yield from _changes(part)
        case _:
            raise ProblemError("conditional and numeric effects cannot be told in words; use the PDDL prompt")
