"""Reading domains and problems: what is taken, and what is refused with its line and column."""

from __future__ import annotations

import pickle

import pytest

from modulo.critics.plan import PddlError, PddlProblem, UnsupportedPddlError, read_domain, read_problem
from modulo.critics.plan.pddl.syntax import And, Atom, Parameter
from modulo.errors import ProblemError
from tests.critics.plan.judging import domain, problem, verdict

PLAIN = domain(
    "(:types t - object u) (:constants k - t) (:predicates (p ?x - t) (q)) (:functions (f ?x - t) (g))"
)


def test_a_domain_is_read() -> None:
    read = read_domain(PLAIN)
    assert read.name == "d"
    assert read.constants == (Parameter("k", ("t",)),)
    assert [signature.name for signature in read.predicates] == ["p", "q"]


def test_a_problem_is_read() -> None:
    read = read_problem(problem("(p a) (p a) (= (g) 1.50)", "(and (p a) (q))", "a - t"), read_domain(PLAIN))
    assert read.facts == (Atom("p", ("a",)),)
    assert read.goal == And((Atom("p", ("a",)), Atom("q", ())))


@pytest.mark.parametrize(
    "text",
    [
        "(define (domain d))",
        "; (comment\n(define (domain D) ; more (\n (:predicates))",
        "\ufeff(define (domain d))",
        "(DEFINE (DOMAIN d) (:PREDICATES (P ?X)) (:Action A :Parameters (?X) :Effect (Not (P ?x))))",
        "(define (domain d) (:predicates (p)) (:requirements :adl :strips) (:types a))",
        "(define (domain d) (:types a b - object object))",
        "(define (domain d) (:types a - b b - c))",
        "(define (domain d) (:types a - (either b c)))",
        "(define (domain d) (:predicates (p ?x ?x)))",
        "(define (domain d) (:functions (f) - number (g ?x) (h)))",
        "(define (domain d) (:functions (total-cost) - number))",
        "(define (domain d) (:predicates (p)) (:action a :precondition (p)))",
        "(define (domain d) (:predicates (p)) (:action a :parameters () :precondition () :effect (p)))",
        "(define (domain d) (:action a :effect (and) :parameters ()))",
        "(define (domain d) (:predicates (at ?x) (over ?x) (start ?x)))",
        "(define (domain d-1_2.b))",
    ],
)
def test_what_benchmarks_write_is_taken(text: str) -> None:
    assert read_domain(text)


