"""Bounds, shrinking, cases, documents, and the command."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import anyio
import pytest

from modulo.audit import documents
from modulo.audit.bounds import upper_bound
from modulo.audit.paths import is_same_document
from modulo.audit.shrinking import shrunk
from modulo.cli.app import run
from modulo.domains.graph_coloring import DOMAIN

PROBLEM = {"nodes": ["A", "B"], "edges": [["A", "B"]], "colors": ["red", "blue"]}
PLANTED = "tests.modulo.audit.planted"


@pytest.mark.parametrize(
    ("errors", "n", "bound"),
    # The last ones are of R's binom.test(k, n, alternative = "less").
    [(0, 0, 1.0), (0, 2, 1.0), (0, 10_000, 0.0003), (3, 3, 1.0), (1, 10, 0.3941633), (5, 100, 0.1022534)],
)
def test_the_bound_is_the_rule_of_three_or_exact(errors: int, n: int, bound: float) -> None:
    assert upper_bound(errors, n) == pytest.approx(bound, rel=1e-5)


def test_the_exact_bound_leaves_a_twentieth() -> None:
    for errors, n in ((1, 50), (7, 300), (20, 10_000)):
        rate = upper_bound(errors, n)
        at_most, term = 0.0, (1 - rate) ** n
        for k in range(errors + 1):
            at_most += term
            term *= (n - k) / (k + 1) * rate / (1 - rate)
        assert at_most == pytest.approx(0.05, rel=1e-6)


def test_no_more_errors_than_documents() -> None:
    with pytest.raises(ValueError, match="3 errors in 2"):
        upper_bound(3, 2)


@pytest.mark.parametrize(
    ("document", "kept", "smallest"),
    [
        ("some words and\nmore lines x here", lambda d: isinstance(d, str) and "x" in d, "x"),
        ({"a": [1, 2, {"b": 77}], "c": "long"}, lambda d: isinstance(d, dict) and "a" in d, {"a": []}),
        ([5, 6, 7], lambda d: isinstance(d, list) and 6 in d, [6]),
        ([3.5, True], lambda d: isinstance(d, list) and True in [x for x in d if x is True], [True]),
    ],
)
def test_examples_are_made_as_small_as_the_fault_allows(document: Any, kept: Any, smallest: Any) -> None:
    async def still(smaller: Any) -> bool:
        return bool(kept(smaller))

    assert is_same_document(anyio.run(shrunk, document, still), smallest)


def test_the_same_seed_gives_the_same_documents() -> None:
    first = [repr((d.problem, d.document, d.family)) for d in documents(DOMAIN, 300, 7)]
    assert first == [repr((d.problem, d.document, d.family)) for d in documents(DOMAIN, 300, 7)]
    assert first != [repr((d.problem, d.document, d.family)) for d in documents(DOMAIN, 300, 8)]
    assert len(first) == 300


def test_documents_are_right_or_wrong_as_the_oracle_says() -> None:
    specimens = DOMAIN.specimens()
    for made in islice(documents(DOMAIN, 2000), 500):
        if made.family not in ("huge", "type_confusion"):
            assert specimens.is_right(made.problem, made.document) == (made.expected == "accept")


def write_cases(folder: Path, *rows: tuple[Any, str]) -> str:
    lines = [json.dumps({"problem": PROBLEM, "candidate": c, "expected": e, "id": 1}) for c, e in rows]
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n")
    return str(folder / "cases.jsonl")


def test_cases_are_enough_for_an_audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right, wrong = {"A": "red", "B": "blue"}, {"A": "red", "B": "red"}
    cases = write_cases(tmp_path, (right, "accept"), (wrong, "reject"))
    assert run(["audit", "graph_coloring", "--cases", cases, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["sound"], report["false_accepts"]) == (True, 0)
    assert (
        run(["audit", "graph_coloring", "--cases", write_cases(tmp_path, (right, "reject"), (right, "accept"))])
        == 1
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no_such_domain"], "there is no domain"),
        (["no_such_module:critic"], "cannot be loaded"),
        ([f"{PLANTED}:math"], "neither a hard critic nor a domain"),
        (["modulo.domains.graph_coloring.critic:ProperColoring"], "--specimens module:object"),
        ([f"{PLANTED}:spends_total", "--specimens", f"{PLANTED}:math"], "no modulo.specimens.Specimens"),
        (["graph_coloring", "--cases", "nowhere.jsonl"], "nowhere.jsonl"),
        (["graph_coloring", "--save", "no/such/file"], "no/such/file cannot be written"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["audit", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_faulty_critic_of_a_module_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", f"{PLANTED}:takes_booleans", "--n", "200"]) == 1
    printed = capsys.readouterr().out
    assert "FAULT: accepted, and wrong" in printed
    assert "NOT SOUND" in printed
    assert printed.startswith("family\tdocuments\t")
