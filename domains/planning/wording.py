"""Planning problems in English: what a domain's facts and objects are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from modulo.critics.plan import PddlProblem
from modulo.critics.plan.pddl.printing import formula_text
from modulo.critics.plan.pddl.syntax import And, Atom, Formula
from modulo.domains.planning.words import words_of
from modulo.errors import ProblemError

__all__ = ["Wording", "check_actions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How a domain is put into English.

    Attributes:
        rules: What there is, which actions there are and what they need and do.
        facts: For each predicate a sentence with ``{}`` for each argument; an empty one leaves the fact unsaid.
            Facts of other predicates are written as in PDDL.
        called: What an object of that name is called.
    """

    rules: str
    facts: Mapping[str, str]
    called: Callable[[str], str] = str

    def statement(self, problem: PddlProblem) -> str:
        """What holds at first and what must hold in the end."""
        instance = problem.task().problem
        start = self._all_of(self._fact(fact) for fact in instance.facts)
        goal = self._all_of(self._condition(part) for part in _parts(instance.goal))
        return f"At first, {start}.\nThe goal is that {goal}."

    def _all_of(self, sentences: Iterable[str]) -> str:
        *most, last = [sentence for sentence in sentences if sentence] or ["nothing is given"]
        return f"{', '.join(most)} and {last}" if most else last

    def _condition(self, condition: Formula) -> str:
        return self._fact(condition) if isinstance(condition, Atom) else formula_text(condition)

    def _fact(self, fact: Atom) -> str:
        template = self.facts.get(fact.predicate)
        if template is None:
            return formula_text(fact)
        return template.format(*map(self.called, fact.terms))


def check_actions(problem: PddlProblem, actions: Mapping[str, int]) -> None:
    """See that a problem has the actions that a domain's rules speak of.

    Args:
        problem: The problem.
        actions: Number of arguments of each action.

    Raises:
        ProblemError: It has others.
    """
    found = words_of(problem).actions
    if found != actions:
        raise ProblemError(
            f"the rules in English are about {', '.join(sorted(actions))}; the problem has "
            f"{', '.join(sorted(found))}. Use the PDDL prompt, or the domain 'pddl'"
        )


def _parts(goal: Formula) -> tuple[Formula, ...]:
    return goal.parts if isinstance(goal, And) else (goal,)
