"""Texts that are meant to crash, hang or fill the memory: nothing happens but our own errors and honest verdicts."""

from __future__ import annotations

import itertools
import random
import re
import time
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critics.plan import PddlError, PddlProblem, PlanValidator, UnsupportedPddlError, read_domain
from tests.critics.plan.judging import domain, judge, problem, verdict
from tests.critics.plan.random_problems import classical_instance, temporal_instance

WORDS = [
    *re.findall(
        r"\S+",
        """( ) ( ) ( ) define domain problem and or not imply exists forall when assign increase = < >= + - * /
        :domain :requirements :types :constants :predicates :functions :action :durative-action :derived
        :parameters :precondition :condition :effect :duration :init :goal :objects :metric :adl :strips
        at start end over all ?x ?y ?duration a b c p q f d 0 1 2.5 -1 1e9 either object minimize #t ;
        total-time total-cost""",
    ),
    *("\n", "\x00", "\u0430", "\ufeff"),
]
VALIDATOR = PlanValidator(reports="all", hints=True, max_evaluations=50_000)


def survive(domain_pddl: str, problem_pddl: str, plan: str) -> None:
    """Judge, and allow nothing but errors of our own."""
    try:
        read = PddlProblem(domain_pddl, problem_pddl)
    except PddlError:
        return
    VALIDATOR.critique(read, plan)


def damaged(rnd: random.Random, text: str) -> str:
    """A text with some of its pieces changed."""
    pieces = text.replace("(", " ( ").replace(")", " ) ").split(" ")
    for _ in range(rnd.randrange(1, 4)):
        at = rnd.randrange(len(pieces))
        kind = rnd.randrange(4)
        if kind == 0:
            pieces[at] = rnd.choice(WORDS)
        elif kind == 1:
            del pieces[at : at + rnd.randrange(1, 4)]
        elif kind == 2:
            pieces.insert(at, rnd.choice(WORDS))
        else:
            other = rnd.randrange(len(pieces))
            pieces[at], pieces[other] = pieces[other], pieces[at]
        if not pieces:
            return ""
    return " ".join(pieces)


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40), st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_words_are_pddl_or_refused(one: list[str], other: list[str]) -> None:
    survive(" ".join(one), " ".join(other), " ".join(other))