@pytest.mark.parametrize(
    ("text", "place", "match"),
    [
        ("", (1, 1), "empty"),
        ("   ; nothing", (1, 1), "empty"),
        ("domain", (1, 1), "outside"),
        ("(define (domain d)", (1, 1), "never closed"),
        ("(define (domain d)\n  (:predicates (p))", (1, 1), "never closed"),
        ("(define (domain d)))", (1, 20), "closes nothing"),
        ("(define (domain d)) x", (1, 21), "follows"),
        ("(define (domain d)) (define (domain e))", (1, 21), "follows"),
        ("(domain d)", (1, 1), "define"),
        ("(define (problem d))", (1, 9), "domain NAME"),
        ("(define (domain d e))", (1, 9), "domain NAME"),
        ("(define (domain ?d))", (1, 17), "no name"),
        ("(define (domain 12))", (1, 17), "no name"),
        ("(define (domain d) (:predicate (p)))", (1, 20), "no section"),
        ("(define (domain d)\n (:predicates (p))\n (:predicates (q)))", (3, 2), "second time"),
        ("(define (domain d) p)", (1, 20), "section"),
        ("(define (domain d) (:predicates p))", (1, 33), "in parentheses"),
        ("(define (domain d) (:predicates (p) (p)))", (1, 37), "declared twice"),
        ("(define (domain d) (:predicates (not)))", (1, 33), "has a meaning"),
        ("(define (domain d) (:predicates (p x)))", (1, 36), "no variable"),
        ("(define (domain d) (:predicates (p ?x - t)))", (1, 41), "no type t"),
        ("(define (domain d) (:predicates (p ?x -)))", (1, 39), "'-' stands"),
        ("(define (domain d) (:predicates (p - t)))", (1, 36), "'-' stands"),
        ("(define (domain d) (:types t) (:predicates (p ?x - (either))))", (1, 52), "names no type"),
        ("(define (domain d) (:types a - b b - a))", (1, 20), "type of itself"),
        ("(define (domain d) (:types object - a))", (1, 28), "object is the type"),
        ("(define (domain d) (:constants k k))", (1, 34), "declared twice"),
        ("(define (domain d) (:constants \u0430))", (1, 32), "characters"),
        ("(define (domain d) (:constants \u212a))", (1, 32), "characters"),
        ("(define (domain d) (:constants k\x00))", (1, 32), "characters"),
        ("(define (domain d) (:action))", (1, 20), "no name"),
        ("(define (domain d) (:action a) (:action a))", (1, 32), "declared twice"),
        ("(define (domain d) (:action a) (:durative-action A :duration ()))", (1, 32), "declared twice"),
        ("(define (domain d) (:action a :effects ()))", (1, 31), "should stand here"),
        ("(define (domain d) (:action a :effect () :effect ()))", (1, 42), "second time"),
        ("(define (domain d) (:action a :effect))", (1, 31), "nothing follows"),
        ("(define (domain d) (:action a :parameters ?x))", (1, 43), "list of variables"),
        ("(define (domain d) (:action a :parameters (?x ?x)))", (1, 43), "bound twice"),
        ("(define (domain d) (:action a :precondition (p)))", (1, 45), "no predicate p"),
        ("(define (domain d) (:predicates (p)) (:action a :precondition p))", (1, 63), "in parentheses"),
        ("(define (domain d) (:predicates (p ?x)) (:action a :precondition (p)))", (1, 66), "takes 1 arg"),
        ("(define (domain d) (:predicates (p ?x)) (:action a :precondition (p ?y)))", (1, 69), "no variable"),
        ("(define (domain d) (:predicates (p ?x)) (:action a :precondition (p y)))", (1, 69), "no object"),
        ("(define (domain d) (:predicates (p ?x)) (:action a :precondition (p (p))))", (1, 69), "variable or"),
        ("(define (domain d) (:predicates (p)) (:action a :precondition (not)))", (1, 63), "takes 1 op"),
        ("(define (domain d) (:predicates (p)) (:action a :precondition (not (p) (p))))", (1, 63), "takes 1"),
        ("(define (domain d) (:predicates (p)) (:action a :precondition (imply (p))))", (1, 63), "takes 2"),
        ("(define (domain d) (:predicates (p)) (:action a :precondition (forall ?x (p))))", (1, 71), "list of"),
        ("(define (domain d) (:predicates (p)) (:action a :precondition ((p))))", (1, 63), "predicate in"),
        ("(define (domain d) (:predicates (p)) (:action a :effect (or (p) (p))))", (1, 57), "no predicate or"),
        (
            "(define (domain d) (:predicates (p)) (:action a :effect (not (not (p)))))",
            (1, 62),
            "no predicate not",
        ),
        ("(define (domain d) (:predicates (p)) (:action a :effect (when (p))))", (1, 57), "takes 2"),
        ("(define (domain d) (:action a :effect (increase (f) 1)))", (1, 49), "no function f"),
        ("(define (domain d) (:functions (f)) (:action a :effect (increase (f))))", (1, 56), "takes 2"),
        (
            "(define (domain d) (:functions (f)) (:action a :effect (increase (f) one)))",
            (1, 70),
            "no function one",
        ),
        (
            "(define (domain d) (:functions (f)) (:action a :precondition (> (f) 1e5)))",
            (1, 69),
            "no function 1e5",
        ),
        ("(define (domain d) (:functions (f)) (:action a :precondition (> (f) (/ 1 2 3))))", (1, 69), "take 3"),
        (
            "(define (domain d) (:functions (f)) (:action a :precondition (> (f) total-time)))",
            (1, 69),
            "total-time",
        ),
        (
            "(define (domain d) (:functions (f)) (:action a :precondition (> (f) ?duration)))",
            (1, 69),
            "no function",
        ),
        ("(define (domain d) (:functions (f)) (:action a :precondition (= (f) (f) 1)))", (1, 62), "takes 2"),
        ("(define (domain d) (:functions (f) -))", (1, 20), "'-' stands"),
        ("(define (domain d) (:requirements strips))", (1, 35), "requirement such as"),
        ("(define (domain d) (:durative-action a))", (1, 20), "no :duration"),
        ("(define (domain d) (:durative-action a :duration 5))", (1, 50), "constraint"),
        ("(define (domain d) (:durative-action a :duration (= 5 5)))", (1, 50), "constraint"),
        ("(define (domain d) (:durative-action a :duration (> ?duration 5)))", (1, 50), "constraint"),
        (
            "(define (domain d) (:predicates (p)) (:durative-action a :duration () :condition (p)))",
            (1, 82),
            "at start",
        ),
        (
            "(define (domain d) (:predicates (p)) (:durative-action a :duration () :effect (p)))",
            (1, 79),
            "at start",
        ),
        (
            "(define (domain d) (:predicates (p)) (:durative-action a :duration () :effect (over all (p))))",
            (1, 79),
            "at start",
        ),
    ],
)
def test_what_is_no_domain_is_refused_with_its_place(text: str, place: tuple[int, int], match: str) -> None:
    with pytest.raises(PddlError, match=match) as caught:
        read_domain(text)
    assert caught.value.source == "domain"
    assert (caught.value.line, caught.value.column) == place
    assert str(caught.value).startswith(f"domain, line {place[0]}, column {place[1]}: ")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("(define (domain d) (:requirements :preferences))", ":preferences"),
        ("(define (domain d) (:requirements :strips :constraints))", ":constraints"),
        ("(define (domain d) (:requirements :continuous-effects))", ":continuous-effects"),
        ("(define (domain d) (:requirements :object-fluents))", ":object-fluents"),
        ("(define (domain d) (:requirements :time))", ":time"),
        ("(define (domain d) (:requirements :multi-agent))", ":multi-agent"),
        ("(define (domain d) (:constraints (and)))", ":constraints"),
        ("(define (domain d) (:process a))", ":process"),
        ("(define (domain d) (:functions (f) - object))", ":object-fluents"),
        ("(define (domain d) (:predicates (p)) (:action a :precondition (preference n (p))))", "preference"),
        ("(define (domain d) (:predicates (p)) (:action a :precondition (always (p))))", "always"),
        ("(define (domain d) (:predicates (p)) (:action a :effect (probabilistic 0.5 (p))))", "probabilistic"),
        ("(define (domain d) (:predicates (p)) (:action a :effect (oneof (p) (not (p)))))", "oneof"),
        (
            "(define (domain d) (:functions (f)) (:durative-action a :duration () :effect (increase (f) (* #t 2))))",
            ":continuous-effects",
        ),
        (
            "(define (domain d) (:functions (f))"
            " (:durative-action a :duration () :effect (at end (increase (f) #t))))",
            ":continuous-effects",
        ),
        (
            "(define (domain d) (:predicates (p)) (:durative-action a :duration ()"
            " :effect (when (over all (p)) (at end (p)))))",
            "over all",
        ),
        (
            "(define (domain d) (:predicates (p)) (:durative-action a :duration ()"
            " :condition (preference n (at end (p)))))",
            ":preferences",
        ),
        (
            "(define (domain d) (:predicates (p)) (:durative-action a :duration ()"
            " :effect (when (at start (p)) (when (at start (p)) (at end (p))))))",
            "conditional effect in a conditional effect",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_before_judging(text: str, what: str) -> None:
    with pytest.raises(UnsupportedPddlError, match=f"unsupported requirement: .*{what}"):
        read_domain(text)


def test_refusing_a_requirement_says_which_ones_are_supported() -> None:
    with pytest.raises(UnsupportedPddlError, match=r":preferences; supported are :action-costs, .*:typing"):
        read_domain("(define (domain d) (:requirements :preferences))")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("(define (problem p) (:domain d) (:goal (q)))", "no \\(:init"),
        ("(define (problem p) (:domain d) (:init))", "no \\(:goal"),
        ("(define (problem p) (:init) (:goal (q)))", "no \\(:domain"),
        ("(define (problem p) (:domain d e) (:init) (:goal (q)))", "domain NAME"),
        (problem("", "(q) (q)"), "the goal is"),
        (problem("", "(r)"), "no predicate r"),
        (problem("", "(p a)"), "no object a"),
        (problem("", "(p a)", "a"), "a is of type object, but p takes t"),
        (problem("", "(p a)", "a - u"), "a is of type u"),
        (problem("", "(p ?x)"), "no variable"),
        (problem("", "(and", ""), "never closed"),
        (problem("", "(q)", "a a"), "declared twice"),
        (problem("", "(q)", "k - t"), "declared twice"),
        (problem("", "(q)", "a - v"), "no type v"),
        (problem("", "(q)", "5"), "no name"),
        (problem("", "(q)", "?x"), "no name"),
        (problem("(r)"), "no predicate r"),
        (problem("(p b)"), "no object b"),
        (problem("(p k k)"), "takes 1"),
        (problem("(and (q))"), "no predicate and"),
        (problem("(or (q) (q))"), "no predicate or"),
        (problem("q"), "fact in parentheses"),
        (problem("()"), "fact in parentheses"),
        (problem("(q) (not (q))"), "both true and false"),
        (problem("(not (q) (q))"), "takes 1"),
        (problem("(= (g) 1) (= (g) 2)"), "two values"),
        (problem("(= (h) 1)"), "no function h"),
        (problem("(= (g) x)"), "a number should"),
        (problem("(= (g) (+ 1 2))"), "a number should"),
        (problem("(= (g))"), "the value of a function"),
        (problem(f"(= (g) {'9' * 5000})"), "more than 100"),
        (problem("(at -1 (q))"), "before the beginning"),
        (problem("(at 1 (q)) (at 1.0 (not (q)))"), "at the same time"),
        (problem("(at 1 (r))"), "no predicate r"),
        (problem("", "(q)", "", "(:metric minimise (g))"), "minimized or"),
        (problem("", "(q)", "", "(:metric minimize (h))"), "no function h"),
        (problem("", "(q)", "", "(:metric minimize)"), "the metric is"),
        (problem("", "(q)", "", "(:metric minimize (g)) (:metric minimize (g))"), "second time"),
        (problem("", "(q)", "", "(:init)"), "second time"),
        (problem("", "(q)", "", "(:types a)"), "no section"),
    ],
)
def test_what_is_no_problem_is_refused(text: str, match: str) -> None:
    with pytest.raises(PddlError, match=match) as caught:
        PddlProblem(PLAIN, text)
    assert caught.value.source == "problem"
    assert isinstance(caught.value, ProblemError)


