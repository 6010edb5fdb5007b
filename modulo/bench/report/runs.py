"""Each run with its attempts and critiques, as its trace tells. What is too large is left out, and said to be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from modulo.bench.folder import StudyFolder
from modulo.bench.histories import AttemptHistory, RunHistory, read_history
from modulo.bench.report.html import Child, Html, element, joined
from modulo.bench.report.numbers import amount, short
from modulo.bench.rows import RunRow
from modulo.critique import Critique, Violation
from modulo.errors import TraceError
from modulo.outcome import StopReason

__all__ = ["MOST_CHARACTERS", "runs_section"]

MOST_CHARACTERS: Final = 12_000_000
"""What all runs together may take of the page."""
_MOST_OF_A_TEXT: Final = 3_000
_MOST_ATTEMPTS: Final = 40
_MOST_VIOLATIONS: Final = 12


def runs_section(folder: StudyFolder, rows: Sequence[RunRow], *, most: int = MOST_CHARACTERS) -> Html:
    """A list of all runs by problem, each to be opened.

    Args:
        folder: The folder of the study.
        rows: The runs.
        most: How many characters they may take; later runs are named only.
    """
    remaining = most
    problems = []
    by_problem = sorted(rows, key=lambda row: (row.set, _natural(row.problem)))
    for (of_set, problem), group in groupby(by_problem, key=lambda row: (row.set, row.problem)):
        runs = list(group)
        items = []
        for row in sorted(runs, key=lambda row: (row.model, row.strategy, row.repeat)):
            item = _run(folder, row) if remaining > 0 else _named_only(folder, row)
            remaining -= len(item.markup)
            items.append(item)
        problems.append(_problem(of_set, problem, runs, items))
    note = "Some runs at the end are named only: the page would be too large." if remaining <= 0 else None
    return joined(element("p", note) if note else None, *problems)


def _natural(name: str) -> tuple[str, int]:
    """Seed 2 before seed 10."""
    digits = name[len(name.rstrip("0123456789")) :][-18:]
    return name[: len(name) - len(digits)], int(digits) if digits.isascii() and digits else 0


def _problem(of_set: str, problem: str, runs: Sequence[RunRow], items: Sequence[Html]) -> Html:
    certified = sum(row.certified for row in runs)
    title = element(
        "summary", f"{of_set}: {problem}", element("small", f" {certified} of {len(runs)} certified")
    )
    return element("details", title, *items, class_="problem")


def _run(folder: StudyFolder, row: RunRow) -> Html:
    try:
        history = read_history(folder.trace(row.run))
    except TraceError as error:
        return element(
            "details", _title(row), element("p", f"Nothing can be told of it: {error}"), class_="run"
        )
    return element("details", _title(row), *_told(row, history), class_="run")


def _named_only(folder: StudyFolder, row: RunRow) -> Html:
    return element("p", _chip(row), f" {_name(row)}: see {folder.trace(row.run).name}", class_="run")


def _title(row: RunRow) -> Html:
    spent = [f"{short(row.rounds)} rounds", f"{short(row.usage.tokens)} tokens"]
    spent += [amount(row.usage.cost_usd, "cost_usd")] if row.usage.cost_usd else []
    return element("summary", _chip(row), f" {_name(row)} ", element("small", ", ".join(spent)))


def _name(row: RunRow) -> str:
    repeat = f", repeat {row.repeat + 1}" if row.repeat else ""
    return f"{row.strategy} with {row.model}{repeat}"


def _chip(row: RunRow) -> Html:
    words = "certified" if row.certified else row.stop_reason.value.replace("_", " ")
    return element("span", words, class_="chip accept" if row.certified else "chip")


def _told(row: RunRow, history: RunHistory) -> Iterator[Html]:
    if row.claim:
        yield element("p", f"Certified: {row.claim} ({row.soundness}).")
    yield from _ending(row)
    yield _folded("The problem", _readable(history.problem))
    attempts = list(history.attempts.values())
    for attempt in attempts[:_MOST_ATTEMPTS]:
        yield _attempt(attempt, is_answer=attempt.id == history.certified)
    if len(attempts) > _MOST_ATTEMPTS:
        left = len(attempts) - _MOST_ATTEMPTS
        yield element("p", f"{left} more attempts are left out; they are in the trace.")


def _ending(row: RunRow) -> Iterator[Html]:
    """Why it stopped, where that does not go without saying."""
    if row.stop_reason is StopReason.GIVEN_UP:
        yield element("p", f"It was given up: {(row.error or 'no reason was given')[:_MOST_OF_A_TEXT]}.")
    elif row.error:
        yield element("p", f"It ended with an error: {row.error[:_MOST_OF_A_TEXT]}")
    elif row.shared_by > 1 and row.stop_reason.value.endswith("_limit"):
        yield element(
            "p",
            f"The budget that it shared with {row.shared_by - 1} other runs had no room for another round; "
            f"it had {short(row.rounds)} of them before.",
        )


def _attempt(attempt: AttemptHistory, *, is_answer: bool) -> Html:
    where = f"Attempt {attempt.id}, round {attempt.round}"
    where += "" if attempt.parent is None else f", after attempt {attempt.parent}"
    details = [part for part in (attempt.label, attempt.model) if part]
    chip = element("span", attempt.verdict, class_=f"chip {attempt.verdict}")
    answer = element("strong", " the certified answer") if is_answer else None
    return element(
        "section",
        element("h3", where, " ", chip, answer, element("small", f" {' · '.join(details)}")),
        *_course(attempt),
        class_="attempt",
    )


def _course(attempt: AttemptHistory) -> Iterator[Child]:
    if attempt.offers is not None:
        yield element("p", f"The answer of attempt {attempt.offers}, offered to the critics.")
    elif attempt.messages:
        last = attempt.messages[-1]
        earlier = len(attempt.messages) - 1
        words = f"The prompt ({last.role}{f', after {earlier} earlier messages' if earlier else ''})"
        yield _folded(words, last.content)
    if attempt.text is not None:
        yield _text(attempt.text)
    if attempt.error:
        yield element("p", f"Error: {attempt.error[:_MOST_OF_A_TEXT]}")
    if attempt.critiques:
        yield element("ul", *map(_critique, attempt.critiques), class_="critiques")


def _critique(critique: Critique) -> Html:
    shown = critique.violations[:_MOST_VIOLATIONS]
    left = len(critique.violations) - len(shown)
    reason = f": {critique.reason[:_MOST_OF_A_TEXT]}" if critique.reason else ""
    return element(
        "li",
        element("b", critique.critic),
        f" {critique.verdict}{reason}",
        element("ul", *map(_violation, shown), element("li", f"and {left} more") if left else None)
        if shown
        else None,
    )


def _violation(violation: Violation) -> Html:
    where = f"{violation.location}: " if violation.location else ""
    hint = element("small", f" Hint: {violation.hint[:_MOST_OF_A_TEXT]}") if violation.hint else None
    return element(
        "li", element("code", violation.code), f" {where}{violation.message}"[:_MOST_OF_A_TEXT], hint
    )


def _folded(words: str, text: str) -> Html:
    return element("details", element("summary", words), _text(text), class_="text")


def _text(text: str) -> Html:
    left = len(text) - _MOST_OF_A_TEXT
    shown = element("pre", text[:_MOST_OF_A_TEXT], tabindex=0)
    return (
        joined(shown, element("p", f"{left:,} more characters are left out.", class_="left"))
        if left > 0
        else shown
    )


def _readable(problem: object) -> str:
    """A problem as JSON, except that long texts in it stand as texts."""
    if not isinstance(problem, dict):
        return json.dumps(problem, ensure_ascii=False, indent=1)
    return "\n".join(
        f"{name}:\n{value.strip()}\n"
        if isinstance(value, str) and "\n" in value
        else f"{name}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in problem.items()
    )
