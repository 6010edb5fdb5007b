"""Comparisons, and what is said of them."""

from __future__ import annotations

import pytest

from modulo.bench.rows import RunRow
from modulo.bench.statistics import ALL, compare, comparisons_of, paired_difference
from modulo.outcome import StopReason
from tests.modulo.bench.sample_rows import row


def refining(*outcomes: str, **changes: object) -> list[RunRow]:
    return [row(n, one, strategy="refine", **changes) for n, one in enumerate(outcomes)]  # type: ignore[arg-type]


def sampling(*outcomes: str, **changes: object) -> list[RunRow]:
    return [
        row(n, one, strategy="samples", chained=False, **changes)  # type: ignore[arg-type]
        for n, one in enumerate(outcomes)
    ]


def test_both_may_spend_what_the_dearest_run_of_the_cheaper_one_did() -> None:
    found = compare(refining("---+", "--"), sampling("-+", "-+"))
    assert found is not None
    assert (found.by, found.budget) == ("tokens", 20)
    assert (found.first.certified, found.second.certified) == (0, 2)
    assert (found.only_first, found.only_second, found.runs, found.problems) == (0, 2, 2, 2)
    assert found.difference.value == -1


def test_another_budget_can_be_asked_about() -> None:
    found = compare(refining("---+", "--"), sampling("-+", "-+"), by="calls", budget=4)
    assert found is not None
    assert (found.first.certified, found.second.certified) == (1, 2)


def test_where_no_tokens_are_counted_calls_are() -> None:
    found = compare(refining("-+", tokens=1), [row(0, "!", strategy="fails")])
    assert found is not None
    assert (found.by, found.budget) == ("calls", 1)


def test_with_nothing_spent_there_is_nothing_to_compare() -> None:
    assert compare(refining("+"), [row(0, "", strategy="refused")]) is None


def test_only_runs_that_both_have_made_are_compared() -> None:
    found = compare(refining("+", "+", "+"), sampling("+", "-"))
    assert found is not None
    assert (found.runs, found.first.certified, found.second.certified) == (2, 2, 1)
    assert compare(refining("+"), []) is None
    assert compare(refining("+"), [row(9, "+", strategy="samples")]) is None


def test_a_clear_loss_of_backprompting_is_said() -> None:
    found = compare(refining(*["--"] * 8), sampling(*["-+"] * 8))
    assert found is not None
    assert found.p_value == 2 / 256
    assert found.significant
    assert found.words == (
        "At up to 20 tokens a run, refine certified 0 and samples 8 of 8 runs. "
        "samples is better (-100.0 points, 95 % interval -100.0 to -54.1, p = 0.0078). "
        "Backprompting lost against resampling here."
    )


def test_a_clear_win_of_backprompting_is_said() -> None:
    found = compare(sampling(*["--"] * 8), refining(*["-+"] * 8))
    assert found is not None
    assert "refine is better" in found.words
    assert found.words.endswith("Backprompting did better than resampling here.")


def test_what_may_be_chance_is_called_that() -> None:
    found = compare(refining("-+", "-+", "-+", "-+"), sampling("--", "--", "--", "-+"))
    assert found is not None
    assert not found.significant
    assert "is not significant" in found.words
    assert found.words.endswith("backprompting has not been shown to be better than resampling here.")


def test_repeats_of_one_problem_prove_nothing_of_others() -> None:
    first = [row(1, "-+", repeat=r) for r in range(50)]
    second = [row(1, "--", strategy="samples", chained=False, repeat=r) for r in range(50)]
    found = compare(first, second)
    assert found is not None
    assert (found.p_value, found.significant) == (1.0, False)


def test_runs_that_might_have_gone_on_are_named() -> None:
    short = [row(n, "-", strategy="samples", chained=False, stop_reason=StopReason.STUCK) for n in (1, 2)]
    long = row(0, "--+", strategy="samples", chained=False)
    found = compare(refining("--+", "--+", "--+"), [long, *short])
    assert found is not None
    assert dict(found.second.ended_early) == {"stuck": 2}
    assert found.words.endswith(
        "Of samples, 2 runs ended without a certificate before spending that (stuck 2); "
        "with other settings it might do better."
    )


def test_a_limit_ends_a_run_early_where_the_worst_case_of_the_next_call_does_not_fit() -> None:
    limited = [row(0, "--", strategy="samples", stop_reason=StopReason.TOKENS_LIMIT), row(1, "--+")]
    found = compare(refining("--+", "--+"), limited)
    assert found is not None
    assert dict(found.second.ended_early) == {"tokens_limit": 1}
    assert "(tokens_limit 1); with other settings it might do better" in found.words


def test_a_run_that_spent_all_that_is_compared_did_not_end_early() -> None:
    limited = [row(0, "---", strategy="samples", stop_reason=StopReason.TOKENS_LIMIT), row(1, "--+")]
    found = compare(refining("--+", "--+"), limited)
    assert found is not None
    assert dict(found.second.ended_early) == {}