@pytest.mark.parametrize(
    "text",
    [
        problem("", "(q)", "", "(:constraints (and))"),
        problem("", "(preference x (q))"),
        problem("", "(q)", "", "(:metric minimize (is-violated x))"),
        problem("", "(q)", "", "(:requirements :preferences)"),
        problem("(at 5 (= (g) 1))"),
    ],
)
def test_what_cannot_be_judged_in_problems_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedPddlError):
        PddlProblem(PLAIN, text)


@pytest.mark.parametrize(
    "rest",
    [
        "(:metric minimize (total-cost))",
        "(:metric maximize (+ (g) (* 2 total-time)))",
        "(:metric minimize (total-time))",
        "(:length (:serial 3))",
        "(:requirements :strips)",
    ],
)
def test_what_benchmarks_write_in_problems_is_taken(rest: str) -> None:
    assert PddlProblem(PLAIN, problem("(= (g) 1)", "(not (q))", "9big8ruz A-B_c - t", rest))


def test_a_problem_may_call_its_domain_by_another_name() -> None:
    assert verdict(PLAIN, problem("(q)", "(q)").replace("(:domain d)", "(:domain other)"), "") == "accept"


def test_problems_may_be_called_by_a_number() -> None:
    assert verdict(PLAIN, problem("(q)", "(q)").replace("(problem p)", "(problem 21)"), "") == "accept"


