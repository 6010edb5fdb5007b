"""A problem made ready for judging plans: compiled once, then used for any number of plans."""

from __future__ import annotations

from msgspec import Struct

from modulo.critics.plan.conditions import Condition, compile_condition
from modulo.critics.plan.derivation import Derivation
from modulo.critics.plan.durative import DurativeOperator, compile_durative_action
from modulo.critics.plan.expressions import Value, compile_expression
from modulo.critics.plan.frame import Frame
from modulo.critics.plan.operators import Operator, compile_action
from modulo.critics.plan.pddl.reading_formulas import IMPLICIT_COST
from modulo.critics.plan.pddl.syntax import Domain, Exact, Parameter, Problem, SetFact, walk
from modulo.critics.plan.pddl.type_tree import TypeTree
from modulo.critics.plan.state import Fact, State, Work

__all__ = ["CompiledDomain", "Goal", "Task", "compile_domain"]


class CompiledDomain(Struct, frozen=True):
    """A domain made ready for its problems.

    Attributes:
        domain: The domain.
        types: Its types.
        operators: Its instantaneous actions by name.
        durative: Its durative actions by name.
        changing: Predicates that some action changes.
        derivation: Its rules.
    """

    domain: Domain
    types: TypeTree
    operators: dict[str, Operator]
    durative: dict[str, DurativeOperator]
    changing: frozenset[str]
    derivation: Derivation


def compile_domain(domain: Domain) -> CompiledDomain:
    """Compile the actions and rules of a domain."""
    derivation = Derivation(domain.derived)
    operators = {action.name: compile_action(action, derivation.names) for action in domain.actions}
    durative = {
        action.name: compile_durative_action(action, derivation.names) for action in domain.durative_actions
    }
    actions = (domain.actions, domain.durative_actions)
    changing = frozenset([part.atom.predicate for part in walk(actions) if isinstance(part, SetFact)])
    return CompiledDomain(domain, TypeTree(domain.types), operators, durative, changing, derivation)


class Goal(Struct, frozen=True):
    """The compiled goal."""

    condition: Condition
    frame: Frame


class Task:
    """A problem made ready.

    Attributes:
        domain: Its domain.
        problem: The problem.
        types: The types.
        objects: Constants and objects with their types.
        operators: Instantaneous actions by name.
        durative: Durative actions by name.
        needs: By derived predicate, the predicates and functions that it may stand on.
        changing: Predicates that some action changes.
        goal: The goal.
        metric: Works out what plans are measured by, if anything.

    Args:
        compiled: The domain.
        problem: The problem.
    """

    def __init__(self, compiled: CompiledDomain, problem: Problem) -> None:
        self.domain, self.problem, self.types = compiled.domain, problem, compiled.types
        self.operators, self.durative = compiled.operators, compiled.durative
        self.changing, self.needs = compiled.changing, compiled.derivation.needs
        declared = (*self.domain.constants, *problem.objects)
        self.objects = {item.name: item.types for item in declared}
        self._derivation = compiled.derivation
        frame = Frame((), compiled.derivation.names)
        self.goal = Goal(compile_condition(problem.goal, frame), frame)
        self.metric_frame = Frame((), compiled.derivation.names)
        self.metric: Value | None = None
        if problem.metric is not None:
            self.metric = compile_expression(problem.metric.value, self.metric_frame)
        self._facts: frozenset[Fact] = frozenset([(fact.predicate, *fact.terms) for fact in problem.facts])
        self._values: dict[Fact, Exact] = {(IMPLICIT_COST,): 0} if self._costs_are_implicit() else {}
        self._values |= {(fluent.function, *fluent.terms): value for fluent, value in problem.values}
        self._members: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._allowed: dict[str, tuple[frozenset[str], ...]] = {}

    def start(self, max_evaluations: int) -> State:
        """The state at the beginning."""
        return self.state(set(self._facts), dict(self._values), max_evaluations)

    def state(self, facts: set[Fact], values: dict[Fact, Exact], max_evaluations: int) -> State:
        """The state in which these facts hold and functions have these values."""
        derive = self._derivation.derive if self._derivation.names else None
        return State(facts, values, self.members, derive, Work(max_evaluations))

    def members(self, types: tuple[str, ...]) -> tuple[str, ...]:
        """The objects of some types, in their order."""
        found = self._members.get(types)
        if found is None:
            found = self._members[types] = self.types.members(self.objects, types)
        return found

    def allowed(self, name: str, parameters: tuple[Parameter, ...]) -> tuple[frozenset[str], ...]:
        """For each parameter of an action, the objects that can stand for it."""
        found = self._allowed.get(name)
        if found is None:
            found = tuple([frozenset(self.members(item.types)) for item in parameters])
            self._allowed[name] = found
        return found

    def parameters_of(self, name: str) -> tuple[Parameter, ...] | None:
        """The parameters of an action; None if there is none of that name."""
        found = self.operators.get(name) or self.durative.get(name)
        return None if found is None else found.parameters

    def action_names(self) -> list[str]:
        """Names of all actions, in the domain's order."""
        return [*self.operators, *self.durative]

    def _costs_are_implicit(self) -> bool:
        return any(item.name == IMPLICIT_COST and not item.parameters for item in self.domain.functions)
