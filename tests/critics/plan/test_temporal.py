"""Plans with times: durative actions, interference, timed initial literals."""

from __future__ import annotations

import pytest

from tests.critics.plan.judging import codes, domain, judge, problem, verdict

MATCH = domain(
    """(:requirements :typing :durative-actions :fluents) (:types match fuse)
  (:predicates (light ?m - match) (handfree) (unused ?m - match) (mended ?f - fuse))
  (:durative-action strike :parameters (?m - match) :duration (= ?duration 5)
    :condition (and (at start (unused ?m)) (over all (light ?m)))
    :effect (and (at start (not (unused ?m))) (at start (light ?m)) (at end (not (light ?m)))))
  (:durative-action mend :parameters (?f - fuse ?m - match) :duration (and (>= ?duration 1) (<= ?duration 3))
    :condition (and (at start (handfree)) (over all (light ?m)))
    :effect (and (at start (not (handfree))) (at end (mended ?f)) (at end (handfree))))"""
)
CELLAR = problem("(handfree) (unused m) (unused n)", "(and (mended f) (mended g))", "m n - match f g - fuse")


@pytest.mark.parametrize(
    "plan",
    [
        "0: (strike m) [5]\n0.001: (mend f m) [2]\n2.002: (mend g m) [2.9]",
        "0: (strike m) [5]\n0: (mend f m) [2]\n2.5: (mend g m) [2.5]",
        "2.5: (mend g m) [1]\n0: (mend f m) [2]\n0: (strike m) [5]",
        "0: (strike m) [5]\n0: (strike n) [5.0]\n1: (mend f m) [1]\n3: (mend g n) [1]",
    ],
)
def test_a_valid_plan_with_times_is_accepted(plan: str) -> None:
    assert codes(MATCH, CELLAR, plan) == []


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("0: (strike m) [5]\n1: (mend f m) [2]", ["unmet_goal"]),
        ("0: (strike m) [5]\n1: (mend f m) [2]\n2: (mend g m) [2]", ["unmet_precondition"]),
        ("0: (strike m) [5]\n1: (mend f m) [2]\n3: (mend g m) [1]", ["unmet_precondition", "interference"]),
        ("0: (strike m) [5]\n1: (mend f m) [2]\n3.0009: (mend g m) [1]", ["interference"]),
        ("0: (strike m) [5]\n1: (mend f m) [2]\n3.5: (mend g m) [2]", ["unmet_precondition"]),
        ("0: (strike m) [4]\n1: (mend f m) [1]\n2.5: (mend g m) [1]", ["wrong_duration"]),
        ("0: (strike m) [5]\n1: (mend f m) [0.5]\n2.5: (mend g m) [1]", ["wrong_duration"]),
        ("0: (strike m) [5]\n0.5: (mend f m) [3.1]\n3.7: (mend g m) [1]", ["wrong_duration"]),
        ("0: (strike m) [5]\n0: (strike m) [5]\n1: (mend f m) [1]\n3: (mend g m) [1]", ["interference"]),
        ("0: (strike m)\n1: (mend f m) [1]\n3: (mend g m) [1]", ["missing_duration"]),
        ("0: (strike m) [0]\n1: (mend f m) [1]\n3: (mend g m) [1]", ["missing_duration"]),
        ("(strike m) [5]\n1: (mend f m) [1]\n3: (mend g m) [1]", ["missing_time"]),
        ("(strike m)", ["missing_time", "missing_duration"]),
        ("0: (strike f) [5]", ["wrong_type"]),
        ("0: (strike) [5]", ["wrong_arity"]),
        ("0: (burn m) [5]", ["unknown_action"]),
        ("0: (strike o) [5]", ["unknown_object"]),
        ("", ["unmet_goal"]),
    ],
)
def test_an_invalid_plan_with_times_is_rejected(plan: str, expected: list[str]) -> None:
    found = codes(MATCH, CELLAR, plan)
    assert found[: len(expected)] == expected