def check_damaged_texts(seed: int) -> None:
    rnd = random.Random(seed)
    made = (classical_instance if rnd.random() < 0.6 else temporal_instance)(rnd)
    for _ in range(4):
        survive(damaged(rnd, made.domain), made.problem, rnd.choice(made.plans))
        survive(made.domain, damaged(rnd, made.problem), rnd.choice(made.plans))
        survive(made.domain, made.problem, damaged(rnd, rnd.choice(made.plans)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_damaged_texts_are_judged_or_refused(seed: int) -> None:
    check_damaged_texts(seed)


@pytest.mark.slow
@settings(max_examples=5000, deadline=None)
@given(st.integers(0, 2**32))
def test_many_damaged_texts_are_judged_or_refused(seed: int) -> None:
    check_damaged_texts(seed)


MANY = " ".join(f"o{number}" for number in range(100))
EIGHT = " ".join(f"?v{number}" for number in range(8))


@pytest.mark.parametrize(
    "body",
    [
        f"(:action act :parameters () :precondition (forall ({EIGHT}) (p ?v7)) :effect ())",
        f"(:action act :parameters () :precondition (not (exists ({EIGHT}) (q ?v7))) :effect ())",
        f"(:action act :parameters () :effect (forall ({EIGHT}) (when (q ?v0) (p ?v1))))",
        f"(:action act :parameters () :effect (forall ({EIGHT}) (r {EIGHT})))",
        f"(:derived (d {EIGHT}) (p ?v0)) (:action act :parameters (?x) :precondition (d {'?x ' * 8}) :effect ())",
        f"(:action act :parameters () :effect (forall ({EIGHT}) (increase (n) 1)))",
        f"(:durative-action act :parameters () :duration (>= ?duration 1)"
        f" :condition (over all (forall ({EIGHT}) (p ?v7))) :effect ())",
    ],
)
def test_exponential_work_is_not_decided_in_time(body: str) -> None:
    predicates = f"(:predicates (p ?x) (q ?x) (r {EIGHT}) (d {EIGHT})) (:functions (n))"
    facts = " ".join(f"(p {name})" for name in MANY.split()) + " (= (n) 0)"
    plan = "0: (act) [1]" if "durative" in body else f"(act{' o1' if 'derived' in body else ''})"
    started = time.perf_counter()
    found = judge(domain(predicates + body), problem(facts, "(and)", MANY), plan, max_evaluations=200_000)
    assert found.verdict == "undecided"
    assert found.reason is not None
    assert "200,000 evaluations" in found.reason
    assert time.perf_counter() - started < 30


LONG = " ".join(f"(r ?x ?y o{number}) (r ?y ?x o{number})" for number in range(50))


@pytest.mark.parametrize(
    ("body", "plan"),
    [
        (f"(:action act :precondition (forall (?x ?y) (not (or {LONG}))) :effect ())", "(act)"),
        (f"(:action act :effect (forall (?x ?y) (when (or {LONG}) (p ?x))))", "(act)"),
        (f"(:action act :effect (forall (?x ?y) (and {LONG})))", "(act)"),
        (
            "(:action act :precondition (forall (?x ?y) (not (or (r ?x ?y ?x) (r ?x ?y ?y)))) :effect ())",
            "0: (act)",
        ),
        (
            "(:durative-action act :parameters () :duration (>= ?duration 1) :condition ()"
            f" :effect (forall (?x ?y) (when (and (at start (or {LONG})) (at end (p ?x))) (at end (p ?y)))))",
            "0: (act) [1]",
        ),
        (f"(:derived (s ?x ?y) (or {LONG})) (:action act :precondition (not (s o1 o2)) :effect ())", "(act)"),
    ],
    ids=["condition", "effect condition", "effects", "footprint", "condition at the start", "rule"],
)
def test_work_is_counted_by_how_much_is_looked_at_and_kept(body: str, plan: str) -> None:
    predicates = "(:predicates (p ?x) (r ?x ?y ?z) (s ?x ?y))"
    objects = " ".join(f"o{number}" for number in range(50))
    constants = domain(f"(:constants {objects}) {predicates} {body}")
    found = judge(constants, problem(), plan, max_evaluations=60_000)
    assert found.verdict == "undecided"
    assert verdict(constants, problem(), plan) == "accept"


def test_quantifiers_end_as_soon_as_they_are_decided() -> None:
    condition = f"(not (forall ({EIGHT}) (p ?v0)))"
    body = f"(:predicates (p ?x)) (:action act :parameters () :precondition {condition} :effect ())"
    assert verdict(domain(body), problem("", "(and)", MANY), "(act)") == "accept"


@pytest.mark.parametrize(
    "condition",
    [
        f"(forall ({EIGHT}) (p ?v0))",
        f"(not (exists ({EIGHT}) (q ?v0)))",
        f"(forall ({EIGHT}) (imply (q ?v0) (p ?v7)))",
        f"(not (exists ({EIGHT}) (and (p ?v7) (p ?v3) (q ?v1))))",
        "(not (exists (?a) (exists (?b) (exists (?c) (exists (?d) (and (p ?d) (q ?a)))))))",
    ],
)
def test_a_search_gives_up_as_soon_as_nothing_can_be_found(condition: str) -> None:
    body = f"(:predicates (p ?x) (q ?x)) (:action act :parameters () :precondition {condition} :effect ())"
    facts = " ".join(f"(p {name})" for name in MANY.split())
    assert verdict(domain(body), problem(facts, "(and)", MANY), "(act)", max_evaluations=20_000) == "accept"


def test_more_quantified_variables_than_can_be_judged_are_refused() -> None:
    variables = " ".join(f"?v{number}" for number in range(101))
    for text in (
        f"(:predicates (p)) (:action act :precondition (forall ({variables}) (p)))",
        f"(:predicates (p)) (:action act :effect (forall ({variables}) (p)))",
        f"(:predicates (p) (q {variables})) (:derived (q {variables}) (p))",
    ):
        with pytest.raises(UnsupportedPddlError, match="more than 100 quantified"):
            read_domain(domain(text))


def test_only_the_actions_of_the_plan_are_grounded() -> None:
    parameters = " ".join(f"?v{number}" for number in range(20))
    body = (
        f"(:predicates (p ?x)) (:action act :parameters ({parameters}) :precondition (p ?v19) :effect (p ?v0))"
    )
    plan = f"(act {'o3 ' * 19}o5)"
    assert verdict(domain(body), problem("(p o5)", "(p o3)", MANY), plan) == "accept"


def test_misspelt_names_among_many_objects_are_rejected_quickly() -> None:
    names = " ".join(f"object{number}" for number in range(50_000))
    body = "(:predicates (p ?x)) (:action act :parameters (?x) :effect (p ?x))"
    plan = "\n".join(f"(act objekt{number})" for number in range(200))
    assert verdict(domain(body), problem("", "(p object1)", names), plan) == "reject"


@pytest.mark.parametrize("reports", ["first", "all"])
def test_many_misspelt_names_in_a_plan_with_times_are_rejected_quickly(
    reports: Literal["first", "all"],
) -> None:
    names = " ".join(f"object{number}" for number in range(500))
    body = "(:predicates (p ?x)) (:action act :parameters (?x) :effect (p ?x))"
    plan = "\n".join(f"{number}: (act objekt{number})" for number in range(20_000))
    began = time.process_time()
    found = judge(domain(body), problem("", "(p object1)", names), plan, reports=reports)
    assert found.verdict == "reject"
    assert time.process_time() - began < 10  # two minutes if each was compared with all objects


def test_very_long_names_in_plans_are_cut_in_critiques() -> None:
    found = judge(domain("(:predicates (p))"), problem(), f"({'x' * 100_000} {'y' * 100_000})")
    assert sum(len(violation.message) for violation in found.violations) < 2_000


def test_a_large_problem_is_read() -> None:
    facts = " ".join(f"(p o{number})" for number in range(20_000))
    names = " ".join(f"o{number}" for number in range(20_000))
    assert verdict(domain("(:predicates (p ?x))"), problem(facts, "(p o7)", names), "") == "accept"


@pytest.mark.parametrize("piece", ["(", ")", "(and ", "; ", "\x00", "x", "(not (", "\n", "?"])
def test_long_texts_of_one_piece_are_refused(piece: str) -> None:
    with pytest.raises(PddlError):
        PddlProblem(piece * 300_000, "")


def test_a_critique_names_at_most_so_many_violations() -> None:
    body = "(:predicates (p)) (:action act :parameters () :precondition (p) :effect ())"
    assert len(judge(domain(body), problem(), "(act)" * 5_000).violations) == 100


def test_types_with_very_many_parents_are_read_at_once() -> None:
    names = " ".join(f"b{number}" for number in range(30_000))
    assert read_domain(f"(define (domain d) (:types a - (either {names})))")
    with pytest.raises(PddlError, match="type of itself"):
        read_domain(f"(define (domain d) (:types a - (either {names}) b29999 - a))")


def test_very_many_derived_predicates_are_refused() -> None:
    names = [f"d{number}" for number in range(5_000)]
    predicates = " ".join(f"({name})" for name in [*names, "end"])
    rules = " ".join(
        f"(:derived ({one}) (not ({other})))" for one, other in itertools.pairwise([*names, "end"])
    )
    with pytest.raises(PddlError, match="more than 200 derived"):
        read_domain(f"(define (domain d) (:predicates {predicates}) {rules})")


@pytest.mark.parametrize("head", ["(not ", "(and ", "(or ", "(exists (?x) ", "(forall (?x) ", "(imply (p) "])
def test_formulas_of_every_kind_may_be_as_deep_as_allowed(head: str) -> None:
    nested = head * 94 + "(p)" + ")" * 94
    assert verdict(domain("(:predicates (p))"), problem("(p)", nested, "a"), "") == "accept"


def test_a_plan_with_times_that_is_too_long_is_not_decided() -> None:
    acting = domain("(:predicates (p)) (:action act :parameters () :effect (p))")
    plan = "\n".join(f"{number}: (act)" for number in range(100_001))
    assert verdict(acting, problem(), plan) == "undecided"


def test_a_plan_that_is_too_long_is_not_decided() -> None:
    acting = domain("(:predicates (p)) (:action act :parameters () :effect (p))")
    assert verdict(acting, problem(), "(act)" * 1_000_001) == "undecided"
    assert verdict(acting, problem(), "(act);\n" * 1_000_001) == "undecided"
