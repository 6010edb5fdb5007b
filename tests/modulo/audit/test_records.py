"""Records of audits: when they count, what graphs demand, and what certificates show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import modulo
from modulo.audits import AuditRecord, Audits
from modulo.cli.app import run
from modulo.domains.graph_coloring import DOMAIN, ProperColoring, parse_coloring
from modulo.errors import CertificateError, ConfigurationError, GraphError
from modulo.sources import source_digest
from modulo.testing import ScriptedGenerator, audit

PROBLEM = DOMAIN.example()
ANSWER = '{"A": "red"}'


class Stricter(ProperColoring):
    version = "2"


@pytest.fixture(scope="module")
def records() -> tuple[AuditRecord, ...]:
    return audit(DOMAIN, n=200, in_workers=False).records()


def graph(critic: ProperColoring, answers: list[str], **more: object) -> modulo.Graph:
    made = modulo.Graph("graph_coloring", problem_type=DOMAIN.problem_type, **more)  # type: ignore[arg-type]
    painter = made.generator("painter", ScriptedGenerator(answers))
    coloring = made.reformulator("coloring", parse_coloring, reads=painter)
    made.critic("proper_coloring", critic, reads=coloring)
    return made


def right_answer() -> str:
    from modulo.domains.graph_coloring import generate

    return json.dumps(generate(nodes=6, colors=3, density=0.75, seed=1)[1])


def test_a_record_counts_for_the_critic_as_it_was_audited(records: tuple[AuditRecord, ...]) -> None:
    audits = Audits(records)
    record = audits.record_of(ProperColoring())
    assert record is not None
    assert record.n > 50
    assert record.bound == pytest.approx(3 / record.n)
    assert audits.objection(ProperColoring()) is None


@pytest.mark.parametrize(
    ("changes", "objection"),
    [
        ({"version": "0"}, "is of version '1', and its audit is of version '0'"),
        ({"options": {"strict": True}}, "has other options"),
        ({"source_sha256": "0" * 64}, "has another source"),
        ({"together_with": ["somebody:Else"]}, "was audited only together with somebody:Else"),
        ({"sound": False}, "was not found sound"),
        ({"false_accepts": 1}, "was not found sound"),
        ({"n": 0}, "on no wrong answer"),
        ({"n": 3, "bound": 1.0}, "on 3 wrong answers, which says nothing"),
        ({"critic": "somebody:Else"}, "has no audit"),
    ],
)
def test_a_record_of_anything_else_does_not_count(
    records: tuple[AuditRecord, ...], changes: dict[str, object], objection: str
) -> None:
    audits = Audits([records[0].model_copy(update=changes)])
    assert audits.record_of(ProperColoring()) is None
    assert objection in str(audits.objection(ProperColoring()))
    with pytest.raises(GraphError, match=r"critic 'proper_coloring' \(.*:ProperColoring\) .*requires audits"):
        graph(ProperColoring(), [], audits=audits, require_audit=True).check()


def test_a_graph_that_requires_audits_refuses_a_critic_without_one() -> None:
    with pytest.raises(GraphError, match="has no audit"):
        graph(ProperColoring(), [], require_audit=True).check()
    with pytest.raises(GraphError, match="has no audit"):
        graph(Stricter(), []).with_audits(Audits(), required=True).check()


def test_a_file_that_holds_no_records_is_a_fault_of_the_graph(tmp_path: Path) -> None:
    file = tmp_path / "audits.json"
    with pytest.raises(GraphError, match="cannot be read"):
        graph(ProperColoring(), [], audits=file).check()
    file.write_text('{"schema_version": "modulo.audits/1", "records": [{"critic": 1}]}')
    with pytest.raises(GraphError, match="holds no records of audits"):
        graph(ProperColoring(), [], audits=file).check()


def test_records_survive_a_file_and_newer_ones_replace_them(
    records: tuple[AuditRecord, ...], tmp_path: Path
) -> None:
    file = tmp_path / "audits.json"
    Audits(records).save(file)
    assert Audits.load(file).records == records
    newer = records[0].model_copy(update={"n": 7})
    assert Audits.load(file).with_records([newer]).records == (newer,)
    with pytest.raises(ConfigurationError):
        Audits.load(tmp_path / "none.json")


def test_certificates_show_audits_and_hold(records: tuple[AuditRecord, ...], tmp_path: Path) -> None:
    audited = graph(ProperColoring(), [right_answer()], audits=Audits(records), require_audit=True)
    outcome = modulo.solve_sync(audited, PROBLEM)
    assert isinstance(outcome, modulo.Certified)
    (entry,) = outcome.certificate.critics
    assert entry.audit is not None
    assert (entry.audit.n, entry.audit.critic_version) == (records[0].n, "1")
    data = outcome.certificate.to_bytes()
    assert modulo.Certificate.from_bytes(data).to_bytes() == data
    at = data.index(b'"bound"')
    for place in range(at, at + 20):
        with pytest.raises(CertificateError):
            modulo.Certificate.from_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])


@pytest.mark.anyio
async def test_a_certificate_with_an_audit_is_verified_by_who_has_none(
    records: tuple[AuditRecord, ...],
) -> None:
    outcome = await modulo.solve(graph(ProperColoring(), [right_answer()], audits=Audits(records)), PROBLEM)
    assert isinstance(outcome, modulo.Certified)
    verified = await modulo.verify(outcome.certificate)
    assert verified.certificate == outcome.certificate


@pytest.mark.anyio
async def test_certificates_without_an_audit_do_not_speak_of_it() -> None:
    outcome = await modulo.solve(graph(Stricter(), [right_answer()], audits=Audits()), PROBLEM)
    assert isinstance(outcome, modulo.Certified)
    assert b'"audit"' not in outcome.certificate.to_bytes()
    assert (await modulo.verify(outcome.certificate, graph=graph(Stricter(), []))).critiques[0].accepts


def test_the_source_digest_changes_with_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "audited_helper.py").write_text("LIMIT = 1\n")
    (tmp_path / "audited_example.py").write_text(
        "import modulo\nfrom audited_helper import LIMIT\n\n\n"
        "@modulo.critic(proves='p')\ndef small(problem, candidate):\n    return []\n"
    )
    import audited_example  # type: ignore[import-not-found]

    from modulo import sources

    before = source_digest(audited_example.small)
    assert before == source_digest(audited_example.small)
    assert {"audited_example"} <= set(sources.source_modules(audited_example.small))
    (tmp_path / "audited_example.py").write_text("# other\n")
    sources._imported_names.cache_clear()
    sources._file_digest.cache_clear()
    assert source_digest(audited_example.small) != before


def test_solve_can_require_audits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "audits.json"
    assert run(["audit", "graph_coloring", "--n", "100", "--save", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sound"] is True
    assert Audits.load(file).record_of(ProperColoring()) is not None
