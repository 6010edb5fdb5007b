"""Statistics of runs, against numbers worked out by hand."""

from __future__ import annotations

import json
import random

import pytest

from modulo.bench.rows import AttemptRow, RunRow
from modulo.bench.statistics import (
    CoveragePoint,
    Estimate,
    Group,
    certified_share,
    cost_per_certified,
    coverage,
    groups_of,
    pass_at,
    spent_by,
    spent_until_certified,
    statistics_document,
    stop_reasons,
    summaries_of,
    value_of_rounds,
    violations_by_round,
    wilson,
)
from modulo.budget import Usage
from tests.modulo.bench.sample_rows import row

ROWS = (row(1, "+"), row(2, "--+"), row(3, "---"), row(4, "?-+"))
"""Certified in rounds 1, 3 and 3 of 3; ten tokens a round."""


def steps(points: tuple[CoveragePoint, ...]) -> list[tuple[float, int]]:
    return [(point.within, point.certified) for point in points]


def test_coverage_has_a_step_at_each_amount_that_certified_something() -> None:
    assert steps(coverage(ROWS, "rounds")) == [(1, 1), (3, 3)]
    assert steps(coverage(ROWS, "calls")) == [(1, 1), (3, 3)]
    assert steps(coverage(ROWS, "tokens")) == [(10, 1), (30, 3)]
    assert steps(coverage(ROWS, "seconds")) == [(1, 1), (3, 3)]
    first, last = coverage(ROWS, "rounds")
    assert (first.share, last.share) == (0.25, 0.75)
    assert (last.low, last.high) == (wilson(3, 4).low, wilson(3, 4).high)


def test_without_prices_there_is_no_coverage_by_dollars() -> None:
    assert coverage(ROWS, "cost_usd") == ()
    assert coverage([row(1, "--")], "tokens") == ()


def test_all_spending_counts_until_a_certificate_that_of_lost_calls_included() -> None:
    one = row(1, "-+", unconfirmed=Usage(prompt_tokens=5), lost=Usage(calls=1, completion_tokens=3))
    spent = spent_until_certified(one)
    assert spent is not None
    assert (spent.tokens, spent.calls, spent.rounds) == (28, 3, 2)
    assert spent_by([one]) == spent


def test_a_run_that_went_on_was_certified_at_its_first_certificate() -> None:
    one = row(1, "-+-+", select="best")
    spent = spent_until_certified(one)
    assert spent is not None
    assert (spent.tokens, spent.calls, spent.rounds, spent.seconds) == (20, 2, 2, 4.0)
    assert spent_by([one]).tokens == 40


def test_a_run_without_certificate_never_was() -> None:
    assert spent_until_certified(row(1, "--")) is None
    assert spent_until_certified(row(1, "+", certified=False)) is None


def test_cost_per_certified_answer_is_all_spending_over_certified_answers() -> None:
    found = cost_per_certified(ROWS, "tokens", seed=1)
    assert found.value == (10 + 30 + 30 + 30) / 3
    assert found == cost_per_certified(ROWS, "tokens", seed=1)
    assert cost_per_certified(ROWS, "calls").value == 10 / 3
    assert cost_per_certified([row(1, "---")], "calls").value is None


def test_repeats_of_a_problem_do_not_narrow_the_interval() -> None:
    repeated = [row(n, "+" if n < 3 else "-", repeat=r) for n in range(6) for r in range(10)]
    assert certified_share(repeated) == wilson(3, 6)


def test_the_interval_of_a_cost_is_over_problems_and_not_over_repeats() -> None:
    once = [row(n, "+" if n < 3 else "-") for n in range(6)]
    repeated = [row(n, "+" if n < 3 else "-", repeat=r) for n in range(6) for r in range(10)]
    assert cost_per_certified(once, "tokens") == cost_per_certified(repeated, "tokens")


def test_the_value_of_a_round_is_over_those_that_came_to_it() -> None:
    first, second, third = value_of_rounds([*ROWS, row(5, "-")])
    assert (first.at_risk, first.certified, first.hazard) == (5, 1, wilson(1, 5))
    assert (second.at_risk, second.certified) == (3, 0)
    assert (third.at_risk, third.certified, third.hazard) == (3, 2, wilson(2, 3))
    assert (first.tokens, third.tokens) == (10, 10)
    assert value_of_rounds([]) == ()


