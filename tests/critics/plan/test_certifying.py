"""The validator at work: in graphs, certificates and batches, and against damaged plans."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo.batch import check_lines
from modulo.canonical import codec_for
from modulo.critics.plan import PddlProblem, PlanCostBound, PlanLengthBound, PlanValidator, WellFormedPlan
from modulo.critics.plan.loading import load
from modulo.critics.plan.plan_text import read_plan, step_text
from modulo.errors import ProblemError
from modulo.testing import ScriptedGenerator
from tests.critics.plan.judging import codes, domain, problem
from tests.critics.plan.test_classical import BLOCKS, TWO_BLOCKS

PROBLEM = PddlProblem(BLOCKS, TWO_BLOCKS)
CRITICS = [PlanValidator(), PlanLengthBound(2), PlanCostBound(2), WellFormedPlan()]


@pytest.mark.anyio
async def test_a_plan_is_certified_once_it_is_right_and_its_certificate_holds() -> None:
    generator = ScriptedGenerator(["I cannot.", "(stack a b)", "(pick-up a)\n(stack a b)"])
    outcome = await modulo.solve(PROBLEM, generator=generator, critics=CRITICS)
    assert isinstance(outcome, modulo.Certified)
    assert outcome.solution == "(pick-up a)\n(stack a b)"
    assert outcome.certificate.critics[0].options["epsilon"] == "0.001"
    await modulo.verify(outcome.certificate, critics=CRITICS)


@pytest.mark.anyio
async def test_a_certificate_of_another_plan_does_not_hold() -> None:
    generator = ScriptedGenerator(["(pick-up a)\n(stack a b)"])
    outcome = await modulo.solve(PROBLEM, generator=generator, critics=[PlanValidator()])
    assert isinstance(outcome, modulo.Certified)
    forged = outcome.certificate.to_bytes().replace(b"(stack a b)", b"(stack b a)")
    with pytest.raises(modulo.CertificateError):
        await modulo.verify(forged, critics=[PlanValidator()])


def test_a_problem_survives_json_and_is_read_when_it_is_made() -> None:
    codec = codec_for(PddlProblem)
    assert codec.decode(codec.encode(PROBLEM)) == PROBLEM
    assert json.loads(codec.encode(PROBLEM)) == {"domain_pddl": BLOCKS, "problem_pddl": TWO_BLOCKS}
    with pytest.raises(ProblemError, match="line 1, column 1"):
        codec.decode(b'{"domain_pddl":"(define","problem_pddl":""}')
    with pytest.raises(ProblemError, match="two texts"):
        PddlProblem(None, "")  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_a_batch_tells_errors_from_rejections() -> None:
    preferring = domain("(:requirements :preferences) (:predicates (p))")
    rows = [
        {"domain_pddl": BLOCKS, "problem_pddl": TWO_BLOCKS},
        {"domain_pddl": preferring, "problem_pddl": problem()},
        {"domain_pddl": BLOCKS, "problem_pddl": problem("(on a c)", "(on a b)", "a b")},
        {"domain_pddl": BLOCKS},
    ]
    lines = [
        json.dumps({"id": at, "domain": "pddl", "problem": row, "candidate": "(pick-up a)(stack a b)"}).encode()
        for at, row in enumerate(rows)
    ]
    answers = [row.document async for row in check_lines(lines)]
    assert [answer["verdict"] for answer in answers] == ["accept", "error", "error", "error"]
    assert "unsupported requirement: :preferences" in answers[1]["error"]
    assert "problem, line 1, column" in answers[2]["error"]


def test_problems_are_read_once_while_there_is_room() -> None:
    assert load(BLOCKS, TWO_BLOCKS) is load(str(BLOCKS), TWO_BLOCKS)
    first = load(BLOCKS, TWO_BLOCKS)
    for number in range(4):
        load(BLOCKS, TWO_BLOCKS + f";{number}" + " " * 700_000)
    assert load(BLOCKS, TWO_BLOCKS) is not first


def test_judging_leaves_the_problem_as_it_is() -> None:
    verdicts = [PlanValidator().critique(PROBLEM, "(pick-up a)(stack a b)").verdict for _ in range(3)]
    assert verdicts == ["accept"] * 3


TOWER = problem(
    "(handempty) (ontable a) (on b a) (clear b) (ontable c) (on d c) (clear d)",
    "(and (on a b) (on b c) (on c d))",
    "a b c d",
)
BUILT = (
    "(unstack b a) (put-down b) (unstack d c) (put-down d) (pick-up c) (stack c d) (pick-up b) (stack b c) "
    "(pick-up a) (stack a b)"
)


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_a_damaged_plan_is_rejected(seed: int) -> None:
    rnd = random.Random(seed)
    calls = [step_text(step) for step in read_plan(BUILT)]
    at = rnd.randrange(len(calls))
    damages = [
        calls[:at] + calls[at + 1 :],
        [*calls[:at], calls[at], *calls[at:]],
        [*calls[:at], calls[at].replace("(", "(x", 1), *calls[at + 1 :]],
        [*calls[:at], calls[at].replace(")", " a)"), *calls[at + 1 :]],
        [*calls[:at], calls[at].replace(")", ""), *calls[at + 1 :]],
        [*calls, "Done."],
        [*calls, "(unstack a b)"],
    ]
    assert codes(BLOCKS, TOWER, "\n".join(calls)) == []
    assert codes(BLOCKS, TOWER, "\n".join(rnd.choice(damages)))


def test_recorded_plans_that_are_valid_stop_being_so_without_a_step(shared_data: Path) -> None:
    """Every step of these plans is needed, or the oracle was asked: those that may be left out are counted."""
    with gzip.open(shared_data / "planbench_plans.jsonl.gz") as lines:
        rows = [row for row in map(json.loads, lines) if row["expected"] == "accept"]
    validator, still_valid = PlanValidator(), 0
    for row in rows[:60]:
        asked, steps = PddlProblem(**row["problem"]), read_plan(row["candidate"])
        for at in range(len(steps)):
            rest = "\n".join(step_text(step) for step in steps[:at] + steps[at + 1 :])
            still_valid += validator.critique(asked, rest).accepts
    assert still_valid < 20


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_around_a_plan_makes_it_no_plan_or_a_longer_one(text: str) -> None:
    found = codes(BLOCKS, TWO_BLOCKS, f"(pick-up a)(stack a b)\n{text}")
    is_blank = not text.strip(" \t\n") or text.lstrip(" \t\n").startswith(";")
    assert found or is_blank
