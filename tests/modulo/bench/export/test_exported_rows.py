"""Data for training: certified is what is certified, and everything can be judged again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

import modulo
from modulo.batch import check_lines
from modulo.bench.export import FORMATS, Format, exported_rows
from modulo.bench.folder import StudyFolder
from modulo.certificate import Certificate
from modulo.errors import CertificateError, ConfigurationError, TraceError
from tests.modulo.bench.studies import OTHER, RIGHT, WRONG, colored, never_right, simulated


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return simulated(tmp_path_factory.mktemp("simulated"))


def rows(folder: StudyFolder, form: Format, *, dedup: bool = False) -> list[dict[str, Any]]:
    return list(exported_rows(folder, form, dedup=dedup))


def verdicts(documents: Sequence[Mapping[str, Any]]) -> set[str]:
    async def judge() -> set[str]:
        lines = [json.dumps(document).encode() for document in documents]
        return {row.document["verdict"] async for row in check_lines(lines)}

    return anyio.run(judge)


def certificates(documents: Sequence[Mapping[str, Any]]) -> list[Certificate]:
    return [modulo.Certificate.from_bytes(document["certificate"].encode()) for document in documents]


def test_every_certified_solution_is_exported_and_no_other(study: StudyFolder) -> None:
    certified = {row.run for row in study.rows() if row.certified}
    assert {row["provenance"]["run"] for row in rows(study, "sft")} == certified
    assert 0 < len(certified) < len(study.rows())


def test_solutions_are_accepted_again_and_their_certificates_hold(study: StudyFolder) -> None:
    exported = rows(study, "sft")
    assert verdicts(exported) == {"accept"}
    for row, certificate in zip(exported, certificates(exported), strict=True):
        assert anyio.run(modulo.verify, certificate).certificate.solution == row["candidate"]


def test_chosen_answers_are_certified_and_rejected_ones_rejected_again(study: StudyFolder) -> None:
    exported = rows(study, "preferences")
    assert verdicts(exported) == {"reject"}
    for row, certificate in zip(exported, certificates(exported), strict=True):
        assert anyio.run(modulo.verify, certificate).certificate.problem == row["problem"]
        assert row["chosen"] != row["rejected"]


def test_attempts_of_trajectories_are_judged_as_before(study: StudyFolder) -> None:
    for run in rows(study, "trajectories"):
        for verdict in ("accept", "reject"):
            told = [attempt for attempt in run["attempts"] if attempt["verdict"] == verdict]
            again = [
                {
                    "id": 0,
                    "domain": run["domain"],
                    "problem": run["problem"],
                    "candidate": attempt["candidate"],
                }
                for attempt in told
            ]
            assert verdicts(again) <= {verdict}
        assert (run["certificate"] is not None) is run["certified"]


def test_every_run_is_a_trajectory(study: StudyFolder) -> None:
    assert {row["id"] for row in rows(study, "trajectories")} == {row.run for row in study.rows()}


def test_rows_come_in_the_same_order_however_runs_ended(study: StudyFolder, tmp_path: Path) -> None:
    other = simulated(tmp_path, concurrency=1)
    for form in FORMATS:
        assert [row["id"] for row in rows(study, form)] == [row["id"] for row in rows(other, form)]


@pytest.mark.parametrize("form", FORMATS)
def test_duplicates_are_left_out_if_asked(form: Format, study: StudyFolder) -> None:
    every, some = rows(study, form), rows(study, form, dedup=True)
    assert 0 < len(some) < len(every)
    assert [row for row in every if row in some] == some


def test_a_solution_answers_the_first_prompt_without_the_wrong_answers(tmp_path: Path) -> None:
    (row,) = rows(colored(tmp_path, WRONG, f"Better: {RIGHT}"), "sft")
    assert [message["role"] for message in row["messages"]] == ["user", "assistant"]
    assert row["messages"][-1]["content"] == f"Better: {RIGHT}"
    assert row["candidate"] == json.loads(RIGHT)


def test_a_pair_has_one_prompt_and_two_answers(tmp_path: Path) -> None:
    first, second = rows(colored(tmp_path, WRONG, "no idea", OTHER, RIGHT), "preferences")
    assert first["prompt"] == second["prompt"]
    assert [message["role"] for message in first["prompt"]] == ["user"]
    assert first["chosen"] == second["chosen"] == [{"role": "assistant", "content": RIGHT}]
    assert [row["rejected"][0]["content"] for row in (first, second)] == [WRONG, OTHER]
    assert first["critiques"][-1]["violations"]


def test_rejected_answers_of_a_run_that_failed_are_paired_with_those_of_another(tmp_path: Path) -> None:
    folder = colored(
        tmp_path, WRONG, RIGHT, strategies={"once": "best_of_n:n=1", "refine": "refine"}, budget={"rounds": 2}
    )
    exported = rows(folder, "preferences")
    assert {row["provenance"]["rejected"]["strategy"] for row in exported} == {"once", "refine"}
    assert {row["provenance"]["chosen"]["strategy"] for row in exported} == {"refine"}
    assert len(rows(folder, "preferences", dedup=True)) == 1


def test_statistics_are_rows_of_all_kinds(study: StudyFolder) -> None:
    exported = rows(study, "statistics")
    kinds = {"summary", "coverage", "round", "violation", "compute", "comparison"}
    assert {row["kind"] for row in exported} == kinds
    summaries = [row for row in exported if row["kind"] == "summary"]
    assert sum(row["runs"] for row in summaries) == len(study.rows())
    assert sum(row["certified"] for row in summaries) == sum(row.certified for row in study.rows())
    assert json.loads(json.dumps(exported)) == exported
    assert all({"set", "model"} <= row.keys() for row in exported)


def test_repeats_make_rows_of_pass_at_k(tmp_path: Path) -> None:
    exported = rows(colored(tmp_path, WRONG, RIGHT, repeats=2), "statistics")
    assert [(row["k"], row["share"]) for row in exported if row["kind"] == "pass_at"] == [(1, 1.0), (2, 1.0)]


def test_a_study_without_certificates_gives_no_solutions_and_no_pairs(tmp_path: Path) -> None:
    folder = colored(tmp_path, WRONG)
    assert rows(folder, "sft") == rows(folder, "preferences") == []
    assert [row["certified"] for row in rows(folder, "trajectories")] == [False]


def test_conversations_of_trajectories_say_everything_once(tmp_path: Path) -> None:
    (run, *_) = rows(never_right(tmp_path), "trajectories")
    assert [attempt["continues"] for attempt in run["attempts"]][:5] == [None, 0, 1, 2, 3]
    assert [len(attempt["messages"]) for attempt in run["attempts"]][:2] == [1, 1]


def test_rows_say_where_they_come_from(study: StudyFolder) -> None:
    for row in rows(study, "sft"):
        told = row["provenance"]
        assert told["licence"] == ("CC0-1.0" if told["problem_set"] == "easy" else None)
        assert told["model_string"].startswith("simulated:")
        assert told["strategy_string"]
        assert told["modulo_version"] == modulo.__version__
        assert isinstance(told["seed"], int)


def test_a_certificate_of_another_answer_is_never_exported(tmp_path: Path) -> None:
    one, other = colored(tmp_path / "a", WRONG, RIGHT), colored(tmp_path / "b", '{"A": "blue", "B": "red"}')
    run = one.rows()[0].run
    one.certificate(run).write_bytes(other.certificate(other.rows()[0].run).read_bytes())
    for form in FORMATS:
        with pytest.raises(CertificateError, match="certifies something else"):
            rows(one, form)


def test_a_certificate_that_was_changed_or_is_missing_is_an_error(tmp_path: Path) -> None:
    folder = colored(tmp_path, RIGHT)
    path = folder.certificate(folder.rows()[0].run)
    path.write_bytes(path.read_bytes().replace(b'"blue"', b'"teal"'))
    with pytest.raises(CertificateError, match="was changed"):
        rows(folder, "sft")
    path.unlink()
    with pytest.raises(CertificateError, match="cannot be read"):
        rows(folder, "sft")


def test_a_run_said_to_be_certified_is_not_without_a_certified_answer_in_its_trace(tmp_path: Path) -> None:
    folder = colored(tmp_path, RIGHT)
    path = folder.trace(folder.rows()[0].run)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if '"type":"certified"' not in line))
    with pytest.raises(CertificateError, match="certifies something else"):
        rows(folder, "sft")


def test_a_missing_trace_is_an_error(tmp_path: Path) -> None:
    folder = colored(tmp_path, WRONG)
    folder.trace(folder.rows()[0].run).unlink()
    with pytest.raises(TraceError, match="cannot be read"):
        rows(folder, "trajectories")


def test_a_run_of_another_study_is_an_error(tmp_path: Path) -> None:
    folder = colored(tmp_path, RIGHT)
    runs = folder.path / "runs.jsonl"
    runs.write_text(runs.read_text().replace('"strategy":"refine"', '"strategy":"beam"'))
    with pytest.raises(ConfigurationError, match="none of the study: it knows no 'beam'"):
        rows(folder, "sft")


def test_a_licence_can_be_named_after_the_study_was_run(tmp_path: Path) -> None:
    colored(tmp_path, RIGHT, licence=None)
    (row,) = rows(colored(tmp_path, RIGHT, licence="CC-BY-4.0"), "sft")
    assert row["provenance"]["licence"] == "CC-BY-4.0"