def test_a_dash_may_stand_right_before_a_type() -> None:
    written = read_domain(
        "(define (domain d) (:types a b -object c -(either a b)) (:constants x-1 -a)"
        " (:predicates (p ?x -a ?y - c)) (:functions (f ?x -b) -number))"
    )
    meant = read_domain(
        "(define (domain d) (:types a b - object c - (either a b)) (:constants x-1 - a)"
        " (:predicates (p ?x - a ?y - c)) (:functions (f ?x - b) - number))"
    )
    assert written == meant


def test_names_are_the_same_in_upper_and_lower_case() -> None:
    assert verdict(PLAIN.upper(), problem("(P A) (Q)", "(q)", "a - T"), "") == "accept"


def test_texts_that_are_nested_too_deeply_are_refused() -> None:
    for depth in (200, 100_000):
        nested = "(not " * depth + "(q)" + ")" * depth
        with pytest.raises(PddlError, match="nested"):
            PddlProblem(PLAIN, problem("", nested))


def test_formulas_as_deep_as_allowed_are_judged() -> None:
    nested = "(not " * 94 + "(q)" + ")" * 94
    assert verdict(PLAIN, problem("(q)", nested), "") == "accept"


def test_hierarchies_of_types_that_are_too_deep_are_refused() -> None:
    chain = " ".join(f"t{number} - t{number + 1}" for number in range(10_000))
    with pytest.raises(PddlError, match="levels deep"):
        read_domain(f"(define (domain d) (:types {chain}))")


def test_an_effect_at_the_start_cannot_look_ahead() -> None:
    ahead = "(:durative-action a :duration () :effect (when (at end (p)) (at start (p))))"
    with pytest.raises(PddlError, match="cannot depend on a condition at the end"):
        read_domain(domain("(:predicates (p))" + ahead))


def test_errors_can_be_pickled() -> None:
    with pytest.raises(PddlError) as caught:
        read_domain("(define")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.line, again.column) == (str(caught.value), 1, 1)
