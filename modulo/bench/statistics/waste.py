"""Work that helped nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from modulo.bench.rows import AttemptRow, RunRow

__all__ = ["Waste", "waste_of"]


class Waste(Struct, frozen=True, kw_only=True):
    """Tokens spent on what helped nothing. An attempt is counted once, for the first of these that it is.

    Attributes:
        without_bill: Worst cases of calls that were cancelled or lost before their bill came.
        failed: Attempts whose call or critic failed.
        after_certificate: Attempts of rounds after the first certified answer.
        duplicates: Attempts with an answer that had been judged in the same run before.
        beside: Other attempts of the round that certified: the price of asking for several at once.
        tokens: All of these.
        share: Their share of all tokens; 0 where none were counted.
    """

    without_bill: int
    failed: int
    after_certificate: int
    duplicates: int
    beside: int
    tokens: int
    share: float


def waste_of(rows: Sequence[RunRow]) -> Waste:
    """How many tokens of some runs were wasted, and on what."""
    spent = dict.fromkeys(("failed", "after_certificate", "duplicates", "beside"), 0)
    for row in rows:
        for kind, tokens in _wasted(row):
            spent[kind] += tokens
    without_bill = sum((row.unconfirmed + row.lost).tokens for row in rows)
    wasted = without_bill + sum(spent.values())
    total = sum((row.usage + row.unconfirmed + row.lost).tokens for row in rows)
    return Waste(without_bill=without_bill, **spent, tokens=wasted, share=wasted / total if total else 0.0)


def _wasted(row: RunRow) -> list[tuple[str, int]]:
    last = row.certified_round
    certifying = next((one for one in row.attempts if one.accepted and one.round == last), None)
    is_duplicate = _duplicates(row)
    found = []
    for attempt in row.attempts:
        kind = None
        if attempt.error is not None:
            kind = "failed"
        elif last is not None and attempt.round > last:
            kind = "after_certificate"
        elif attempt is not certifying and is_duplicate(attempt):
            kind = "duplicates"
        elif attempt.round == last and attempt is not certifying:
            kind = "beside"
        if kind is not None:
            found.append((kind, attempt.tokens))
    return found


def _duplicates(row: RunRow) -> Callable[[AttemptRow], bool]:
    """Whether an answer was judged before; an answer that only had a vote was not."""
    first: dict[tuple[str, str], int] = {}
    for attempt in row.attempts:
        if attempt.judged and attempt.candidate is not None:
            first.setdefault((attempt.node, attempt.candidate), attempt.id)

    def is_duplicate(attempt: AttemptRow) -> bool:
        if not attempt.judged or attempt.candidate is None:
            return False
        return first[attempt.node, attempt.candidate] != attempt.id

    return is_duplicate
