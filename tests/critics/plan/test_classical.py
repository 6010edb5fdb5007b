"""Plans without times: what is accepted and what is rejected, feature by feature."""

from __future__ import annotations

import pytest

from tests.critics.plan.judging import codes, domain, judge, problem, verdict

BLOCKS = domain(
    """(:predicates (clear ?x) (ontable ?x) (handempty) (holding ?x) (on ?x ?y))
  (:action pick-up :parameters (?ob) :precondition (and (clear ?ob) (ontable ?ob) (handempty))
    :effect (and (holding ?ob) (not (clear ?ob)) (not (ontable ?ob)) (not (handempty))))
  (:action put-down :parameters (?ob) :precondition (holding ?ob)
    :effect (and (clear ?ob) (handempty) (ontable ?ob) (not (holding ?ob))))
  (:action stack :parameters (?ob ?under) :precondition (and (clear ?under) (holding ?ob))
    :effect (and (handempty) (clear ?ob) (on ?ob ?under) (not (clear ?under)) (not (holding ?ob))))
  (:action unstack :parameters (?ob ?under) :precondition (and (on ?ob ?under) (clear ?ob) (handempty))
    :effect (and (holding ?ob) (clear ?under) (not (on ?ob ?under)) (not (clear ?ob)) (not (handempty))))"""
)
TWO_BLOCKS = problem("(clear a) (clear b) (ontable a) (ontable b) (handempty)", "(on a b)", "a b")


@pytest.mark.parametrize(
    "plan",
    [
        "(pick-up a)\n(stack a b)",
        "(PICK-UP A)(Stack a B)",
        "; first\n(pick-up b) (put-down b) (pick-up a) (stack a b) ; last",
        "0: (pick-up a)\n1: (stack a b)",
        "5: (stack a b)\n0: (pick-up a)",
        "(pick-up a) [1] (stack a b) [0]",
    ],
)
def test_a_valid_plan_is_accepted(plan: str) -> None:
    assert verdict(BLOCKS, TWO_BLOCKS, plan) == "accept"


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("", ["unmet_goal"]),
        ("(pick-up a)", ["unmet_goal"]),
        ("(stack a b)", ["unmet_precondition"]),
        ("(pick-up a)(stack a b)(pick-up a)", ["unmet_precondition"]),
        ("(pickup a)", ["unknown_action", "unmet_goal"]),
        ("(stackab)", ["unknown_action", "unmet_goal"]),
        ("(pick-up)", ["wrong_arity", "unmet_goal"]),
        ("(pick-up a b)", ["wrong_arity", "unmet_goal"]),
        ("(pick-up c)", ["unknown_object", "unmet_goal"]),
        ("(stack c d)", ["unknown_object", "unknown_object", "unmet_goal"]),
        ("(pick-up a)(stack a a)", ["unmet_precondition", "unmet_goal"]),
        ("(on a b)", ["unknown_action", "unmet_goal"]),
        ("0: (pick-up a) 0: (stack a b)", ["unmet_precondition", "interference"]),
        ("0: (pick-up a) (stack a b)", ["missing_time"]),
        ("(pick-up a) 1: (stack a b)", ["missing_time"]),
        ("0: (pick-up a) 0.0001: (stack a b)", ["interference"]),
        ("1: (pick-up a) 0: (stack a b)", ["unmet_precondition"]),
    ],
)
def test_an_invalid_plan_is_rejected_for_every_fault(plan: str, expected: list[str]) -> None:
    assert codes(BLOCKS, TWO_BLOCKS, plan) == expected


@pytest.mark.parametrize("plan", [None, 3, ["(pick-up a)"], {"plan": "(pick-up a)"}, b"(pick-up a)", True])
def test_an_answer_that_is_no_text_is_rejected(plan: object) -> None:
    assert codes(BLOCKS, TWO_BLOCKS, plan) == ["malformed_plan"]


def test_prose_is_rejected_even_where_nothing_is_to_be_done() -> None:
    done = problem("(on a b)", "(on a b)", "a b")
    assert verdict(BLOCKS, done, "") == verdict(BLOCKS, done, "; nothing\n") == "accept"
    assert codes(BLOCKS, done, "Sorry, I cannot solve this problem.") == ["malformed_plan"]


