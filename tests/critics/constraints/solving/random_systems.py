"""Small random systems of constraints, each with what it means as plain Python, for brute force."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from hypothesis import strategies as st

from modulo.critics.constraints.solving import ConstraintSystem, all_different, both, count, either, total

__all__ = ["DOMAINS", "Meant", "meant_systems"]

Values = Mapping[str, Any]
Meaning = Callable[[Values], Any]

DOMAINS: Mapping[str, tuple[Any, ...]] = {
    "p": (False, True),
    "q": (False, True),
    "x": (0, 1, 2),
    "y": (-1, 0, 1),
    "c": ("red", "green", "blue"),
    "d": ("blue", "red"),
}
_RELATIONS = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass
class Meant:
    """A system, and what each of its constraints means."""

    system: ConstraintSystem
    meanings: dict[str, Meaning] = field(default_factory=dict)

    def assignments(self) -> Iterator[dict[str, Any]]:
        """All there are."""
        for values in product(*DOMAINS.values()):
            yield dict(zip(DOMAINS, values, strict=True))

    def solutions(self, names: Any = None, fixed: Values | None = None) -> list[dict[str, Any]]:
        """Those with which some constraints hold, found one by one."""
        meanings = [self.meanings[name] for name in (self.meanings if names is None else names)]
        return [
            values
            for values in self.assignments()
            if all(values[n] == v for n, v in (fixed or {}).items()) and all(m(values) for m in meanings)
        ]


def _system() -> ConstraintSystem:
    system = ConstraintSystem()
    system.boolean("p"), system.boolean("q")
    system.integer("x", 0, 2), system.integer("y", -1, 1)
    system.choice("c", ["red", "green", "blue"]), system.choice("d", ["blue", "red"])
    return system


def _numbers(system: ConstraintSystem, conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    v: Any = system.variables
    leaves = st.one_of(
        st.sampled_from([(v["x"], lambda a: a["x"]), (v["y"], lambda a: a["y"])]),
        st.integers(-3, 3).map(lambda k: (0 * v["x"] + k, lambda a: k)),
        st.lists(conditions, max_size=3).map(
            lambda cs: (count(c for c, _ in cs), lambda a: sum(bool(m(a)) for _, m in cs))
        ),
    )
    factors = st.integers(-3, 3)

    def extend(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        pairs = st.tuples(numbers, numbers)
        return st.one_of(
            pairs.map(lambda p: (p[0][0] + p[1][0], lambda a: p[0][1](a) + p[1][1](a))),
            pairs.map(lambda p: (p[0][0] - p[1][0], lambda a: p[0][1](a) - p[1][1](a))),
            pairs.map(lambda p: (p[0][0] * p[1][0], lambda a: p[0][1](a) * p[1][1](a))),
            numbers.map(lambda n: (abs(n[0]), lambda a: abs(n[1](a)))),
            numbers.map(lambda n: (-n[0], lambda a: -n[1](a))),
            st.tuples(factors, numbers).map(lambda p: (p[0] * p[1][0], lambda a: p[0] * p[1][1](a))),
            st.tuples(factors, numbers).map(lambda p: (p[0] - p[1][0], lambda a: p[0] - p[1][1](a))),
            st.lists(numbers, max_size=3).map(
                lambda ns: (total(n for n, _ in ns), lambda a: sum(m(a) for _, m in ns))
            ),
        )

    return st.recursive(leaves, extend, max_leaves=3)


def _atoms(system: ConstraintSystem) -> st.SearchStrategy[Any]:
    v: Any = system.variables
    texts = st.lists(st.sampled_from(DOMAINS["c"]), max_size=3)
    return st.one_of(
        st.sampled_from([(v["p"], lambda a: a["p"]), (v["q"], lambda a: a["q"])]),
        st.sampled_from(DOMAINS["c"]).map(lambda t: (v["c"] == t, lambda a: a["c"] == t)),
        st.sampled_from(DOMAINS["d"]).map(lambda t: (v["d"] != t, lambda a: a["d"] != t)),
        texts.map(lambda ts: (v["c"].is_in(ts), lambda a: a["c"] in ts)),
        st.just((v["c"] == v["d"], lambda a: a["c"] == a["d"])),
        st.just((v["c"] != v["d"], lambda a: a["c"] != a["d"])),
        st.just((all_different([v["c"], v["d"]]), lambda a: a["c"] != a["d"])),
    )


def _conditions(system: ConstraintSystem) -> st.SearchStrategy[Any]:
    atoms = _atoms(system)
    numbers = _numbers(system, atoms)
    compared = st.tuples(st.sampled_from(sorted(_RELATIONS)), numbers, numbers).map(
        lambda p: (_RELATIONS[p[0]](p[1][0], p[2][0]), lambda a: _RELATIONS[p[0]](p[1][1](a), p[2][1](a)))
    )
    different = st.lists(numbers, max_size=3).map(
        lambda ns: (all_different([n for n, _ in ns]), lambda a: len({m(a) for _, m in ns}) == len(ns))
    )

    def extend(conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        pairs, many = st.tuples(conditions, conditions), st.lists(conditions, max_size=3)
        return st.one_of(
            pairs.map(lambda p: (p[0][0] & p[1][0], lambda a: p[0][1](a) and p[1][1](a))),
            pairs.map(lambda p: (p[0][0] | p[1][0], lambda a: p[0][1](a) or p[1][1](a))),
            pairs.map(lambda p: (p[0][0] >> p[1][0], lambda a: not p[0][1](a) or p[1][1](a))),
            conditions.map(lambda c: (~c[0], lambda a: not c[1](a))),
            many.map(lambda cs: (both(c for c, _ in cs), lambda a: all(m(a) for _, m in cs))),
            many.map(lambda cs: (either(c for c, _ in cs), lambda a: any(m(a) for _, m in cs))),
        )

    return st.recursive(st.one_of(atoms, compared, different), extend, max_leaves=4)


@st.composite
def meant_systems(draw: st.DrawFn, *, most: int = 4) -> Meant:
    """Systems of up to so many constraints over the six variables of ``DOMAINS``."""
    made = Meant(_system())
    for i, (condition, meaning) in enumerate(draw(st.lists(_conditions(made.system), max_size=most))):
        made.system.require(f"r{i}", condition)
        made.meanings[f"r{i}"] = meaning
    return made
