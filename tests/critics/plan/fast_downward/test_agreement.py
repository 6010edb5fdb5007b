"""Fast Downward and our validator read the same problems: random ones are searched with the validator alone."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from functools import partial

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modulo.critics.plan import PddlProblem
from modulo.critics.plan.carrying_out import carry_out, goal_faults
from modulo.critics.plan.fast_downward import (
    FastDownwardQuestion,
    NoPlan,
    PlanFound,
    PlannerAnswer,
    Search,
    find_fast_downward,
)
from modulo.critics.plan.measuring import plan_cost
from modulo.critics.plan.pddl.syntax import Exact
from modulo.critics.plan.plan_text import PlanStep
from modulo.critics.plan.task import Task
from modulo.critics.plan.validation import validate
from modulo.errors import MissingDependencyError

try:
    find_fast_downward()
except MissingDependencyError as missing:
    pytest.skip(str(missing), allow_module_level=True)

_MOST_STATES = 3000
_WORK = 10**9
_VARIABLES = ("?x", "?y")


def atoms(terms: tuple[str, ...], *, changeable: bool = False) -> st.SearchStrategy[str]:
    """Atoms; few names, so that quantifiers hide variables and effects contradict each other."""
    term = st.sampled_from(terms)
    kinds = [
        st.just("(r)"),
        st.builds("(p {})".format, term),
        st.builds("(q {} {})".format, term, term),
    ]
    if not changeable:
        kinds += [st.builds("(d {})".format, term), st.builds("(= {} {})".format, term, term)]
    return st.one_of(kinds)


def typed(variables: str) -> st.SearchStrategy[str]:
    """A variable with one of the types: ``low`` is below ``mid``, which is named only as a parent."""
    types = ["", " - object", " - low", " - mid", " - other", " - (either low other)"]
    return st.sampled_from([f"{variables}{kind}" for kind in types])


def formulas(terms: tuple[str, ...], *, derived: bool = True) -> st.SearchStrategy[str]:
    """Conditions of every kind over some terms."""
    leaves = atoms(terms, changeable=not derived)
    quantified = tuple(dict.fromkeys((*terms, "?x")))

    def deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        some = st.lists(inner, max_size=3).map(" ".join)
        kinds = [
            st.builds("(and {})".format, some),
            st.builds("(or {})".format, some),
            st.builds("(imply {} {})".format, inner, inner),
        ]
        if derived:
            kinds.append(st.builds("(not {})".format, inner))
        return st.one_of(kinds)

    plain = st.recursive(leaves, deeper, max_leaves=4)
    inside = st.recursive(atoms(quantified, changeable=not derived), deeper, max_leaves=3)
    quantifier = st.builds("({} ({}) {})".format, st.sampled_from(["exists", "forall"]), typed("?x"), inside)
    return st.one_of(plain, plain, quantifier, st.builds("(and {} {})".format, plain, quantifier))


def effects(terms: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Effects: literals, conditional, for all objects, and nested."""

    def literal(among: tuple[str, ...]) -> st.SearchStrategy[str]:
        atom = atoms(among, changeable=True)
        return st.one_of(atom, st.builds("(not {})".format, atom))

    def conditional(among: tuple[str, ...]) -> st.SearchStrategy[str]:
        return st.one_of(literal(among), st.builds("(when {} {})".format, formulas(among), literal(among)))

    inner = tuple(dict.fromkeys((*terms, "?x")))
    for_each = st.builds("(forall ({}) {})".format, typed("?x"), conditional(inner))
    # A condition that reads ?x outside of a quantifier that binds it anew.
    hidden = st.builds("(when {} (and {} {}))".format, formulas(terms), for_each, literal(terms))
    one = st.one_of(conditional(terms), conditional(terms), for_each, hidden)
    return st.lists(one, min_size=1, max_size=3).map(" ".join)