def test_a_bad_tail_after_a_good_plan_is_rejected() -> None:
    assert codes(BLOCKS, TWO_BLOCKS, "(pick-up a)(stack a b) (unstack a b") == ["malformed_plan"]


def test_a_critique_says_what_does_not_hold_and_what_does() -> None:
    (violation,) = judge(BLOCKS, TWO_BLOCKS, "(pick-up a)(put-down b)", reports="first").violations
    assert violation.location == "step 2"
    assert violation.message == "(put-down b) cannot be carried out: (holding b) does not hold."
    assert (violation.expected, violation.actual) == ("(holding b)", "(clear b) (ontable b)")


def test_a_critique_names_the_nearest_names() -> None:
    messages = [
        judge(BLOCKS, TWO_BLOCKS, plan, reports="first").violations[0].message
        for plan in ("(pickup a)", "(pick-up aa)", "(pick-up zz)", "(stack a)")
    ]
    assert messages == [
        "There is no action pickup; did you mean pick-up?",
        "In (pick-up aa), there is no object aa; did you mean a?",
        "In (pick-up zz), there is no object zz; possible here: a, b.",
        "(stack a) names 1, but stack takes 2 objects: (stack ?ob ?under).",
    ]


TYPED = (
    "(:types box place) (:predicates (in ?b - box ?p - place)) (:action put :parameters (?b - box ?p - place))"
)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("(fly b1 p1)", "There is no action fly; possible here: put."),
        (
            "(put zebra p1)",
            "In (put zebra p1), there is no object zebra; possible here: b1, b2, b3 and others.",
        ),
        ("(put b1 b2)", "In (put b1 b2), b2 is of type box, but ?p must be of type place; possible here: p1."),
        (
            "(put p1 p1)",
            "In (put p1 p1), p1 is of type place, but ?b must be of type box; possible here: b1, b2, b3 and others.",
        ),
    ],
)
def test_where_no_name_is_near_a_critique_names_legal_ones(plan: str, message: str) -> None:
    given = problem("", "(in b1 p1)", "b1 b2 b3 b4 - box p1 - place")
    (violation,) = judge(domain(TYPED), given, plan, reports="first").violations
    assert violation.message == message


def test_going_on_after_a_failure_is_marked() -> None:
    first, *others = judge(BLOCKS, TWO_BLOCKS, "(put-down a)(unstack a b)").violations
    assert "supposes" not in first.message
    assert len(others) == 2
    assert all(violation.message.endswith("(This supposes that step 1 had worked.)") for violation in others)


def test_the_first_failure_alone_is_reported_if_asked() -> None:
    assert codes(BLOCKS, TWO_BLOCKS, "(put-down a)(unstack a b)", reports="first") == ["unmet_precondition"]


LOGIC = """(:requirements :adl) (:types box - thing place colour) (:constants red - colour)
  (:predicates (p) (q) (r ?x) (s ?x ?y) (full ?b - box) (odd))"""


def tried(condition: str, init: str, objects: str = "a b - box x - place") -> str:
    act = f"(:action act :parameters () :precondition {condition} :effect ())"
    return verdict(domain(LOGIC + act), problem(init, "(and)", objects), "(act)")


