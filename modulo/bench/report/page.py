"""The page: one file without scripts and without anything from elsewhere, which a policy in it forbids as well."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files

from modulo.bench.folder import StudyFolder
from modulo.bench.report.comparisons import comparisons_section
from modulo.bench.report.coverage import coverage_section
from modulo.bench.report.front import front_section
from modulo.bench.report.html import Html, element, joined
from modulo.bench.report.numbers import percent
from modulo.bench.report.overview import overview_section, passing_section
from modulo.bench.report.rounds import rounds_section
from modulo.bench.report.runs import runs_section
from modulo.bench.report.violations import violations_section
from modulo.bench.rows import RunRow
from modulo.bench.statistics import Summary, comparisons_of, spent_by, summaries_of
from modulo.bench.study import Study
from modulo.errors import ConfigurationError
from modulo.version import __version__

__all__ = ["page_of"]

_EXPLAINED = {
    "overview": "Intervals are Wilson's for shares and bootstraps over problems for costs. Costs count all spending, "
    "that of runs without a certificate included.",
    "coverage": "Which share of the runs was certified when each may spend at most so much. Bands, where few curves "
    "are drawn, are 95 % intervals.",
    "front": "Up is more certified answers, left is cheaper. The dashed line joins what nothing beats in both.",
    "rounds": "How many runs each round certified; the last bar is of runs that ended without a certificate.",
    "violations": "How often critics named a violation, for each attempt that they judged in a round.",
    "comparisons": "Two strategies with the same model on the same problems, at equal cost.",
    "runs": "What models were asked, what they answered, and what critics said. Long texts are cut.",
}


def page_of(folder: StudyFolder) -> bytes:
    """The page about a study.

    Raises:
        ConfigurationError: The folder holds no study, or cannot be read.
    """
    study, rows = folder.study(), folder.rows()
    style = files("modulo.bench.report").joinpath("style.css").read_text(encoding="utf-8")
    sections = (
        _sections(folder, study, rows) if rows else [("runs", "Runs", element("p", "No run is finished."))]
    )
    title = f"{study.name}: report"
    body = joined(
        element("a", "To the results", href="#main", class_="skip"),
        element(
            "header", element("h1", study.name), _head(rows), _missing(folder, study, rows), _contents(sections)
        ),
        element("main", *(_section(*one) for one in sections), id="main"),
        element("footer", element("p", f"Written by Modulo {__version__}.")),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        Html(f"<style>{style}</style>"),
    )
    page = element("html", head, element("body", body), lang="en")
    return f"<!doctype html>\n{page.markup}\n".encode()


def _policy(style: str) -> str:
    """Nothing may be loaded or run; only this style sheet is applied."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _sections(folder: StudyFolder, study: Study, rows: Sequence[RunRow]) -> list[tuple[str, str, Html]]:
    summaries = _in_order(summaries_of(rows, seed=study.seed), study)
    passing = passing_section(summaries)
    return [
        ("overview", "Results", joined(overview_section(summaries), passing)),
        ("coverage", "Coverage", coverage_section(summaries)),
        ("front", "Cost and accuracy", front_section(summaries)),
        ("comparisons", "Comparisons", comparisons_section(comparisons_of(rows))),
        ("rounds", "Rounds", rounds_section(summaries)),
        ("violations", "Violations", violations_section(rows)),
        ("runs", "Runs", runs_section(folder, rows)),
        ("study", "The study", element("pre", _study_text(study), tabindex=0)),
    ]


def _in_order(summaries: Sequence[Summary], study: Study) -> list[Summary]:
    """Summaries as the study lists them; runs end in any order."""
    sets = [one.title for one in study.problems]
    models, strategies = list(study.models), list(study.strategies)

    def place(one: Summary) -> tuple[int, ...]:
        group = one.group
        return sets.index(group.set), models.index(group.model), strategies.index(group.strategy)

    try:
        return sorted(summaries, key=place)
    except ValueError as error:
        raise ConfigurationError(
            f"there are runs that are none of the study {study.name!r}: {error}"
        ) from error


def _section(name: str, title: str, content: Html) -> Html:
    explained = element("p", _EXPLAINED[name], class_="explained") if name in _EXPLAINED else None
    return element("section", element("h2", title, id=name), explained, content, class_=f"of-{name}")


def _contents(sections: Sequence[tuple[str, str, Html]]) -> Html:
    links = (element("li", element("a", title, href=f"#{name}")) for name, title, _ in sections)
    return element("nav", element("ul", *links), aria_label="Contents")


def _head(rows: Sequence[RunRow]) -> Html:
    spent, certified = spent_by(rows), sum(row.certified for row in rows)
    figures = (
        (f"{len(rows):,}", "runs"),
        (f"{len({(row.set, row.problem) for row in rows}):,}", "problems"),
        (percent(certified / len(rows) if rows else None), "certified"),
        (f"{spent.calls:,}", "calls"),
        (f"{spent.tokens:,}", "tokens"),
        *(((f"${spent.cost_usd:,.2f}", f"spent{_without_price(rows)}"),) if spent.cost_usd else ()),
    )
    return element(
        "dl", *(element("div", element("dt", name), element("dd", value)) for value, name in figures)
    )


def _without_price(rows: Sequence[RunRow]) -> str:
    names = sorted({name for row in rows for name in row.unpriced})
    return f", not counting {', '.join(names)}" if names else ""


def _missing(folder: StudyFolder, study: Study, rows: Sequence[RunRow]) -> Html | None:
    """How many runs are still to be made; None if none is."""
    expected = len(folder.problems()) * len(study.pairs) * study.repeats
    if len(rows) >= expected:
        return None
    return element("p", f"{len(rows):,} of {expected:,} runs are finished; the numbers are of those.")


def _study_text(study: Study) -> str:
    return json.dumps(json.loads(study.model_dump_json(exclude_none=True)), indent=2, ensure_ascii=False)
