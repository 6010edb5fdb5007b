"""Where compute went, and what was wasted."""

from __future__ import annotations

from msgspec.structs import replace

from modulo.bench.rows import AttemptRow
from modulo.bench.statistics import KEYS, compute_by, spent_by, waste_of
from modulo.budget import Usage
from tests.modulo.bench.sample_rows import attempts, row


def parts(rows: list[object], key: object) -> dict[str, tuple[int, int]]:
    return {one.name: (one.attempts, one.tokens) for one in compute_by(rows, key)}  # type: ignore[arg-type]


def test_compute_is_told_apart_by_what_became_of_attempts() -> None:
    assert parts([row(1, "-?!+"), row(2, "--")], "outcome") == {
        "not accepted": (3, 30),
        "accepted": (1, 10),
        "malformed": (1, 10),
        "failed": (1, 0),
    }


def test_compute_is_told_apart_by_model_node_label_and_end_of_the_run() -> None:
    small, large = attempts("-+")
    one = row(1, [replace(small, model="small", label="first"), replace(large, model="large", node="other")])
    rows: list[object] = [one, row(2, "-")]
    assert parts(rows, "model") == {"large": (1, 10), "small": (1, 10), "m": (1, 10)}
    assert parts(rows, "node") == {"guess": (2, 20), "other": (1, 10)}
    assert parts(rows, "label") == {"(none)": (2, 20), "first": (1, 10)}
    assert parts(rows, "stop_reason") == {"certified": (2, 20), "rounds_limit": (1, 10)}


def test_the_parts_add_up_to_all_that_was_spent() -> None:
    one = row(1, "-+")
    one = replace(
        one,
        usage=one.usage + Usage(calls=1, prompt_tokens=7, cost_usd=0.5),
        unconfirmed=Usage(prompt_tokens=4),
        lost=Usage(calls=1, completion_tokens=2, cost_usd=0.25),
    )
    for key in KEYS:
        found = compute_by([one, row(2, "--")], key)
        assert sum(part.tokens for part in found) == spent_by([one, row(2, "--")]).tokens
        assert sum(part.cost_usd for part in found) == 0.75
        assert abs(sum(part.share for part in found) - 1) < 1e-9
    assert parts([one], "node") == {"guess": (2, 20), "(no attempt)": (0, 7), "(no bill)": (0, 6)}


def test_an_answer_that_was_judged_before_is_waste() -> None:
    found = waste_of([row(1, "abab+")])
    assert (found.duplicates, found.tokens, found.share) == (20, 20, 0.4)
    assert waste_of([row(1, "ab"), row(2, "ab")]).tokens == 0


def test_a_vote_is_no_waste() -> None:
    votes = [replace(one, judged=False) for one in attempts("aab")]
    offered = AttemptRow(id=3, round=4, node="guess", candidate="a", accepted=True)
    found = waste_of([row(1, [*votes, offered])])
    assert found.tokens == 0
    assert parts([row(1, votes)], "outcome") == {"not judged": (3, 30)}


def test_what_came_after_a_certificate_or_beside_it_is_waste() -> None:
    assert waste_of([row(1, "-+-+", select="best")]).after_certificate == 20
    beside = [replace(one, round=1) for one in attempts("-+-", chained=False)]
    found = waste_of([row(1, beside)])
    assert (found.beside, found.after_certificate, found.share) == (20, 0, 2 / 3)


def test_calls_without_a_bill_and_failures_are_waste() -> None:
    failed = replace(attempts("!")[0], prompt_tokens=6)
    found = waste_of([row(1, [failed], unconfirmed=Usage(prompt_tokens=4), lost=Usage(prompt_tokens=2))])
    assert (found.failed, found.without_bill, found.tokens, found.share) == (6, 6, 12, 1.0)


def test_nothing_spent_is_nothing_wasted() -> None:
    assert waste_of([]).share == 0