@pytest.mark.parametrize(
    ("condition", "init", "expected"),
    [
        ("()", "", "accept"),
        ("(and)", "", "accept"),
        ("(or)", "", "reject"),
        ("(p)", "(p)", "accept"),
        ("(p)", "", "reject"),
        ("(not (p))", "", "accept"),
        ("(not (p))", "(p)", "reject"),
        ("(not (p))", "(not (p))", "accept"),
        ("(not (not (p)))", "(p)", "accept"),
        ("(and (p) (not (q)))", "(p)", "accept"),
        ("(and (p) (and (q) (and)))", "(p) (q)", "accept"),
        ("(or (p) (q))", "(q)", "accept"),
        ("(or (p) (q))", "", "reject"),
        ("(imply (p) (q))", "", "accept"),
        ("(imply (p) (q))", "(p)", "reject"),
        ("(imply (p) (q))", "(p) (q)", "accept"),
        ("(not (imply (p) (q)))", "(p)", "accept"),
        ("(= a a)", "", "error"),
        ("(exists (?x) (r ?x))", "(r x)", "accept"),
        ("(exists (?x) (r ?x))", "", "reject"),
        ("(exists (?x - box) (r ?x))", "(r x)", "reject"),
        ("(exists (?x - thing) (r ?x))", "(r a)", "accept"),
        ("(forall (?x - box) (full ?x))", "(full a) (full b)", "accept"),
        ("(forall (?x - box) (full ?x))", "(full a)", "reject"),
        ("(forall (?x - (either place colour)) (r ?x))", "(r x) (r red)", "accept"),
        ("(forall (?x - (either place colour)) (r ?x))", "(r x)", "reject"),
        ("(exists (?x ?y - box) (and (s ?x ?y) (not (= ?x ?y))))", "(s a a)", "reject"),
        ("(exists (?x ?y - box) (and (s ?x ?y) (not (= ?x ?y))))", "(s a b)", "accept"),
        ("(forall (?x - box) (exists (?y - box) (s ?x ?y)))", "(s a b) (s b a)", "accept"),
        ("(exists (?y - box) (forall (?x - box) (s ?x ?y)))", "(s a b) (s b a)", "reject"),
        ("(forall (?x - box) (forall (?x - place) (r ?x)))", "(r x)", "accept"),
        (
            "(exists (?x - box) (and (r ?x) (exists (?x - place) (r ?x)) (full ?x)))",
            "(r a) (r x) (full a)",
            "accept",
        ),
        ("(exists (?x - box) (and (r ?x) (exists (?x - place) (r ?x)) (full ?x)))", "(r a) (r x)", "reject"),
        ("(r red)", "(r red)", "accept"),
    ],
)
def test_conditions_mean_what_pddl_says(condition: str, init: str, expected: str) -> None:
    if expected == "error":
        with pytest.raises(ValueError, match="no object a"):
            tried(condition, init)  # a domain does not know the objects of its problems
    else:
        assert tried(condition, init) == expected


def test_quantifiers_over_no_objects_are_decided() -> None:
    assert tried("(forall (?x - place) (p))", "", "a - box") == "accept"
    assert tried("(exists (?x - place) (not (p)))", "", "a - box") == "reject"
    assert tried("(not (exists (?x - place) (not (p))))", "", "a - box") == "accept"


def done(
    effect: str, goal: str, init: str = "", objects: str = "a b - box x - place", plan: str = "(act)"
) -> str:
    act = f"(:action act :parameters () :precondition () :effect {effect})"
    return verdict(domain(LOGIC + act), problem(init, goal, objects), plan)


@pytest.mark.parametrize(
    ("effect", "goal", "init", "expected"),
    [
        ("(p)", "(p)", "", "accept"),
        ("(not (p))", "(not (p))", "(p)", "accept"),
        ("(not (p))", "(p)", "(p)", "reject"),
        ("(and (p) (not (p)))", "(p)", "", "accept"),
        ("(and (not (p)) (p))", "(p)", "(p)", "accept"),
        ("(when (q) (p))", "(p)", "(q)", "accept"),
        ("(when (q) (p))", "(p)", "", "reject"),
        ("(and (q) (when (q) (p)))", "(p)", "", "reject"),
        ("(and (not (q)) (when (q) (p)))", "(p)", "(q)", "accept"),
        (
            "(and (when (p) (and (q) (not (p)))) (when (q) (and (p) (not (q)))))",
            "(and (q) (not (p)))",
            "(p)",
            "accept",
        ),
        ("(and (when (p) (not (q))) (when (p) (q)))", "(q)", "(p)", "accept"),
        ("(forall (?x - box) (full ?x))", "(and (full a) (full b))", "", "accept"),
        ("(forall (?x - box) (when (r ?x) (full ?x)))", "(and (full a) (not (full b)))", "(r a)", "accept"),
        ("(forall (?x - box) (when (r ?x) (full ?x)))", "(full b)", "(r a)", "reject"),
        ("(forall (?x) (when (exists (?y) (s ?x ?y)) (r ?x)))", "(and (r a) (not (r b)))", "(s a b)", "accept"),
        ("(forall (?x - colour) (r ?x))", "(r red)", "", "accept"),
        ("()", "(and)", "", "accept"),
        ("(and)", "(p)", "", "reject"),
    ],
)
def test_effects_are_worked_out_on_the_state_before(effect: str, goal: str, init: str, expected: str) -> None:
    assert done(effect, goal, init) == expected


