"""Derived predicates: worked out anew in every state, stratum by stratum."""

from __future__ import annotations

import itertools

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critics.plan import PddlError
from tests.critics.plan.judging import domain, judge, problem, verdict

ABOVE = domain(
    """(:requirements :derived-predicates :adl)
  (:predicates (on ?x ?y) (above ?x ?y) (apart ?x ?y) (free ?x))
  (:derived (above ?x ?y) (or (on ?x ?y) (exists (?z) (and (on ?x ?z) (above ?z ?y)))))
  (:derived (apart ?x ?y) (and (not (above ?x ?y)) (not (above ?y ?x))))
  (:derived (free ?x) (forall (?y) (not (on ?y ?x))))
  (:action move :parameters (?x ?from ?to)
    :precondition (and (on ?x ?from) (free ?x) (free ?to) (not (= ?x ?to)))
    :effect (and (not (on ?x ?from)) (on ?x ?to)))"""
)
TOWER = "(on a b) (on b c)"


@pytest.mark.parametrize(
    ("goal", "plan", "expected"),
    [
        ("(above a c)", "", "accept"),
        ("(above c a)", "", "reject"),
        ("(not (apart a c))", "", "accept"),
        ("(apart a d)", "", "accept"),
        ("(above a d)", "(move a b d)", "accept"),
        ("(above a c)", "(move a b d)", "reject"),
        ("(apart a c)", "(move a b d)", "accept"),
        ("(and (above b a) (above b d))", "(move a b d)(move b c a)", "accept"),
        ("(above b d)", "(move b c d)", "reject"),
        ("(free a)", "(move a b a)", "reject"),
    ],
)
def test_derived_predicates_follow_the_state(goal: str, plan: str, expected: str) -> None:
    assert verdict(ABOVE, problem(TOWER, goal, "a b c d"), plan) == expected


def test_several_rules_for_one_predicate_all_count() -> None:
    two = domain(
        "(:predicates (p ?x) (q ?x) (r ?x)) (:derived (r ?x) (p ?x)) (:derived (r ?x) (q ?x))"
        "(:action act :parameters (?x) :precondition (r ?x))"
    )
    start = problem("(p a) (q b)", "(and)", "a b c")
    assert [verdict(two, start, f"(act {name})") for name in "abc"] == ["accept", "accept", "reject"]


def test_rules_hold_for_objects_of_their_types_only() -> None:
    typed = domain("(:types t) (:predicates (p ?x) (q ?x - object)) (:derived (q ?x - t) (p ?x))")
    start = "(p a) (p b)"
    assert verdict(typed, problem(start, "(q a)", "a - t b"), "") == "accept"
    assert verdict(typed, problem(start, "(q b)", "a - t b"), "") == "reject"


def test_rules_may_look_at_numbers() -> None:
    full = domain(
        "(:predicates (full)) (:functions (x)) (:derived (full) (>= (x) 2))"
        "(:action fill :parameters () :precondition (not (full)) :effect (increase (x) 1))"
    )
    start = problem("(= (x) 0)", "(full)")
    assert [verdict(full, start, "(fill)" * steps) for steps in (1, 2, 3)] == ["reject", "accept", "reject"]


def test_a_rule_without_a_value_matters_only_to_who_asks_for_that_fact() -> None:
    full = domain(
        "(:predicates (full ?x) (ready ?x) (known ?x)) (:functions (level ?x))"
        "(:derived (full ?x) (>= (level ?x) 3)) (:derived (full ?x) (known ?x)) (:derived (ready ?x) (full ?x))"
    )
    start = "(= (level a) 3) (= (level b) 1) (known d)"
    expected = {
        "(ready a)": "accept",
        "(not (ready b))": "accept",
        "(ready c)": "reject",
        "(not (ready c))": "reject",
        "(ready d)": "accept",
        "(or (full c) (full a))": "accept",
    }
    assert {goal: verdict(full, problem(start, goal, "a b c d"), "") for goal in expected} == expected


@pytest.mark.parametrize("rules", list(itertools.permutations(range(3))))
def test_a_missing_value_reaches_all_that_stands_on_it_whichever_rule_comes_first(
    rules: tuple[int, ...],
) -> None:
    written = ["(:derived (q) (r))", "(:derived (r) (and (s) (s)))", "(:derived (s) (> (level) 0))"]
    lamps = domain(
        "(:predicates (q) (r) (s)) (:functions (level))" + " ".join(written[number] for number in rules)
    )
    for goal in ("(q)", "(not (q))", "(r)", "(not (r))", "(s)", "(not (s))"):
        assert verdict(lamps, problem("", goal), "") == "reject", goal
        assert verdict(lamps, problem("(= (level) 1)", goal), "") == ("reject" if "not" in goal else "accept")


@pytest.mark.parametrize(
    "rules",
    [
        "(:derived (q ?x) (not (q ?x)))",
        "(:derived (q ?x) (not (r ?x))) (:derived (r ?x) (q ?x))",
        "(:derived (q ?x) (imply (q ?x) (p ?x)))",
        "(:derived (q ?x) (exists (?y) (and (p ?y) (not (forall (?z) (r ?z)))))) (:derived (r ?x) (q ?x))",
    ],
)
def test_rules_that_depend_on_their_own_negation_are_refused(rules: str) -> None:
    with pytest.raises(PddlError, match="depends on its own negation"):
        judge(domain("(:predicates (p ?x) (q ?x) (r ?x))" + rules), problem(), "")


@pytest.mark.parametrize(
    ("body", "match"),
    [
        ("(:action act :parameters (?x) :effect (q ?x)) (:derived (q ?x) (p ?x))", "derived, so no effect"),
        ("(:derived (q ?x ?y) (p ?x))", "takes 1 arguments"),
        ("(:derived (n ?x) (p ?x))", "no predicate n"),
        ("(:derived (q ?x) (p ?y))", "no variable"),
        ("(:derived q (p ?y))", "a rule is"),
    ],
)
def test_rules_that_make_no_sense_are_refused(body: str, match: str) -> None:
    with pytest.raises(PddlError, match=match):
        judge(domain("(:predicates (p ?x) (q ?x))" + body), problem(), "")


def test_derived_facts_cannot_be_given() -> None:
    with pytest.raises(PddlError, match="cannot be given"):
        judge(ABOVE, problem("(above a b)", "(and)", "a b"), "")


@settings(max_examples=40, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=10))
def test_reachability_is_what_networkx_says(edges: set[tuple[int, int]]) -> None:
    nodes = [f"n{number}" for number in range(5)]
    graph = networkx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from((nodes[one], nodes[other]) for one, other in edges)
    closed = networkx.transitive_closure(graph, reflexive=False)
    start = " ".join(f"(on {one} {other})" for one, other in graph.edges)
    literals = [
        f"(above {one} {other})" if closed.has_edge(one, other) else f"(not (above {one} {other}))"
        for one, other in itertools.product(nodes, nodes)
    ]
    assert verdict(ABOVE, problem(start, f"(and {' '.join(literals)})", " ".join(nodes)), "") == "accept"