def test_what_must_hold_over_all_of_an_action_need_not_hold_at_its_ends() -> None:
    between = domain(
        "(:predicates (p) (done)) (:action on :parameters () :effect (p))"
        "(:action off :parameters () :effect (not (p)))"
        "(:durative-action act :parameters () :duration (= ?duration 4)"
        " :condition (over all (p)) :effect (at end (done)))"
    )
    start = problem("", "(done)")
    assert verdict(between, start, "0: (on) 0: (act) [4] 4: (off)") == "accept"
    assert codes(between, start, "0: (on) 0: (act) [4] 3.9: (off)") == ["unmet_precondition"]
    assert codes(between, start, "0.1: (on) 0: (act) [4]") == ["unmet_precondition"]
    assert codes(between, start, "0: (on) 0: (act) [4] 2: (off) 2: (on)")[0] == "interference"


ENDS = """(:predicates (p) (q) (r) (done)) (:functions (x) (y))
  (:action set-p :parameters () :effect (p))
  (:action clear-p :parameters () :effect (not (p)))
  (:action need-p :parameters () :precondition (p) :effect (done))
  (:action need-not-p :parameters () :precondition (not (p)) :effect (done))
  (:action maybe :parameters () :effect (when (p) (q)))
  (:action either :parameters () :precondition (or (p) (r)) :effect (done))
  (:action add :parameters () :effect (increase (x) 1))
  (:action sub :parameters () :effect (decrease (x) 1))
  (:action double :parameters () :effect (scale-up (x) 2))
  (:action put :parameters () :effect (assign (x) 5))
  (:action copy :parameters () :effect (assign (y) (x)))
  (:action test :parameters () :precondition (>= (x) 0) :effect (done))
  (:action set-q :parameters () :effect (q))"""


@pytest.mark.parametrize(
    ("plan", "is_apart"),
    [
        ("1: (set-p) 1: (set-q)", True),
        ("1: (set-p) 1: (clear-p)", False),
        ("1: (set-p) 1: (need-p)", False),
        ("1: (clear-p) 1: (need-p)", False),
        ("1: (set-p) 1: (need-not-p)", False),
        ("1: (maybe) 1: (set-p)", False),
        ("1: (either) 1: (set-p)", False),
        ("1: (need-p) 1: (maybe)", True),
        ("1: (add) 1: (sub)", True),
        ("1: (add) 1: (double)", False),
        ("1: (add) 1: (put)", False),
        ("1: (add) 1: (test)", False),
        ("1: (put) 1: (copy)", False),
        ("1: (copy) 1: (test)", True),
        ("1: (set-p) 1: (set-p)", False),
        ("1: (set-p) 1.001: (clear-p)", True),
        ("1: (set-p) 1.00099: (clear-p)", False),
    ],
)
def test_actions_at_the_same_time_must_not_interfere(plan: str, is_apart: bool) -> None:
    found = codes(domain(ENDS), problem("(p) (r) (= (x) 1) (= (y) 0)"), plan)
    assert ("interference" not in found) is is_apart


def test_additions_at_the_same_time_add_up() -> None:
    start = problem("(= (x) 1)", "(= (x) 1)")
    assert verdict(domain(ENDS), start, "1: (add) 1: (sub)") == "accept"


def test_epsilon_can_be_set() -> None:
    start = problem("(p)")
    plan = "1: (set-p) 1.05: (clear-p)"
    assert codes(domain(ENDS), start, plan, epsilon="0.1") == ["interference"]
    assert codes(domain(ENDS), start, plan, epsilon="0.05") == []


@pytest.mark.parametrize("parameters", ["", "?x - room"])
def test_amounts_of_effects_that_depend_on_the_start_are_read_at_the_end(parameters: str) -> None:
    effect = "(when (and (at start (lit)) (at end (warm))) (at end (increase (heat) (gain))))"
    heating = domain(
        "(:types room) (:constants hall - room) (:predicates (lit) (warm)) (:functions (heat) (gain))"
        " (:durative-action burn :parameters () :duration (= ?duration 4) :condition ()"
        f" :effect (forall ({parameters}) {effect}))"
        " (:action tune :effect (assign (gain) 5))"
    )
    start = problem("(lit) (warm) (= (heat) 0) (= (gain) 1)")
    assert codes(heating, start, "0: (burn) [4] 4: (tune)") == ["interference"]
    assert codes(heating, start, "0: (burn) [4] 3: (tune)") == []
    assert codes(heating, start, "0: (burn) [4] 0: (tune)") == []