def test_every_two_strategies_of_a_model_on_a_set_are_compared() -> None:
    rows = [row(1, "+", set=s, model=m, strategy=t) for s in "ab" for m in "xy" for t in ("p", "q", "r")]
    found = comparisons_of(rows)
    assert len(found) == 3 + 12
    pairs = [(one.first.strategy, one.second.strategy) for one in found]
    assert pairs == [("p", "q"), ("p", "r"), ("q", "r")] * 5
    assert [one.set for one in found] == [*[ALL] * 3, *"aaaaaabbbbbb"]
    assert [one.model for one in found] == [*[ALL] * 3, *"xxxyyyxxxyyy"]


def on_two_sets_with_two_models(first: str, second: str, problems: int) -> list[RunRow]:
    return [
        row(n, answers, set=name, model=model, strategy=strategy)
        for name in ("a", "b")
        for model in ("x", "y")
        for n in range(problems)
        for strategy, answers in (("p", first), ("q", second))
    ]


def test_what_no_set_shows_by_itself_all_of_them_may_show_together() -> None:
    together, *single = comparisons_of(on_two_sets_with_two_models("-+", "--", problems=5))
    assert [one.significant for one in single] == [False] * 4
    assert together.significant
    assert (together.runs, together.problems) == (20, 10)
    assert (together.first.certified, together.only_first, together.only_second) == (20, 20, 0)
    assert (together.budget, together.by) == (None, "tokens")
    assert together.p_value == pytest.approx(2 / 2**10)
    assert together.words.startswith(
        "On all sets with all models, each at equal cost as when compared by itself, "
    )


def test_two_models_on_one_problem_are_no_two_problems() -> None:
    together, *_ = comparisons_of(on_two_sets_with_two_models("-+", "--", problems=2))
    assert (together.runs, together.problems) == (8, 4)
    assert together.p_value == 2 / 2**4


def test_only_where_both_were_tried_are_they_compared() -> None:
    rows = [
        row(1, "+", set="a", strategy="p"),
        row(1, "+", set="a", strategy="q"),
        row(1, "+", set="b", strategy="p"),
    ]
    (one,) = comparisons_of(rows)
    assert (one.set, one.runs) == ("a", 1)


def test_where_no_result_could_be_significant_that_is_said() -> None:
    five, six = (compare(refining(*["-+"] * n), sampling(*["--"] * n)) for n in (5, 6))
    assert five is not None
    assert (five.p_value, five.least_p_value) == (2 / 32, 2 / 32)
    assert "which is better cannot be said from 5 problems, whatever comes of them." in five.words
    assert six is not None
    assert "refine is better" in six.words


def test_repeats_count_as_the_share_of_their_problem() -> None:
    first = [row(n, "-+", repeat=r) for n in range(4) for r in range(10)]
    second = [row(n, "-+" if r else "--", strategy="b", repeat=r) for n in range(4) for r in range(10)]
    found = compare(first, second)
    assert found is not None
    assert found.difference == paired_difference([(1.0, 0.9)] * 4)


def test_who_is_better_is_who_the_test_finds_better_where_some_problems_have_more_runs() -> None:
    first = [row(n, "-+", strategy="p") for n in range(8)]
    second = [row(n, "--", strategy="q") for n in range(8)]
    first += [row(9, "--", strategy="p", repeat=r) for r in range(30)]
    second += [row(9, "-+", strategy="q", repeat=r) for r in range(30)]
    found = compare(first, second)
    assert found is not None
    assert (found.first.certified, found.second.certified) == (8, 30)
    assert found.difference.value == pytest.approx(7 / 9)
    # As many choices of signs as leave one problem, or none, to the other side.
    assert found.p_value == 2 * (1 + 9) / 2**9
    assert "p is better, where each problem counts alike (+77.8 points" in found.words


def test_what_is_counted_in_tokens_and_in_calls_is_not_added_up() -> None:
    rows = on_two_sets_with_two_models("-+", "--", problems=2)
    silent = [row(n, a, set="c", strategy=s, tokens=1) for n in range(2) for s, a in (("p", "-+"), ("q", "!"))]
    together, *single = comparisons_of([*rows, *silent])
    assert {one.by for one in single} == {"tokens", "calls"}
    assert together.by is None
    assert (together.first.spent, together.second.spent) == (None, None)


@pytest.mark.parametrize("backprompts", [True, False])
def test_two_of_a_kind_are_not_told_apart_by_backprompting(backprompts: bool) -> None:
    made = refining if backprompts else sampling
    found = compare(made("-+", "--"), [row(0, "--", strategy="x", chained=backprompts)])
    assert found is not None
    assert "ackprompting" not in found.words
