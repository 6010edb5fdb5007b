"""Random plans with times, judged again by a second reading of the semantics that shares no code with ours."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

import pytest

from tests.critics.plan.judging import verdict

FACTS, NUMBERS = ("p", "q", "s"), ("f", "g")
EPSILON = Fraction(1, 1000)

Literal = tuple[str, bool]
Update = tuple[str, str, str | int]


@dataclass(frozen=True, slots=True)
class Moment:
    """What an action asks and does at one of its moments."""

    needs: list[Literal]
    sets: list[Literal]
    updates: list[Update]


@dataclass(frozen=True, slots=True)
class Act:
    """An action; without a duration its start is all of it. ``late`` is (at start, at end, literal, updates)."""

    name: str
    duration: int
    start: Moment
    end: Moment
    always: list[Literal]
    late: tuple[Literal, Literal, Literal, list[Update]] | None


@dataclass(slots=True)
class Trace:
    """What one happening reads and writes."""

    time: Fraction
    what: tuple[str, str]
    reads: set[str] = field(default_factory=set)
    adds: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    updates: list[tuple[str, str, int]] = field(default_factory=list)

    def writes(self, kinds: tuple[str, ...]) -> set[str]:
        return {name for kind, name, _ in self.updates if kind in kinds}


class Draw:
    """Draws actions, problems and plans."""

    def __init__(self, seed: int) -> None:
        self.rnd = random.Random(seed)

    def literals(self, most: int) -> list[Literal]:
        return [self.literal() for _ in range(self.rnd.randrange(most + 1))]

    def literal(self) -> Literal:
        return self.rnd.choice(FACTS), self.rnd.random() < 0.6

    def updates(self) -> list[Update]:
        kind = self.rnd.choice(["increase", "decrease", "assign", "", "", ""])
        return [(kind, self.rnd.choice(NUMBERS), self.rnd.choice([*NUMBERS, 1, 2]))] if kind else []

    def moment(self) -> Moment:
        return Moment(self.literals(1), self.literals(2), self.updates())

    def act(self, number: int) -> Act:
        late = (self.literal(), self.literal(), self.literal(), self.updates())
        return Act(
            f"a{number}",
            self.rnd.choice([0, 2, 3]),
            self.moment(),
            self.moment(),
            self.literals(1),
            late if self.rnd.random() < 0.3 else None,
        )

    def time(self) -> Fraction:
        return Fraction(self.rnd.randrange(12), 2) + self.rnd.choice([0, 0, 0, EPSILON, EPSILON / 2])


def reference(
    facts: set[str],
    values: dict[str, int],
    given: list[tuple[Fraction, Literal]],
    plan: list[tuple[Fraction, Act]],
    goal: list[Literal],
) -> bool:
    """Whether a plan is valid, by Fox and Long (2003), definitions 11 to 14."""
    happenings = [(time, -1, "given", literal) for time, literal in given]
    for order, (time, act) in enumerate(plan):
        happenings.append((time, order, "start", act))
        if act.duration:
            happenings.append((time + act.duration, order, "end", act))
    happenings.sort(key=lambda happening: happening[0])
    recent: list[Trace] = []
    began: dict[int, bool] = {}
    active: dict[int, Act] = {}
    for _, group in itertools.groupby(happenings, key=lambda happening: happening[0]):
        traces = []
        for time, order, when, what in group:
            trace = Trace(time, (when, what.name if isinstance(what, Act) else ""))
            if isinstance(what, Act):
                if not carry_out(what, when, order, facts, values, trace, began):
                    return False
                active[order] = what
                if when == "end" or not what.duration:
                    del active[order]
            else:
                (trace.adds if what[1] else trace.deletes).add(what[0])
            if any(interfere(trace, other) for other in recent):
                return False
            recent.append(trace)
            traces.append(trace)
        facts = facts.difference(*[trace.deletes for trace in traces]).union(*[trace.adds for trace in traces])
        values = updated(values, traces)
        if not all(holds(act.always, facts) for act in active.values()):
            return False
    return holds(goal, facts)


def holds(literals: list[Literal], facts: set[str]) -> bool:
    return all((name in facts) is wanted for name, wanted in literals)


def carry_out(
    act: Act,
    when: str,
    order: int,
    facts: set[str],
    values: dict[str, int],
    trace: Trace,
    began: dict[int, bool],
) -> bool:
    moment = act.start if when == "start" else act.end
    sets, updates = list(moment.sets), list(moment.updates)
    trace.reads |= {name for name, _ in moment.needs}
    if act.late and act.duration:
        at_start, at_end, literal, more = act.late
        if when == "start":
            trace.reads.add(at_start[0])
            began[order] = holds([at_start], facts)
        else:
            trace.reads |= {at_end[0], *(amount for _, _, amount in more if isinstance(amount, str))}
            if began[order] and holds([at_end], facts):
                sets.append(literal)
                updates += more
    trace.reads |= {amount for _, _, amount in updates if isinstance(amount, str)}
    trace.adds |= {name for name, wanted in sets if wanted}
    trace.deletes |= {name for name, wanted in sets if not wanted}
    trace.updates = [(kind, name, values[by] if isinstance(by, str) else by) for kind, name, by in updates]
    times = Counter(name for _, name, _ in updates)
    is_clear = all(times[name] == 1 for kind, name, _ in updates if kind == "assign")
    return is_clear and holds(moment.needs, facts)


def interfere(one: Trace, other: Trace) -> bool:
    if abs(one.time - other.time) >= EPSILON:
        return False
    if one.what == other.what and one.what[1]:
        return True
    every = ("increase", "decrease", "assign")
    return any(
        a.reads & (b.adds | b.deletes | b.writes(every))
        or a.adds & b.deletes
        or a.writes(("assign",)) & b.writes(every)
        for a, b in ((one, other), (other, one))
    )


def updated(values: dict[str, int], traces: list[Trace]) -> dict[str, int]:
    after = dict(values)
    for kind, name, amount in [update for trace in traces for update in trace.updates]:
        after[name] = amount if kind == "assign" else after[name] + (amount if kind == "increase" else -amount)
    return after


def literal_text(literal: Literal) -> str:
    return f"({literal[0]})" if literal[1] else f"(not ({literal[0]}))"


def update_text(update: Update) -> str:
    kind, name, amount = update
    return f"({kind} ({name}) {f'({amount})' if isinstance(amount, str) else amount})"


def act_text(act: Act) -> str:
    if not act.duration:
        needs, effects = map(literal_text, act.start.needs), effect_texts(act.start)
        return f"(:action {act.name} :precondition (and {' '.join(needs)}) :effect (and {' '.join(effects)}))"
    moments = (("start", act.start), ("end", act.end))
    needs = [f"(at {when} {literal_text(one)})" for when, moment in moments for one in moment.needs]
    needs += [f"(over all {literal_text(one)})" for one in act.always]
    effects = [f"(at {when} {one})" for when, moment in moments for one in effect_texts(moment)]
    if act.late:
        at_start, at_end, literal, updates = act.late
        does = " ".join(effect_texts(Moment([], [literal], updates)))
        asks = f"(and (at start {literal_text(at_start)}) (at end {literal_text(at_end)}))"
        effects.append(f"(when {asks} (at end (and {does})))")
    return (
        f"(:durative-action {act.name} :parameters () :duration (= ?duration {act.duration})"
        f" :condition (and {' '.join(needs)}) :effect (and {' '.join(effects)}))"
    )


def effect_texts(moment: Moment) -> list[str]:
    return [*map(literal_text, moment.sets), *map(update_text, moment.updates)]


def check(seed: int, problems: int) -> Counter[str]:
    draw, found = Draw(seed), Counter[str]()
    for _ in range(problems):
        acts = [draw.act(number) for number in range(3)]
        facts = {name for name in FACTS if draw.rnd.random() < 0.6}
        values = {name: draw.rnd.randrange(4) for name in NUMBERS}
        # No two for one fact, so that none becomes true and false at once.
        given = [(draw.time(), (name, draw.rnd.random() < 0.5)) for name in FACTS if draw.rnd.random() < 0.2]
        goal = draw.literals(1)
        plan = [(draw.time(), draw.rnd.choice(acts)) for _ in range(draw.rnd.randrange(4))]
        domain = f"(define (domain d) (:predicates (p) (q) (s)) (:functions (f) (g)) {' '.join(map(act_text, acts))})"
        start = [f"({name})" for name in sorted(facts)]
        start += [f"(= ({name}) {value})" for name, value in values.items()]
        start += [f"(at {float(time)} {literal_text(literal)})" for time, literal in given]
        wanted = " ".join(map(literal_text, goal))
        problem = f"(define (problem r) (:domain d) (:init {' '.join(start)}) (:goal (and {wanted})))"
        text = "\n".join(
            f"{float(time)}: ({act.name})" + (f" [{act.duration}]" if act.duration else "")
            for time, act in plan
        )
        expected = "accept" if reference(facts, values, given, plan, goal) else "reject"
        assert verdict(domain, problem, text) == expected, f"{domain}\n{problem}\n{text}"
        found[expected] += 1
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_second_reading_of_the_semantics_gives_the_same_verdicts(seed: int) -> None:
    assert min(check(seed, 250).values()) > 50


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 140))
def test_a_second_reading_gives_the_same_verdicts_on_many_plans(seed: int) -> None:
    check(seed, 1_000)