def test_an_effect_for_every_object_of_an_empty_type_changes_nothing() -> None:
    assert done("(forall (?x - place) (p))", "(p)", objects="a - box") == "reject"


TYPES = domain(
    """(:requirements :typing) (:types truck plane - vehicle vehicle box - object place)
  (:predicates (at ?x - (either vehicle box) ?p - place) (seen ?x - object))
  (:action look :parameters (?x - vehicle) :effect (seen ?x))
  (:action find :parameters (?x - (either truck box)) :effect (seen ?x))"""
)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("(look t)", []),
        ("(look v)", []),
        ("(look b)", ["wrong_type"]),
        ("(find t)", []),
        ("(find b)", []),
        ("(find v)", ["wrong_type"]),
        ("(find tb)", []),
        ("(look tb)", ["wrong_type"]),
        ("(look tp)", []),
        ("(find tp)", ["wrong_type"]),
        ("(look n)", ["wrong_type"]),
    ],
)
def test_objects_must_be_of_the_right_type(plan: str, expected: list[str]) -> None:
    objects = "t - truck v - vehicle b - box tb - (either truck box) tp - (either truck plane) n"
    assert codes(TYPES, problem("", "(and)", objects), plan) == expected


def test_types_that_are_named_as_parents_alone_exist() -> None:
    loose = domain("(:types a - b) (:predicates (p ?x - b)) (:action act :parameters (?x - b) :effect (p ?x))")
    assert verdict(loose, problem("", "(p x)", "x - a"), "(act x)") == "accept"


def test_a_type_may_have_several_parents() -> None:
    both = domain(
        "(:types c - a c - b) (:predicates (p ?x - a) (q ?x - b))"
        "(:action act :parameters (?x - c) :effect (and (p ?x) (q ?x)))"
    )
    assert verdict(both, problem("", "(and (p x) (q x))", "x - c"), "(act x)") == "accept"


def test_constants_can_be_named_in_plans_and_problems() -> None:
    known = domain(
        "(:types place) (:constants home - place) (:predicates (at ?p - place))"
        "(:action go :parameters (?from ?to - place) :precondition (at ?from)"
        " :effect (and (not (at ?from)) (at ?to)))"
        "(:action leave :parameters (?to - place) :precondition (at home) :effect (and (not (at home)) (at ?to)))"
    )
    there = problem("(at home)", "(at x)", "x - place")
    assert verdict(known, there, "(go home x)") == verdict(known, there, "(leave x)") == "accept"
    assert verdict(known, there, "(leave home)") == "reject"


def test_moving_to_where_one_is_adds_after_deleting() -> None:
    moves = domain(
        "(:predicates (at ?p)) (:action go :parameters (?from ?to) :precondition (at ?from)"
        " :effect (and (at ?to) (not (at ?from))))"
    )
    assert verdict(moves, problem("(at x)", "(at x)", "x"), "(go x x)") == "accept"


def test_facts_are_told_apart_by_their_parts() -> None:
    joined = domain("(:predicates (p ?x ?y)) (:action act :parameters (?x ?y) :precondition (p ?x ?y))")
    assert verdict(joined, problem("(p o aob)", "(and)", "o oa ob aob"), "(act oa ob)") == "reject"


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        ("(not (on a b))", "accept"),
        ("(or (on a b) (clear a))", "accept"),
        ("(forall (?x) (clear ?x))", "accept"),
        ("(exists (?x) (on a ?x))", "reject"),
        ("(imply (on a b) (on b a))", "accept"),
        ("()", "accept"),
    ],
)
def test_goals_are_formulas(goal: str, expected: str) -> None:
    start = problem("(clear a) (clear b)", goal, "a b")
    assert verdict(BLOCKS, start, "") == expected


def test_a_hundred_thousand_steps_are_judged() -> None:
    plan = "(pick-up a)(put-down a)" * 50_000 + "(pick-up a)(stack a b)"
    assert verdict(BLOCKS, TWO_BLOCKS, plan) == "accept"
