"""Satisfies: certificates that say which constraints held, errors that stay errors, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import modulo
from modulo.critics.constraints import (
    Constraint,
    ConstraintFailed,
    Preferences,
    Satisfies,
    all_of,
    any_of,
    constraint,
    implies,
    optional,
)
from modulo.critique import Soundness, Verdict, Violation
from tests.critics.constraints.conditions import condition, crashing
from tests.critics.constraints.test_constraint import is_even, is_large

A, B, D = condition("a"), condition("b"), condition("d")


def test_it_accepts_only_what_every_constraint_holds_of() -> None:
    critic = Satisfies(A, B)
    assert critic.critique((), {"a": True, "b": True}).accepts
    found = critic.critique((), {"a": False, "b": False})
    assert [violation.code for violation in found.violations] == ["a", "b"]


def test_it_claims_what_its_constraints_say() -> None:
    assert Satisfies(is_even, any_of(is_large, A)).proves == "the number is even; is large or a"
    assert Satisfies(is_even, proves="it is even").proves == "it is even"


def test_its_options_list_what_was_demanded() -> None:
    critic = Satisfies(A, any_of(B, D, name="either"))
    assert critic.options() == {"constraints": ["a", "either = any_of(b, d)"]}


def test_what_does_not_apply_is_named_in_the_claim() -> None:
    critic = Satisfies(A, B)
    accepted = critic.critique(["b"], {"a": True, "b": False})
    assert accepted.accepts
    assert accepted.proves == "a; b (not applicable to this problem: b)"
    assert critic.critique((), {"a": True, "b": True}).proves is None


def test_it_applies_where_one_constraint_does_and_judges_nothing_elsewhere() -> None:
    critic = Satisfies(A, B)
    assert critic.applies_to(["a"])
    assert not critic.applies_to(["a", "b"])
    assert critic.critique(["a", "b"], {"a": True, "b": True}).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("constraints", [(A, crashing), (crashing, A)])
def test_a_constraint_that_crashes_is_an_error_even_beside_a_violation(
    constraints: tuple[Constraint[Any, Any], ...],
) -> None:
    with pytest.raises(ConstraintFailed, match="'crashing'"):
        Satisfies(*constraints).critique((), {"a": False})


def _twin(problem: object, candidate: object) -> Iterator[Violation]:
    yield Violation("twin", "Twin.")


@pytest.mark.parametrize(
    ("constraints", "reason"),
    [
        ((), "without constraints would accept everything"),
        ((A, A), "has 2 constraints called 'a'"),
        ((A, condition("a")), "has 2 constraints called 'a'"),
        ((A, any_of(B, condition("a"))), "has different constraints called 'a'"),
        (
            (any_of(A, B, name="x"), all_of(implies(D, all_of(A, B, name="x")))),
            "different constraints called 'x'",
        ),
        ((any_of(A, B), any_of(A, B)), "has 2 constraints called 'any_of(a, b)'"),
        ((_twin,), "put @constraint above the function"),
        ((None,), "takes constraints"),
        ((optional(A),), "'a' is optional; give it to Preferences"),
    ],
)
def test_what_would_make_an_unclear_claim_is_refused(constraints: Any, reason: str) -> None:
    with pytest.raises(modulo.ConfigurationError) as caught:
        Satisfies(*constraints)
    assert reason in str(caught.value)


def test_one_constraint_may_have_several_places() -> None:
    assert Satisfies(A, implies(A, B), implies(A, D), any_of(B, all_of(A, D))).critique(
        (), {"a": True, "b": True, "d": True}
    )


def test_it_has_the_settings_of_critics() -> None:
    critic = Satisfies(
        A, version="7", soundness=Soundness.TESTS, cost=2, is_format=True, runs_in="loop", max_seconds=3
    )
    assert (critic.version, critic.soundness, critic.cost) == ("7", Soundness.TESTS, 2)
    assert (critic.is_format, critic.runs_in, critic.max_seconds) == (True, "loop", 3)


@pytest.mark.anyio
@pytest.mark.parametrize("max_seconds", [None, 30])
async def test_a_certificate_names_the_constraints_and_is_verified(max_seconds: float | None) -> None:
    critic = Satisfies(is_even, is_large, max_seconds=max_seconds)
    outcome = await modulo.solve(
        1,
        generator=lambda request: ["7", "no", "4", "12"][request.turn],
        reformulator=modulo.parse_json,
        critics=[critic],
    )
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == 12
    assert [v.code for a in outcome.attempts[:1] for c in a.critiques for v in c.violations] == [
        "odd",
        "too_small",
    ]
    (entry,) = outcome.certificate.critics
    assert entry.options == {"constraints": ["even number", "is_large"]}
    assert outcome.certificate.claim.text == "the number is even; is large"
    verified = await modulo.verify(outcome.certificate, critics=[critic], reformulator=modulo.parse_json)
    assert verified.certificate == outcome.certificate
    with pytest.raises(modulo.CertificateError):
        await modulo.verify(outcome.certificate, critics=[Satisfies(is_even)], reformulator=modulo.parse_json)


@pytest.mark.anyio
async def test_a_crash_never_certifies() -> None:
    outcome = await modulo.solve(
        1,
        generator=lambda request: "12",
        reformulator=modulo.parse_json,
        critics=[Satisfies(is_even, any_of(is_large, crashing))],
        budget=modulo.Budget(rounds=1),
    )
    assert isinstance(outcome, modulo.Exhausted)
    (critique,) = outcome.attempts[0].critiques
    assert critique.failed
    assert critique.reason == "constraint 'crashing' could not be judged: it raised RuntimeError: broken"


def test_what_cannot_go_to_a_worker_process_is_refused_when_the_graph_is_built() -> None:
    @constraint
    def local(problem: object, candidate: object) -> Iterator[Violation]:
        yield from ()

    with pytest.raises(modulo.GraphError, match="cannot be sent to a worker process"):
        modulo.solve_sync(1, generator=lambda request: "1", critics=[Satisfies(local, max_seconds=1)])


def test_preferences_sum_up_the_weights_of_what_holds() -> None:
    critic = Preferences(optional(A, weight=2), optional(B, weight=0.5), optional(D))
    remark = critic.remark((), {"a": True, "b": False, "d": True})
    assert (remark.score, remark.text) == (3.0, "no b")
    assert critic.remark(["a", "b", "d"], {}).score == 0
    assert critic.remark(["b"], {"a": True, "d": True}).text is None


def test_a_preference_that_crashes_is_an_error() -> None:
    with pytest.raises(ConstraintFailed):
        Preferences(optional(crashing)).remark((), {})


@pytest.mark.parametrize("weight", [0, -1, True, float("nan"), float("inf"), "2", None, 10**400])
def test_a_weight_is_a_number_above_zero(weight: Any) -> None:
    with pytest.raises(ValueError, match="weight of 'a'"):
        optional(A, weight=weight)


@pytest.mark.parametrize("preferences", [(), (A,), (optional(A), optional(A)), (None,)])
def test_preferences_that_rank_nothing_clearly_are_refused(preferences: Any) -> None:
    with pytest.raises(modulo.ConfigurationError):
        Preferences(*preferences)


def test_only_a_constraint_can_be_wished_for() -> None:
    with pytest.raises(TypeError):
        optional(optional(A))  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_preferences_choose_among_certified_answers() -> None:
    graph = modulo.Graph("numbers")
    guess = graph.generator("guess", lambda request: ["4", "12"][request.turn])
    number = graph.reformulator("number", modulo.parse_json, reads=guess)
    graph.critic("right", Satisfies(is_even), reads=number)
    graph.soft_critic("better", Preferences(optional(is_large)), reads=number)
    outcome = await modulo.solve(graph, 1, select="best", budget=modulo.Budget(rounds=2))
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == 12