def test_rounds_after_a_certificate_are_not_at_risk() -> None:
    assert [one.at_risk for one in value_of_rounds([row(1, "-++", select="best")])] == [1, 1]


def test_violations_stand_by_round_and_frequency() -> None:
    odd = AttemptRow(id=0, round=2, violations={"odd": 2, "wrong": 1})
    found = violations_by_round([*ROWS, row(5, [odd])])
    assert [(one.code, one.by_round) for one in found] == [("wrong", (3, 4, 1)), ("odd", (0, 2, 0))]


def test_stop_reasons_are_counted() -> None:
    assert dict(stop_reasons(ROWS)) == {"certified": 3, "rounds_limit": 1}


def test_pass_at_k_of_repeated_runs() -> None:
    rows = [row(1, "+", repeat=0), row(1, "-", repeat=1), row(2, "-", repeat=0), row(2, "-", repeat=1)]
    found = pass_at(rows)
    assert found is not None
    assert (found.of, dict(found.values)) == ("runs", {1: 0.25, 2: 0.5})


def test_pass_at_k_of_samples_that_were_all_judged() -> None:
    rows = [
        row(1, "+--", chained=False, select="best"),
        row(2, "-++", chained=False, select="best"),
        row(3, "---", chained=False, select="best"),
    ]
    found = pass_at(rows)
    assert found is not None
    assert found.of == "samples"
    assert dict(found.values) == pytest.approx({1: 1 / 3, 2: (2 / 3 + 1) / 3, 3: 2 / 3})


def test_a_call_that_failed_is_no_sample() -> None:
    rows = [row(1, "+!-", chained=False, select="best"), row(2, "-+-", chained=False, select="best")]
    found = pass_at(rows)
    assert found is not None
    assert dict(found.values) == pytest.approx({1: (1 / 2 + 1 / 3) / 2, 2: (1 + 2 / 3) / 2})


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(1, "--+"), row(2, "---")],  # each goes on from the one before
        [row(1, "--+", chained=False), row(2, "---", chained=False)],  # stops at success
        [row(1, "-+-", chained=False, select="best"), row(2, "--", chained=False, select="best")],  # cut off
        [row(1, "!!", chained=False, select="best")],  # no sample at all
    ],
)
def test_pass_at_k_is_not_said_where_nothing_independent_was_drawn(rows: list[RunRow]) -> None:
    assert pass_at(rows) is None


def test_groups_stand_in_the_order_of_the_rows() -> None:
    rows = [row(1, "+", strategy="b"), row(1, "-", strategy="a"), row(2, "+", strategy="b")]
    assert list(groups_of(rows)) == [
        Group(set="s", model="m", strategy="b"),
        Group(set="s", model="m", strategy="a"),
    ]
    first, second = summaries_of(rows)
    assert (first.runs, first.problems, first.certified) == (2, 2, 2)
    assert (second.runs, second.accuracy) == (1, wilson(0, 1))


def test_the_order_of_problems_changes_no_number() -> None:
    rows = [row(n, "-" * (n % 4) + "+-"[n % 3 == 0], tokens=10 + n) for n in range(20)]
    shuffled = random.Random(0).sample(rows, len(rows))
    for one, other in zip(summaries_of(rows), summaries_of(shuffled), strict=True):
        assert (one.coverage, one.rounds, one.accuracy) == (other.coverage, other.rounds, other.accuracy)
        assert one.per_certified == other.per_certified


def test_the_document_is_json_and_the_same_for_the_same_seed() -> None:
    rows = [row(n, "-+", strategy=s, repeat=r) for n in range(3) for s in ("a", "b") for r in range(2)]
    text = json.dumps(statistics_document(rows, seed=1), allow_nan=False)
    assert text == json.dumps(statistics_document(rows, seed=1), allow_nan=False)
    document = json.loads(text)
    assert [one["group"]["strategy"] for one in document["groups"]] == ["a", "b"]
    assert document["groups"][0]["pass_at"] == {"of": "runs", "values": {"1": 1.0, "2": 1.0}}
    assert len(document["comparisons"]) == 1


def test_no_rows_have_no_groups() -> None:
    assert json.dumps(statistics_document([])) == '{"groups": [], "comparisons": []}'
    assert certified_share([]) == Estimate(value=None, low=0.0, high=1.0)
