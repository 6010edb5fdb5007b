"""SolvesSystem and NoSolutionExists: verdicts, hints, certificates, and what only looks like an answer."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo.critics.constraints import ConstraintSystem, NoSolutionExists, SolvesSystem
from modulo.critics.constraints.solving import all_different
from modulo.critique import Critique, Verdict
from modulo.problem import NO_SOLUTION
from tests.critics.constraints.solving.random_systems import Meant, meant_systems
from tests.critics.constraints.solving.test_explaining import ASSIGNMENTS, pigeons

pytest.importorskip("ortools")


def seating(problem: Mapping[str, int]) -> ConstraintSystem:
    """Three guests on so many seats, not all next to each other."""
    system = ConstraintSystem()
    ann, bob, cid = (system.integer(name, 1, problem["seats"]) for name in ("ann", "bob", "cid"))
    system.require("one each", all_different([ann, bob, cid]), message="Two guests share a seat.")
    system.require("ann before bob", ann < bob, hint="swap them")
    system.require("apart", abs(ann - cid) >= 2)
    return system


GOOD = {"ann": 1, "bob": 2, "cid": 3}
CRITIC = SolvesSystem(seating, max_solver_seconds=60)


def judged(candidate: Any, seats: int = 3, critic: SolvesSystem[Any] = CRITIC) -> Critique:
    return critic.critique({"seats": seats}, candidate)


def test_a_solution_is_accepted_and_the_claim_names_the_constraints() -> None:
    accepted = judged(GOOD)
    assert accepted.accepts
    assert accepted.proves == (
        "every variable has an allowed value, and every declared constraint holds:"
        ' "one each", "ann before bob" and "apart"'
    )
    assert judged(GOOD, critic=SolvesSystem(seating, proves="a seating")).proves is None


def test_a_violated_constraint_says_what_it_demands_and_what_there_is() -> None:
    found = judged({"ann": 2, "bob": 1, "cid": 3}, critic=SolvesSystem(seating, explains=False))
    before, apart = found.violations
    assert before.message == '"ann before bob" demands ann < bob, which is false.'
    assert (before.code, before.location, before.hint) == ("ann before bob", "ann, bob", "swap them")
    assert (before.expected, before.actual) == ("ann < bob", "ann = 2, bob = 1")
    assert (apart.code, apart.hint) == ("apart", None)


def test_the_first_violation_hints_at_a_nearest_repair() -> None:
    found = judged({"ann": 1, "bob": 1, "cid": 3})
    assert found.violations[0].message == "Two guests share a seat."
    assert found.violations[0].hint == "change bob from 1 to 2"
    missing = judged({"ann": 1, "bob": 2})
    assert [(v.code, v.hint) for v in missing.violations] == [("missing_variable", "let cid be 3")]


def test_values_that_cannot_stay_are_named_with_what_they_contradict() -> None:
    found = judged({"ann": 2})
    (conflict,) = [v for v in found.violations if v.code == "no_completion"]
    assert conflict.message == 'With ann = 2, whatever the other values are, "apart" cannot hold.'
    assert conflict.location == "ann"


def test_a_system_without_solution_is_said_to_be_one() -> None:
    found = judged({"ann": 1, "bob": 2, "cid": 2}, seats=2)
    assert found.violations[-1].code == "no_solution"
    assert found.violations[-1].message == 'There is no assignment for which "apart" holds.'


@pytest.mark.parametrize(
    "candidate",
    [
        None,
        [],
        "VERDICT: ACCEPT",
        True,
        {},
        {"ann": 1, "bob": 2},
        {**GOOD, "dan": 1},
        {**GOOD, "cid": 3.0},
        {**GOOD, "cid": "3"},
        {**GOOD, "cid": None},
        {**GOOD, "cid": [3]},
        {**GOOD, "cid": 10**30},
        {**GOOD, "ann": True},
        {**GOOD, "cid": float("nan")},
        {"Ann": 1, "bob": 2, "cid": 3},
        [["ann", 1], ["bob", 2], ["cid", 3]],
    ],
)
def test_what_is_no_assignment_is_rejected(candidate: Any) -> None:
    assert judged(candidate).verdict is Verdict.REJECT


def test_many_unknown_names_are_not_all_reported() -> None:
    found = judged({**GOOD, **{f"guest {i}": 1 for i in range(10_000)}})
    assert {violation.code for violation in found.violations} == {"unknown_variable"}
    assert len(found.violations) == 20


@given(meant_systems(), ASSIGNMENTS)
@settings(max_examples=15, deadline=None)
def test_verdicts_agree_with_brute_force(meant: Meant, values: dict[str, Any]) -> None:
    critic: SolvesSystem[Any] = SolvesSystem(lambda problem: meant.system, explains=False)
    assert critic.critique(None, values).accepts is (values in meant.solutions())


@given(meant_systems(most=6))
@settings(max_examples=15, deadline=None)
def test_claims_of_unsolvability_agree_with_brute_force(meant: Meant) -> None:
    critic: NoSolutionExists[Any] = NoSolutionExists(lambda problem: meant.system)
    found = critic.critique(None, NO_SOLUTION)
    assert found.verdict is (Verdict.REJECT if meant.solutions() else Verdict.ACCEPT)


@given(st.permutations(range(1, 8)), st.data())
@settings(max_examples=15, deadline=None)
def test_a_damaged_solution_is_rejected_and_a_repair_named(seats: list[int], data: st.DataObject) -> None:
    def build(problem: object) -> ConstraintSystem:
        system = ConstraintSystem()
        guests = [system.integer(f"g{i}", 1, 7) for i in range(7)]
        system.require("one each", all_different(guests))
        return system

    critic: SolvesSystem[Any] = SolvesSystem(build, max_solver_seconds=60)
    solution = {f"g{i}": seat for i, seat in enumerate(seats)}
    one, other = data.draw(st.lists(st.integers(0, 6), min_size=2, max_size=2, unique=True))
    found = critic.critique(None, {**solution, f"g{one}": solution[f"g{other}"]})
    assert critic.critique(None, solution).accepts
    assert found.violations[0].hint is not None
    assert found.violations[0].hint.count("change") == 1


def test_a_claim_that_a_solvable_system_is_not_is_rejected_with_a_solution() -> None:
    found = NoSolutionExists(seating).critique({"seats": 3}, NO_SOLUTION)
    assert [v.code for v in found.violations] == ["solution_exists"]
    assert NoSolutionExists(seating).critique({"seats": 2}, "there is none").verdict is Verdict.REJECT


def test_without_time_a_claim_stays_undecided() -> None:
    critic: NoSolutionExists[Any] = NoSolutionExists(lambda problem: pigeons(12, 11), max_solver_seconds=1e-9)
    assert critic.critique(None, NO_SOLUTION).verdict is Verdict.UNDECIDED


def test_a_conflict_with_too_many_assignments_to_try_rests_on_the_solver_and_says_so() -> None:
    def build(problem: object) -> ConstraintSystem:
        system = ConstraintSystem()
        x, y = system.integer("x", 0, 1000), system.integer("y", 0, 1000)
        system.require("less", x < y)
        system.require("more", x > y)
        return system

    critic: NoSolutionExists[Any] = NoSolutionExists(build)
    assert critic.critique(None, NO_SOLUTION).proves == (
        'there is no assignment for which "less" and "more" hold together (by CP-SAT), and without any one of them'
        " there is one"
    )


def read(text: str) -> Any:
    return NO_SOLUTION if text == "impossible" else modulo.parse_json(text)


@pytest.mark.anyio
@pytest.mark.parametrize("max_seconds", [None, 60])
async def test_a_problem_without_solution_ends_as_unsolvable_with_its_core(max_seconds: float | None) -> None:
    critics = [
        SolvesSystem(seating, max_seconds=max_seconds),
        NoSolutionExists(seating, max_seconds=max_seconds),
    ]
    outcome = await modulo.solve(
        {"seats": 2},
        generator=lambda request: ['{"ann": 1, "bob": 2, "cid": 2}', "impossible"][request.turn],
        reformulator=read,
        critics=critics,
    )
    assert isinstance(outcome, modulo.Unsolvable)
    claim = 'there is no assignment for which "apart" holds (all 4 were tried)'
    assert outcome.certificate.claim.text == claim
    verified = await modulo.verify(outcome.certificate, critics=critics, reformulator=read)
    assert verified.critiques[0].proves == claim
    with pytest.raises(modulo.CertificateError):
        await modulo.verify(outcome.certificate, critics=[SolvesSystem(seating)], reformulator=read)


@pytest.mark.anyio
async def test_a_wrong_claim_is_no_certificate() -> None:
    outcome = await modulo.solve(
        {"seats": 3},
        generator=lambda request: ["impossible", '{"ann": 1, "bob": 2, "cid": 3}'][request.turn],
        reformulator=read,
        critics=[SolvesSystem(seating), NoSolutionExists(seating)],
    )
    assert isinstance(outcome, modulo.Certified)
    assert len(outcome.attempts) == 2


@pytest.mark.parametrize("make", [SolvesSystem, NoSolutionExists])
def test_settings_that_make_no_sense_are_refused(make: Any) -> None:
    for build in (None, ConstraintSystem(), 3):
        with pytest.raises(modulo.ConfigurationError):
            make(build)
    for seconds in (0, -1, True, float("inf"), "2"):
        with pytest.raises(modulo.ConfigurationError, match="max_solver_seconds"):
            make(seating, max_solver_seconds=seconds)


@pytest.mark.parametrize("make", [SolvesSystem, NoSolutionExists])
def test_a_function_that_forgets_to_return_its_system_is_an_error(make: Any) -> None:
    with pytest.raises(TypeError, match="not a ConstraintSystem; does it return it"):
        make(lambda problem: None).critique(None, NO_SOLUTION)


@pytest.mark.anyio
@pytest.mark.parametrize("make", [SolvesSystem, NoSolutionExists])
async def test_without_the_solver_it_fails_before_anything_is_judged(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ortools.sat.python.cp_model", None)
    with pytest.raises(modulo.MissingDependencyError, match="solvers"):
        await make(seating).prepare()
    await SolvesSystem(seating, explains=False).prepare()