@st.composite
def problems(draw: st.DrawFn) -> PddlProblem:
    """Small problems that use everything which Fast Downward is asked about."""
    actions = []
    for name in "abc"[: draw(st.integers(1, 3))]:
        count = draw(st.integers(0, 2))
        parameters = " ".join(draw(typed(variable)) for variable in _VARIABLES[:count])
        terms = (*_VARIABLES[:count], "c1")
        cost = draw(st.sampled_from(["", "(increase (total-cost) 2)", "(increase (total-cost) 0.5)", "fee"]))
        if cost == "fee":
            cost = f"(increase (total-cost) (fee {draw(st.sampled_from(terms))}))"
        condition = draw(st.one_of(st.just("(and)"), atoms(terms), formulas(terms)))
        actions.append(
            f"(:action {name} :parameters ({parameters}) :precondition {condition}"
            f" :effect (and {draw(effects(terms))} {cost}))"
        )
    rule = draw(formulas(("?x", "c1"), derived=False))
    domain = (
        "(define (domain d) (:requirements :adl :derived-predicates :action-costs)\n"
        "(:types low - mid other) (:constants c1 - low)\n"
        "(:predicates (r) (p ?x) (q ?x ?y) (d ?x)) (:functions (total-cost) (fee ?x))\n"
        f"(:derived (d {draw(typed('?x'))}) {rule})\n" + "\n".join(actions) + ")"
    )
    objects = ("c1", "o1", "o2")
    facts = draw(st.lists(atoms(objects, changeable=True), max_size=4, unique=True))
    metric = draw(st.sampled_from(["", "(:metric minimize (total-cost))"]))
    # Without a metric Fast Downward hears of no numbers, and so not that one is undefined.
    defined = draw(st.integers(1, 3)) if metric else 3
    fees = [f"(= (fee {name}) {draw(st.integers(0, 3))})" for name in objects[:defined]]
    second = draw(st.sampled_from(["other", "mid", "low", "(either low other)"]))
    # Facts more often than formulas, many of which hold from the start or never.
    wanted = st.one_of(atoms(objects, changeable=True), atoms(objects), formulas(objects))
    goal = draw(st.lists(wanted, min_size=1, max_size=3).map(" ".join))
    return PddlProblem(
        domain,
        f"(define (problem q) (:domain d) (:objects o1 - mid o2 - {second})"
        f" (:init {' '.join(facts)} {' '.join(fees)}) (:goal (and {goal})) {metric})",
    )


def all_steps(task: Task) -> Iterator[PlanStep]:
    for operator in task.operators.values():
        choices = [task.members(parameter.types) for parameter in operator.parameters]
        for arguments in itertools.product(*choices):
            yield PlanStep(operator.name, arguments)


def least_cost(task: Task) -> Exact | None:
    """What the cheapest plan costs, by Dijkstra's algorithm over the validator's states; None if there is none.

    Raises:
        OverflowError: There are too many states.
    """
    steps = list(all_steps(task))
    start = task.start(_WORK)
    queue: list[tuple[Exact, int, object]] = [(0, 0, start)]
    seen: set[object] = set()
    counter = itertools.count(1)
    while queue:
        cost, _, state = heapq.heappop(queue)
        key = frozenset(state.facts)  # type: ignore[attr-defined]
        if key in seen:
            continue
        seen.add(key)
        if len(seen) > _MOST_STATES:
            raise OverflowError
        if not goal_faults(task, state):  # type: ignore[arg-type]
            return cost
        for step in steps:
            after = state.copy()  # type: ignore[attr-defined]
            if carry_out(task, [step], after) is None:
                paid = 1 if task.metric is None else after.values["total-cost",] - state.values["total-cost",]  # type: ignore[attr-defined]
                heapq.heappush(queue, (cost + paid, next(counter), after))
    return None


def answer(problem: PddlProblem, search: Search) -> PlannerAnswer:
    question = FastDownwardQuestion(search=search, max_seconds=30)
    return anyio.run(partial(question.ask, problem))


def check(problem: PddlProblem) -> None:
    task = problem.task()
    try:
        least = least_cost(task)
    except OverflowError:
        return
    best = answer(problem, "optimal")
    if least is None:
        assert best == NoPlan()
        return
    assert isinstance(best, PlanFound)
    found = validate(task, best.plan)
    assert found.is_valid
    assert plan_cost(task, found) == least
    some = answer(problem, "satisficing")
    assert isinstance(some, PlanFound)
    assert validate(task, some.plan).is_valid or "(increase (total-cost) (fee" in problem.domain_pddl


SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


@given(problem=problems())
@settings(SETTINGS, max_examples=8)
def test_fast_downward_finds_plans_and_their_least_cost_where_the_validator_does(problem: PddlProblem) -> None:
    check(problem)


@pytest.mark.slow
@given(problem=problems())
@settings(SETTINGS, max_examples=500)
def test_fast_downward_and_the_validator_agree_at_length(problem: PddlProblem) -> None:
    check(problem)