WHEN = domain(
    """(:predicates (p) (q) (r) (s ?x) (t ?x)) (:functions (x))
  (:action clear-p :parameters () :effect (not (p)))
  (:durative-action act :parameters () :duration (= ?duration 2) :condition ()
    :effect (and (when (at start (p)) (at end (q)))
                 (when (and (at start (p)) (at end (r))) (at end (increase (x) ?duration)))
                 (when (at end (p)) (at end (r)))
                 (forall (?o) (when (at start (s ?o)) (at end (t ?o))))))"""
)


@pytest.mark.parametrize(
    ("init", "plan", "goal"),
    [
        ("(p)", "0: (act) [2]", "(and (q) (r) (= (x) 0))"),
        ("(p) (r)", "0: (act) [2]", "(and (q) (= (x) 2))"),
        ("(p)", "0: (act) [2] 1: (clear-p)", "(and (q) (not (r)))"),
        ("", "0: (act) [2]", "(not (q))"),
        ("(s a)", "0: (act) [2]", "(and (t a) (not (t b)))"),
    ],
)
def test_conditional_effects_at_the_end_remember_the_start(init: str, plan: str, goal: str) -> None:
    assert codes(WHEN, problem(f"{init} (= (x) 0)", goal, "a b"), plan) == []


EACH = domain(
    """(:predicates (p ?x) (q ?x) (r ?x) (done)) (:functions (x))
  (:action drop :parameters (?o) :effect (not (p ?o)))
  (:durative-action act :parameters () :duration (= ?duration 2)
    :condition (and (forall (?o) (and (over all (p ?o)) (at start (q ?o)))) ())
    :effect (and (forall (?o) (and (at start (r ?o)) (when (at start (q ?o)) (at start (not (q ?o))))))
                 (forall (?o) (at end (when (p ?o) (done))))
                 (when (at start (q a)) (at start (increase (x) 1)))))"""
).replace("(:predicates", "(:constants a) (:predicates")


@pytest.mark.parametrize(
    ("init", "plan", "goal", "expected"),
    [
        ("(p a) (p b) (q a) (q b)", "0: (act) [2]", "(and (r a) (not (q b)) (done) (= (x) 1))", []),
        ("(p a) (p b) (q a)", "0: (act) [2]", "(and)", ["unmet_precondition"]),
        ("(p a) (p b) (q a) (q b)", "0: (act) [2] 1: (drop b)", "(and)", ["unmet_precondition"]),
        ("(p a) (p b) (q a) (q b)", "0: (act) [2] 2.5: (drop b)", "(not (p b))", []),
    ],
)
def test_quantifiers_around_times_are_taken_apart(init: str, plan: str, goal: str, expected: list[str]) -> None:
    assert codes(EACH, problem(f"{init} (= (x) 0)", goal, "b"), plan) == expected


DURATION = """(:functions (speed) (far ?x)) (:predicates (done))
  (:durative-action go :parameters (?x) :duration {} :condition () :effect (at end (done)))"""


