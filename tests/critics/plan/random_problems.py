"""Hypothesis builds domains, problems and plans over what both validators support."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hypothesis import strategies as st

from modulo.critics.plan.achieving import applicable_steps
from modulo.critics.plan.loading import load
from modulo.critics.plan.plan_text import PlanStep, step_text
from modulo.critics.plan.stepping import carry_out

__all__ = ["Instance", "classical_instances", "temporal_instances"]

_SUBTYPES = {"object": ("object", "a", "b", "c"), "a": ("a", "c"), "b": ("b",), "c": ("c",)}
_PREDICATES = {"p": (), "q": ("a",), "r": ("b",), "s": ("a", "object"), "t": ("c", "b")}
_FUNCTIONS = {"f": (), "g": ("a",)}
_DECLARATIONS = """(:types a b - object c - a)
  (:constants k - c)
  (:predicates (p) (q ?x - a) (r ?x - b) (s ?x - a ?y) (t ?x - c ?y - b))
  (:functions (f) (g ?x - a))"""

Terms = dict[str, str]
"""Terms that can be used at a place, with their types."""


@dataclass(frozen=True)
class Instance:
    """A problem with plans, some of which are likely to be valid."""

    domain: str
    problem: str
    plans: tuple[str, ...]


class Writer:
    """Writes random PDDL."""

    def __init__(self, rnd: random.Random) -> None:
        self.rnd = rnd
        self.fresh = 0

    def term(self, kind: str, terms: Terms) -> str | None:
        fitting = [term for term, own in terms.items() if own in _SUBTYPES[kind]]
        return self.rnd.choice(fitting) if fitting else None

    def call(self, table: dict[str, tuple[str, ...]], terms: Terms) -> str:
        name = self.rnd.choice(sorted(table))
        arguments = [self.term(kind, terms) for kind in table[name]]
        if None in arguments:
            return f"({'p' if table is _PREDICATES else 'f'})"
        return f"({' '.join([name, *map(str, arguments)])})"

    def number(self) -> str:
        return self.rnd.choice(["0", "1", "2", "3", "0.5", "1.25"])

    def expression(self, depth: int, terms: Terms) -> str:
        kind = self.rnd.randrange(4 if depth else 2)
        if kind == 0:
            return self.number()
        if kind == 1:
            return self.call(_FUNCTIONS, terms)
        operator = self.rnd.choice(["+", "-", "*"])
        return f"({operator} {self.expression(depth - 1, terms)} {self.expression(depth - 1, terms)})"

    def formula(self, depth: int, terms: Terms) -> str:
        kind = self.rnd.randrange(10) if depth else self.rnd.randrange(4)
        if kind < 3:
            return self.call(_PREDICATES, terms)
        if kind == 3:
            sign = self.rnd.choice(["<", "<=", "=", ">=", ">"])
            return f"({sign} {self.call(_FUNCTIONS, terms)} {self.expression(1, terms)})"
        inner = self.formula(depth - 1, terms)
        if kind == 4:
            return f"(not {inner})"
        if kind in (5, 6):
            sign = self.rnd.choice(["and", "or"])
            return f"({sign} {inner} {self.formula(depth - 1, terms)})"
        if kind == 7:
            return f"(imply {inner} {self.formula(depth - 1, terms)})"
        if kind == 8 and len(terms) > 1:
            one, other = self.rnd.choice(sorted(terms)), self.rnd.choice(sorted(terms))
            return f"(= {one} {other})"
        variable, own = self.variable()
        sign = self.rnd.choice(["exists", "forall"])
        return f"({sign} ({variable} - {own}) {self.formula(depth - 1, {**terms, variable: own})})"

    def variable(self) -> tuple[str, str]:
        self.fresh += 1
        return f"?v{self.fresh}", self.rnd.choice(["object", "a", "b", "c"])

    def effect(self, depth: int, terms: Terms) -> str:
        kind = self.rnd.randrange(8 if depth else 5)
        if kind < 2:
            return self.call(_PREDICATES, terms)
        if kind < 4:
            return f"(not {self.call(_PREDICATES, terms)})"
        if kind == 4 and any(term.startswith("?v") for term in terms):
            return self.call(_PREDICATES, terms)  # whether it counts for each object or once is not agreed on
        if kind == 4:
            update = self.rnd.choice(["assign", "increase", "decrease"])
            return f"({update} {self.call(_FUNCTIONS, terms)} {self.expression(1, terms)})"
        if kind == 5:
            return f"(when {self.formula(1, terms)} {self.effect(depth - 1, terms)})"
        if kind == 6:
            variable, own = self.variable()
            return f"(forall ({variable} - {own}) {self.effect(depth - 1, {**terms, variable: own})})"
        return f"(and {self.effect(depth - 1, terms)} {self.effect(depth - 1, terms)})"

    def parameters(self) -> Terms:
        return {f"?x{n}": self.rnd.choice(["object", "a", "b", "c"]) for n in range(self.rnd.randrange(3))}

    def conjunction(self, parts: list[str]) -> str:
        return f"(and {' '.join(parts)})"

    def action(self, name: str) -> str:
        own = self.parameters()
        terms = {**own, "k": "c"}
        condition = self.conjunction([self.formula(2, terms) for _ in range(self.rnd.randrange(3))])
        effect = self.conjunction([self.effect(2, terms) for _ in range(1, self.rnd.randrange(2, 5))])
        return f"""(:action {name} :parameters ({_typed(own)})
    :precondition {condition}
    :effect {effect})"""

    def durative_action(self, name: str) -> str:
        own = self.parameters()
        terms = {**own, "k": "c"}
        times = ["at start", "over all", "at end"]
        condition = [
            f"({self.rnd.choice(times)} {self.formula(1, terms)})" for _ in range(self.rnd.randrange(3))
        ]
        effect = [f"({self.rnd.choice(['at start', 'at end'])} {self.effect(0, terms)})" for _ in range(2)]
        duration = self.rnd.choice(["(= ?duration 2)", "(and (>= ?duration 1) (<= ?duration 3))"])
        return f"""(:durative-action {name} :parameters ({_typed(own)}) :duration {duration}
    :condition {self.conjunction(condition)}
    :effect {self.conjunction(effect)})"""

    def objects(self) -> Terms:
        # No type is empty: unified-planning drops quantifiers whose variable is not used, which is wrong then.
        kinds = ["a", "b", "c", "object"]
        return {"o": "b", **{f"o{n}": self.rnd.choice(kinds) for n in range(self.rnd.randrange(1, 4))}}

    def start(self, objects: Terms) -> str:
        terms = {**objects, "k": "c"}
        facts = [self.call(_PREDICATES, terms) for _ in range(self.rnd.randrange(6))]
        functions = ["(f)", *(f"(g {name})" for name, own in terms.items() if own in ("a", "c"))]
        values = [f"(= {function} {self.number()})" for function in functions]
        return " ".join([*facts, *values])

    def problem(self, objects: Terms, start: str, goal: str) -> str:
        return f"""(define (problem x) (:domain x) (:objects {_typed(objects)})
  (:init {start}) (:goal {goal}))"""


def _typed(terms: Terms) -> str:
    return " ".join(f"{name} - {own}" for name, own in terms.items())


def classical_instances() -> st.SearchStrategy[Instance]:
    """Instantaneous actions with everything but time."""
    return st.randoms(use_true_random=False).map(classical_instance)


def classical_instance(rnd: random.Random) -> Instance:
    """One of them."""
    writer = Writer(rnd)
    actions = [writer.action(f"act{n}") for n in range(rnd.randrange(1, 4))]
    domain = f"(define (domain x) (:requirements :adl :fluents) {_DECLARATIONS}\n  {' '.join(actions)})"
    objects = writer.objects()
    start = writer.start(objects)
    steps, facts = _walk(rnd, domain, writer.problem(objects, start, "(and)"))
    goal = writer.formula(2, {**objects, "k": "c"}) if rnd.random() < 0.3 or not facts else rnd.choice(facts)
    names = [*objects, "k"]
    plans = [steps, *(_damaged(rnd, steps, names, len(actions)) for _ in range(3))]
    texts = tuple("\n".join(step_text(step) for step in plan) for plan in plans)
    return Instance(domain, writer.problem(objects, start, goal), texts)


def _walk(rnd: random.Random, domain: str, problem: str) -> tuple[list[PlanStep], list[str]]:
    """Steps that are likely to work, and facts that hold after them."""
    task = load(domain, problem)
    state = task.start(100_000)
    steps: list[PlanStep] = []
    for _ in range(rnd.randrange(5)):
        possible = list(applicable_steps(task, state))
        if not possible:
            break
        step = rnd.choice(possible)
        if carry_out(task, [step], state) is not None:
            break
        steps.append(step)
    return steps, [f"({' '.join(fact)})" for fact in sorted(state.facts)]


def _damaged(rnd: random.Random, steps: list[PlanStep], names: list[str], actions: int) -> list[PlanStep]:
    damaged = list(steps)
    kind = rnd.randrange(4)
    if kind == 0 and damaged:
        del damaged[rnd.randrange(len(damaged))]
    elif kind == 1 and len(damaged) > 1:
        rnd.shuffle(damaged)
    elif kind == 2 and damaged:
        at = rnd.randrange(len(damaged))
        arguments = tuple(rnd.choice(names) for _ in damaged[at].arguments)
        damaged[at] = PlanStep(damaged[at].action, arguments)
    else:
        arguments = tuple(rnd.choice(names) for _ in range(rnd.randrange(3)))
        damaged.insert(rnd.randrange(len(damaged) + 1), PlanStep(f"act{rnd.randrange(actions)}", arguments))
    return damaged


def temporal_instances() -> st.SearchStrategy[Instance]:
    """Durative actions on a grid of times, so that many things happen at once."""
    return st.randoms(use_true_random=False).map(temporal_instance)


def temporal_instance(rnd: random.Random) -> Instance:
    """One of them."""
    writer = Writer(rnd)
    count = rnd.randrange(1, 4)
    actions = " ".join(writer.durative_action(f"act{n}") for n in range(count))
    domain = f"(define (domain x) (:requirements :adl :fluents :durative-actions) {_DECLARATIONS}\n  {actions})"
    objects = writer.objects()
    problem = writer.problem(objects, writer.start(objects), writer.formula(1, {**objects, "k": "c"}))
    task = load(domain, problem)
    plans = tuple(_timed_plan(rnd, task.durative, [*objects, "k"], task) for _ in range(4))
    return Instance(domain, problem, plans)


def _timed_plan(rnd: random.Random, operators: object, names: list[str], task: object) -> str:
    steps = []
    for _ in range(rnd.randrange(1, 4)):
        name = rnd.choice(sorted(operators))  # type: ignore[call-overload]
        allowed = [sorted(own) for own in task.allowed(name, operators[name].parameters)]  # type: ignore[attr-defined, index]
        arguments = [rnd.choice(own or names) for own in allowed]
        time, duration = rnd.choice(["0", "0.5", "1", "2", "2.5", "3"]), rnd.choice(["2", "2", "1", "1.5"])
        steps.append(f"{time}: ({' '.join([name, *arguments])}) [{duration}]")
    return "\n".join(steps)
