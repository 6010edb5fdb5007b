"""The report: one file that needs nothing else, says what was found, and takes nothing for markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modulo.bench.folder import StudyFolder
from modulo.bench.report import runs, violations, write_report
from modulo.bench.report.comparisons import comparisons_section
from modulo.bench.report.html import joined
from modulo.bench.report.runs import runs_section
from modulo.bench.statistics import ViolationCounts, comparisons_of
from modulo.errors import ConfigurationError
from tests.modulo.bench.report.pages import Page, report_of
from tests.modulo.bench.sample_rows import row
from tests.modulo.bench.studies import HOSTILE, RIGHT, WRONG, colored, simulated


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return simulated(tmp_path_factory.mktemp("simulated"))


@pytest.fixture(scope="module")
def page(study: StudyFolder) -> Page:
    return Page(report_of(study))


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(page: Page) -> None:
    assert not {"script", "img", "link", "iframe", "object", "form"} & {name for name, _ in page.tags}
    for name, attributes in page.tags:
        assert not [key for key in attributes if key.startswith("on")], name
        assert not {"src", "style", "xlink:href"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    (policy,) = [meta["content"] for meta in page.named("meta") if meta.get("http-equiv")]
    assert policy
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_the_style_sheet_loads_nothing(study: StudyFolder) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", report_of(study), re.DOTALL)
    assert not re.search(r"url\(|@import|@font-face|<", style)


def test_the_page_has_a_language_one_title_and_headings_in_order(page: Page) -> None:
    assert page.named("html") == [{"lang": "en"}]
    assert page.text("title").startswith("simulated: report")
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch(r"h\d", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1


def test_names_are_unique_and_links_lead_somewhere(page: Page) -> None:
    names = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(set(names)) == len(names)
    assert {link["href"] for link in page.named("a")} <= {f"#{name}" for name in names}
    assert {label["for"] for label in page.named("label")} == {radio["id"] for radio in page.named("input")}


def test_drawings_have_words_and_tables_have_titles(page: Page) -> None:
    for drawing in page.named("svg"):
        assert drawing.get("aria-label") or drawing.get("aria-hidden") == "true"
    assert len(page.named("caption")) == len(page.named("table")) > 0
    assert {cell.get("scope") for cell in page.named("th")} == {"col", "row"}
    told = [drawing["aria-label"] for drawing in page.named("svg") if drawing.get("aria-label")]
    assert any(
        re.search(r"Coverage by rounds: easy · small\. refine: .*% within [1-5]", words or "") for words in told
    )


def test_all_that_was_found_is_there(page: Page, study: StudyFolder) -> None:
    text = page.text()
    for word in (
        "refine",
        "best",
        "vote",
        "small",
        "large",
        "easy",
        "hard",
        "seed 2",
        "is not the right answer",
    ):
        assert word in text
    assert [radio["id"] for radio in page.named("input")] == [
        "axis-rounds",
        "axis-calls",
        "axis-tokens",
        "axis-cost_usd",
        "axis-seconds",
    ]
    assert len([one for one in page.named("details") if one.get("class") == "run"]) == len(study.rows())
    assert "for a certified answer" in text
    assert "backprompting" in text.lower()


def test_model_output_problems_and_names_are_text(tmp_path: Path) -> None:
    problem = {"nodes": [HOSTILE, "B"], "edges": [[HOSTILE, "B"]], "colors": ["red", "blue"]}
    document = report_of(colored(tmp_path, HOSTILE, WRONG, "\ud800\0\x1b[0m", problems=[problem], name=HOSTILE))
    page = Page(document)
    assert HOSTILE in page.text("pre")
    assert HOSTILE in page.text("h1")
    assert "<script" not in document
    assert "<img" not in document
    assert "\0" not in document


def test_long_texts_are_cut_and_that_is_said(tmp_path: Path) -> None:
    text = Page(report_of(colored(tmp_path, "x" * 5000 + RIGHT))).text()
    assert re.search(r"2,0\d\d more characters are left out", text)


def test_runs_beyond_the_limit_are_named_only(study: StudyFolder) -> None:
    page = Page(runs_section(study, study.rows(), most=2000).markup)
    assert "Some runs at the end are named only" in page.text()
    assert len([one for one in page.named("p") if one.get("class") == "run"]) > len(study.rows()) / 2


def test_attempts_beyond_the_limit_are_counted(study: StudyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_MOST_ATTEMPTS", 1)
    text = runs_section(study, study.rows()).markup
    assert "more attempts are left out; they are in the trace" in text


def test_a_run_whose_trace_is_gone_is_shown_with_the_reason(tmp_path: Path) -> None:
    folder = colored(tmp_path, RIGHT)
    folder.trace(folder.rows()[0].run).unlink()
    assert "Nothing can be told of it" in Page(report_of(folder)).text()


def test_a_study_without_certificates_has_a_report(tmp_path: Path) -> None:
    text = Page(report_of(colored(tmp_path, WRONG))).text()
    assert "there is no curve to draw" in text
    assert "There are no two strategies" in text


def test_a_study_without_violations_has_a_report(tmp_path: Path) -> None:
    assert "No violation was named." in Page(report_of(colored(tmp_path, RIGHT))).text()


def test_cells_of_the_heat_map_are_shaded_by_their_numbers(page: Page) -> None:
    shades = {cell["class"] for cell in page.named("td") if (cell.get("class") or "").startswith("h")}
    assert "h9" in shades
    assert shades <= {f"h{i}" for i in range(10)}


@pytest.mark.parametrize("rates", [[0.93, 0.9285714285714286, 0.9642857142857143], [1 / 3, 2 / 3, 1e-9], [7.0]])
def test_the_most_frequent_violation_is_darkest(rates: list[float]) -> None:
    counted = ViolationCounts(code="x", by_round=tuple(1 for _ in rates))
    cells = Page(joined(*violations._cells(counted, rates, max(rates))).markup).named("td")
    assert cells[rates.index(max(rates))]["class"] == "h9"
    assert {cell["class"] for cell in cells} <= {f"h{i}" for i in range(1, 10)}


def test_only_comparisons_that_may_be_significant_may_be_so_by_chance() -> None:
    few = comparisons_of([row(n, "-+", strategy=s) for n in range(5) for s in ("a", "b")])
    many = comparisons_of([row(n, "-+", strategy=s) for n in range(6) for s in ("a", "b")])
    said = comparisons_section([*few, *few, *many]).markup
    assert "0 of 3 comparisons are significant at 5 %; 0.1 at most would be by chance" in said
    assert "0.0 at most" in comparisons_section(few).markup


def test_texts_in_problems_keep_their_lines() -> None:
    assert runs._readable({"pddl": "(define\n (x))\n", "n": [1]}) == "pddl:\n(define\n (x))\n\nn: [1]"


def test_a_study_that_has_not_begun_has_a_report(tmp_path: Path) -> None:
    folder = colored(tmp_path, RIGHT, budget={"calls": 5})
    (folder.path / "runs.jsonl").unlink()
    assert "No run is finished." in Page(report_of(folder)).text()


def test_what_is_not_finished_is_said(tmp_path: Path) -> None:
    folder = simulated(tmp_path, total={"calls": 20})
    assert f"{len(folder.rows())} of 36 runs are finished" in Page(report_of(folder)).text()


def test_a_run_of_another_study_is_an_error(tmp_path: Path) -> None:
    folder = colored(tmp_path, RIGHT)
    rows = folder.path / "runs.jsonl"
    rows.write_text(rows.read_text().replace('"strategy":"refine"', '"strategy":"beam"'))
    with pytest.raises(ConfigurationError, match="none of the study"):
        report_of(folder)


def test_the_same_study_gives_the_same_page(study: StudyFolder) -> None:
    assert report_of(study) == report_of(study)


def test_what_is_no_study_or_cannot_be_written_is_an_error(study: StudyFolder, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no study"):
        write_report(StudyFolder(tmp_path), tmp_path / "report.html")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_report(study, tmp_path / "no" / "report.html")


def test_long_names_do_not_stand_out_of_drawings(tmp_path: Path) -> None:
    strategies = {"W" * 300: "refine", "V" * 300: "best_of_n:n=2"}
    page = report_of(colored(tmp_path, WRONG, RIGHT, strategies=strategies))
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", page)
    assert any("W" * 20 in text for text in drawn)
    assert max(map(len, drawn)) <= 50
    assert "W" * 300 in page