@pytest.mark.parametrize(
    ("constraint", "duration", "expected"),
    [
        ("(= ?duration (/ (far ?x) (speed)))", "2.5", []),
        ("(= ?duration (/ (far ?x) (speed)))", "2.501", ["wrong_duration"]),
        ("(= ?duration (/ (far ?x) 3))", "3.333", []),
        ("(= ?duration (/ (far ?x) 3))", "3.33", ["wrong_duration"]),
        ("(= ?duration (/ (far ?x) 0))", "1", ["division_by_zero"]),
        ("(>= ?duration 2)", "2", []),
        ("(<= ?duration 2)", "2.0001", ["wrong_duration"]),
        ("(and (>= ?duration 1) (at end (<= ?duration (speed))))", "4", []),
        ("(and (>= ?duration 1) (at end (<= ?duration (speed))))", "5", ["wrong_duration"]),
        ("()", "77", []),
    ],
)
def test_durations_keep_their_constraints(constraint: str, duration: str, expected: list[str]) -> None:
    start = problem("(= (speed) 4) (= (far a) 10)", "(done)", "a")
    assert codes(domain(DURATION.format(constraint)), start, f"0: (go a) [{duration}]") == expected


SHOP = domain(
    """(:requirements :timed-initial-literals) (:predicates (open) (has) (at ?x ?y))
  (:action buy :parameters () :precondition (open) :effect (has))"""
)


@pytest.mark.parametrize(
    ("init", "goal", "plan", "expected"),
    [
        ("(at 9 (open)) (at 20 (not (open)))", "(has)", "10: (buy)", []),
        ("(at 9 (open)) (at 20 (not (open)))", "(has)", "8: (buy)", ["unmet_precondition"]),
        ("(at 9 (open)) (at 20 (not (open)))", "(has)", "20.5: (buy)", ["unmet_precondition"]),
        ("(at 9 (open)) (at 20 (not (open)))", "(has)", "9: (buy)", ["unmet_precondition", "interference"]),
        ("(at 9 (open)) (at 20 (not (open)))", "(has)", "20: (buy)", ["interference"]),
        ("(at 9 (open)) (at 20 (not (open)))", "(has)", "9.001: (buy)", []),
        ("(at 9 (open)) (at 20 (not (open)))", "(has)", "(buy)", ["missing_time"]),
        ("(at 9 (open)) (at 20 (not (open)))", "(open)", "", ["unmet_goal"]),
        ("(at 9 (open))", "(open)", "", []),
        ("(open) (at 9 (not (open)))", "(open)", "1: (buy)", ["unmet_goal"]),
        ("(open) (at 3.5 (at a b))", "(at a b)", "", []),
        ("(open) (at a b)", "(at a b)", "(buy)", []),
    ],
)
def test_timed_initial_literals_happen_whatever_the_plan_does(
    init: str, goal: str, plan: str, expected: list[str]
) -> None:
    assert codes(SHOP, problem(init, goal, "a b"), plan) == expected


def test_thousands_of_actions_at_one_time_are_judged() -> None:
    many = domain("(:predicates (p ?x)) (:action act :parameters (?x) :effect (p ?x))")
    names = [f"o{number}" for number in range(4_000)]
    plan = "\n".join(f"1: (act {name})" for name in names)
    assert verdict(many, problem("", "(p o7)", " ".join(names)), plan) == "accept"


def test_many_long_actions_at_once_are_not_decided_rather_than_hanging() -> None:
    long = domain(
        "(:predicates (p) (q ?x)) (:durative-action act :parameters (?x) :duration (>= ?duration 1)"
        " :condition (over all (p)) :effect (at end (q ?x)))"
    )
    names = [f"o{number}" for number in range(1_000)]
    plan = "\n".join(f"{number / 10}: (act {name}) [1000]" for number, name in enumerate(names))
    critique = judge(long, problem("(p)", "(q o7)", " ".join(names)), plan, max_evaluations=300_000)
    assert critique.verdict == "undecided"


@pytest.mark.parametrize("goal", ["(q)", "(not (q))"])
def test_derived_predicates_are_read_with_all_that_they_stand_on(goal: str) -> None:
    derived = domain(
        "(:predicates (p) (d) (q)) (:derived (d) (p)) (:action set-p :parameters () :effect (p))"
        "(:action need-d :parameters () :precondition (d) :effect (q))"
    )
    assert "interference" in codes(derived, problem("(p)", goal), "1: (set-p) 1: (need-d)")
    assert "interference" not in codes(derived, problem("(p)", goal), "1: (set-p) 2: (need-d)")
