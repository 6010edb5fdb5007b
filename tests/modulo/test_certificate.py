from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo.canonical import MAX_DEPTH, canonical_json, sha256_hex
from modulo.certificate import Certificate, certificate_of
from modulo.checking import verify
from modulo.critique import Critique, Soundness, Verdict, Violation
from modulo.errors import CertificateError
from modulo.graph import Graph
from modulo.problem import NO_SOLUTION, Problem
from tests.modulo.sample_graphs import (
    NOBODY,
    Target,
    candidate_of,
    certificate_for,
    is_even,
    is_negative,
    is_target,
    number_graph,
    staged_graph,
)

EVEN = number_graph(is_target, is_even)
STAGED = staged_graph()
CLAIM = number_graph(is_target, is_negative)

GOLDEN = """\
{
  "artefacts": [
    {
      "content": 2,
      "name": "half",
      "sha256": "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35"
    }
  ],
  "claim": {
    "soundness": "tests",
    "text": "the number is the target; the number is twice the half"
  },
  "created_at": "2026-01-02T03:04:05+00:00",
  "critics": [
    {
      "digests": {},
      "id": "tests.modulo.sample_graphs:is_half",
      "node": "is_half",
      "options": {},
      "proves": "the half is half of the target",
      "reads": [
        "half"
      ],
      "soundness": "tests",
      "verdict": "accept",
      "version": "1"
    },
    {
      "digests": {},
      "id": "tests.modulo.sample_graphs:is_target",
      "node": "is_target",
      "options": {},
      "proves": "the number is the target",
      "reads": [
        "number"
      ],
      "soundness": "proof",
      "verdict": "accept",
      "version": "1"
    },
    {
      "digests": {},
      "id": "tests.modulo.sample_graphs:is_double",
      "node": "is_double",
      "options": {},
      "proves": "the number is twice the half",
      "reads": [
        "number",
        "half"
      ],
      "soundness": "proof",
      "verdict": "accept",
      "version": "1"
    }
  ],
  "domain": "stages",
  "kind": "solution",
  "modulo_version": "0.0.0",
  "problem": {
    "total": 4
  },
  "problem_sha256": "PROBLEM",
  "schema_version": "modulo.certificate/1",
  "sha256": "WHOLE",
  "solution": 4,
  "solution_sha256": "4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a"
}
"""


def even_certificate() -> Certificate:
    return certificate_for(EVEN, Target(4), number=4)


def staged_certificate() -> Certificate:
    return certificate_for(STAGED, Target(4), half=2, number=4)


def hash_of(content: Any) -> str:
    return sha256_hex(canonical_json(content))


def rehashed(document: dict[str, Any], *, keeps: tuple[str, ...] = ()) -> bytes:
    """What a forger writes who knows the format: every hash fits what it is a hash of."""
    document = copy.deepcopy(document)
    if "problem_sha256" not in keeps:
        document["problem_sha256"] = hash_of(document["problem"])
    if "solution_sha256" not in keeps:
        document["solution_sha256"] = hash_of(document["solution"])
    for part in document["artefacts"]:
        if "artefacts" not in keeps:
            part["sha256"] = hash_of(part["content"])
    document.pop("sha256", None)
    document["sha256"] = hash_of(document)
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


# ---------------------------------------------------------------------------------------------------- the form


@pytest.mark.anyio
async def test_a_certificate_has_this_one_form() -> None:
    certificate = staged_certificate()
    text = certificate.to_bytes().decode()
    assert text.replace(certificate.problem_sha256, "PROBLEM").replace(certificate.sha256, "WHOLE") == GOLDEN
    assert certificate.problem_sha256 == sha256_hex(b'{"total":4}')
    assert rehashed(json.loads(text)) == certificate.to_bytes()
    assert (await verify(certificate, graph=STAGED)).certificate == certificate


def test_a_certificate_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    certificate = even_certificate()
    certificate.save(tmp_path / "c.json")
    assert Certificate.load(tmp_path / "c.json") == certificate
    assert Certificate.load(str(tmp_path / "c.json")).to_bytes() == certificate.to_bytes()


@pytest.mark.parametrize("where", ["missing.json", "."])
def test_a_file_that_cannot_be_read_is_a_certificate_error(tmp_path: Path, where: str) -> None:
    with pytest.raises(CertificateError, match="cannot be read"):
        Certificate.load(tmp_path / where)


@pytest.mark.parametrize(
    "value",
    [
        1e20,
        9007199254740992.0,
        1e-7,
        1e21,
        1.5,
        -0.0,
        "é😀\u2028",
        {"\ufb33": 1, "\U0001f600": 2},
        None,
        [],
        True,
    ],
    ids=repr,
)
@pytest.mark.anyio
async def test_whatever_was_certified_can_be_verified(value: Any) -> None:
    @modulo.critic(proves="anything goes", options={"limit": value})
    def accepts(problem: Any, candidate: Any) -> Iterator[Violation]:
        yield from ()

    graph = Graph("any")
    graph.critic(
        "judge", accepts, reads=graph.reformulator("answer", json.loads, reads=graph.generator("g", NOBODY))
    )
    certificate = certificate_for(graph, {"problem": value}, answer={"solution": value})
    verified = await verify(certificate.to_bytes(), graph=graph)
    assert verified.certificate.solution["solution"] == value


@pytest.mark.anyio
async def test_what_is_as_deep_as_a_candidate_may_be_can_be_certified() -> None:
    deep: Any = "core"
    for _ in range(MAX_DEPTH):
        deep = [deep]

    @modulo.critic(proves="anything goes")
    def accepts(problem: Any, candidate: Any) -> Iterator[Violation]:
        yield from ()

    graph = Graph("deep")
    draft = graph.reformulator("draft", json.loads, reads=graph.generator("g", NOBODY))
    answer = graph.reformulator("answer", json.loads, reads=graph.generator("h", NOBODY, reads=draft))
    graph.critic("judge draft", accepts, reads=draft)
    graph.critic("judge", accepts, reads=answer)
    certificate = certificate_for(graph, deep, draft=deep, answer=deep)
    assert (await verify(certificate.to_bytes(), graph=graph)).certificate.solution == deep


# -------------------------------------------------------------------------------------------------- any damage


@pytest.mark.parametrize("make", [even_certificate, staged_certificate])
@pytest.mark.anyio
async def test_a_changed_byte_anywhere_fails(make: Callable[[], Certificate]) -> None:
    data = make().to_bytes()
    graph = EVEN if make is even_certificate else STAGED
    await verify(data, graph=graph)
    for i, byte in enumerate(data):
        for other in {byte ^ 1, byte ^ 2, byte ^ 32, byte ^ 128, ord("0"), ord(" "), 0} - {byte}:
            with pytest.raises(CertificateError):
                await verify(data[:i] + bytes([other]) + data[i + 1 :], graph=graph)


@pytest.mark.anyio
async def test_a_byte_too_many_or_too_few_fails() -> None:
    data = even_certificate().to_bytes()
    for i in range(len(data)):
        for damaged in (
            data[:i],
            data[:i] + data[i + 1 :],
            data[:i] + b" " + data[i:],
            data[:i] + data[i : i + 1] + data[i:],
        ):
            with pytest.raises(CertificateError):
                await verify(damaged, graph=EVEN)
    for damaged in (b"", data + b"\n", b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n"), data + data):
        with pytest.raises(CertificateError):
            await verify(damaged, graph=EVEN)


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_anything_else_is_no_certificate(data: bytes) -> None:
    with pytest.raises(CertificateError):
        Certificate.from_bytes(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d | {"created_at": "\ud800"},
        lambda d: d | {"problem": 2**60},
        lambda d: d | {"extra": 1},
        lambda d: {k: v for k, v in d.items() if k != "claim"},
        lambda d: d | {"critics": "all"},
        lambda d: d | {"kind": "guess"},
        lambda d: d | {"schema_version": "modulo.certificate/2"},
        lambda d: d | {"schema_version": 1},
        lambda d: d | {"claim": d["claim"] | {"soundness": "opinion"}},
        lambda d: d | {"critics": [d["critics"][0] | {"verdict": "undecided"}]},
        lambda d: d | {"problem": json.loads("[" * 400 + "]" * 400)},
    ],
)
def test_a_document_of_another_form_is_no_certificate(
    change: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    document = change(json.loads(even_certificate().to_bytes()))
    with pytest.raises(CertificateError):
        Certificate.from_bytes((json.dumps(document, indent=2, sort_keys=True) + "\n").encode())


def test_a_certificate_of_a_later_format_is_told_apart_from_a_damaged_one() -> None:
    document = {"schema_version": "modulo.certificate/9", "something": "new"}
    with pytest.raises(CertificateError, match="is not 'modulo"):
        Certificate.from_bytes(json.dumps(document).encode())


# --------------------------------------------------------------------------------------------------- forgeries


def set_in(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    document = copy.deepcopy(document)
    at: Any = document
    for step in way:
        at = at[step]
    at[last] = value
    return document


def without(document: dict[str, Any], path: str, index: int) -> dict[str, Any]:
    return set_in(document, path, [item for i, item in enumerate(document[path]) if i != index])


FORGERIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another solution": lambda d: set_in(d, "solution", 6),
    "a solution of another type": lambda d: set_in(d, "solution", "4"),
    "a solution that only looks the same": lambda d: set_in(d, "solution", 4.0),
    "no solution": lambda d: set_in(d, "solution", None),
    "another problem": lambda d: set_in(d, "problem/total", 6),
    "a problem of another type": lambda d: set_in(d, "problem", [4]),
    "a problem with more in it": lambda d: set_in(d, "problem/easy", True),
    "a problem that only looks the same": lambda d: set_in(d, "problem/total", 4.0),
    "another domain": lambda d: set_in(d, "domain", "numbers2"),
    "a stronger claim": lambda d: set_in(d, "claim/soundness", "proof"),
    "more in the claim": lambda d: set_in(d, "claim/text", "the number is the best"),
    "a critic left out": lambda d: without(d, "critics", -1 % len(d["critics"])),
    "the first critic left out": lambda d: without(d, "critics", 0),
    "no critics": lambda d: set_in(d, "critics", []),
    "a critic twice": lambda d: set_in(d, "critics", [*d["critics"], d["critics"][-1]]),
    "critics in another order": lambda d: set_in(d, "critics", d["critics"][::-1]),
    "a critic that does not exist": lambda d: set_in(
        d, "critics", [*d["critics"], d["critics"][0] | {"node": "x"}]
    ),
    "a critic of another name": lambda d: set_in(d, "critics/0/node", "judge"),
    "a critic of something else": lambda d: set_in(d, "critics/0/reads", ["guess"]),
    "a critic of another version": lambda d: set_in(d, "critics/0/version", "2"),
    "another implementation": lambda d: set_in(d, "critics/0/id", "builtins:print"),
    "other options": lambda d: set_in(d, "critics/0/options", {"strict": True}),
    "other binaries": lambda d: set_in(d, "critics/0/digests", {"val": "0" * 64}),
    "a stronger critic": lambda d: (
        set_in(d, "critics/0/soundness", "proof")
        if d["critics"][0]["soundness"] == "tests"
        else set_in(d, "critics/1/soundness", "proof")
    ),
    "another proof": lambda d: set_in(d, "critics/0/proves", "everything"),
    "a claim that there is none": lambda d: set_in(d, "kind", "unsolvable"),
    "a claim that there is none, in its own words": lambda d: set_in(
        set_in(d, "kind", "unsolvable"), "solution", {"modulo:claim": "no solution exists"}
    ),
    "the words of that claim as a solution": lambda d: set_in(
        d, "solution", {"modulo:claim": "no solution exists"}
    ),
    "an artefact that does not exist": lambda d: set_in(
        d, "artefacts", [*d["artefacts"], {"name": "x", "content": 1, "sha256": ""}]
    ),
    "the answer as an artefact": lambda d: set_in(
        d, "artefacts", [*d["artefacts"], {"name": "number", "content": 4, "sha256": ""}]
    ),
    "no time": lambda d: set_in(d, "created_at", "yesterday"),
    "a time elsewhere": lambda d: set_in(d, "created_at", "2026-01-02T03:04:05+02:00"),
    "a time nowhere": lambda d: set_in(d, "created_at", "2026-01-02T03:04:05"),
}
STAGED_FORGERIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another artefact": lambda d: set_in(d, "artefacts/0/content", 1),
    "an artefact of another type": lambda d: set_in(d, "artefacts/0/content", True),
    "an artefact that only looks the same": lambda d: set_in(d, "artefacts/0/content", 2.0),
    "an artefact left out": lambda d: set_in(d, "artefacts", []),
    "an artefact twice": lambda d: set_in(d, "artefacts", d["artefacts"] * 2),
    "an artefact renamed": lambda d: set_in(d, "artefacts/0/name", "halver"),
    "an artefact left out with its critics": lambda d: without(set_in(d, "artefacts", []), "critics", 0),
    "a weaker stage left out for a stronger claim": lambda d: set_in(
        set_in(set_in(d, "artefacts", []), "critics", [d["critics"][1]]),
        "claim",
        {"soundness": "proof", "text": "the number is the target"},
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
@pytest.mark.parametrize(("make", "graph"), [(even_certificate, EVEN), (staged_certificate, STAGED)])
@pytest.mark.anyio
async def test_a_forgery_with_fitting_hashes_fails(
    name: str, make: Callable[[], Certificate], graph: Graph
) -> None:
    document = json.loads(make().to_bytes())
    with pytest.raises(CertificateError):
        await verify(rehashed(FORGERIES[name](document)), graph=graph)


@pytest.mark.parametrize("name", STAGED_FORGERIES)
@pytest.mark.parametrize("graph", [STAGED, staged_graph(blames_half=True)])
@pytest.mark.anyio
async def test_a_forged_stage_with_fitting_hashes_fails(name: str, graph: Graph) -> None:
    document = json.loads(staged_certificate().to_bytes())
    await verify(rehashed(document), graph=graph)
    with pytest.raises(CertificateError):
        await verify(rehashed(STAGED_FORGERIES[name](document)), graph=graph)


@pytest.mark.parametrize(
    ("keeps", "says"),
    [
        ("problem_sha256", "the problem of the certificate was changed"),
        ("solution_sha256", "the solution of the certificate was changed"),
        ("artefacts", "the artefact 'half' of the certificate was changed"),
    ],
)
@pytest.mark.anyio
async def test_hashes_of_parts_must_fit_too(keeps: str, says: str) -> None:
    document = json.loads(staged_certificate().to_bytes())
    if keeps == "artefacts":
        document["artefacts"][0]["sha256"] = hash_of(3)
    else:
        document[keeps] = hash_of(3)
    with pytest.raises(CertificateError, match=says):
        await verify(rehashed(document, keeps=(keeps,)), graph=STAGED)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield path
    for key, item in items:
        yield from leaves(item, (*path, key))


UNPROVEN = ("created_at", "modulo_version")
PATHS = [
    path
    for path in leaves(json.loads(staged_certificate().to_bytes()))
    if path and path[0] not in UNPROVEN and path[-1] not in ("sha256", "problem_sha256", "solution_sha256")
]
replacements = st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=3) | st.just([]) | st.just({})


@given(st.sampled_from(PATHS), replacements, st.booleans())
@settings(max_examples=300)
def test_any_single_part_replaced_with_fitting_hashes_fails(
    path: tuple[Any, ...], new: Any, is_cut: bool
) -> None:
    document = json.loads(staged_certificate().to_bytes())
    at: Any = document
    for step in path[:-1]:
        at = at[step]
    if at[path[-1]] == new and type(at[path[-1]]) is type(new) and not is_cut:
        return
    if is_cut:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    try:
        data = rehashed(document)
    except (KeyError, TypeError):  # the forger's own tool needs the parts that it hashes
        return

    async def main() -> None:
        with pytest.raises(CertificateError):
            await verify(data, graph=STAGED)

    anyio.run(main)


@pytest.mark.anyio
async def test_a_true_certificate_of_another_problem_holds_only_for_that_problem() -> None:
    other = certificate_for(EVEN, Target(6), number=6)
    await verify(other, graph=EVEN)
    await verify(other, graph=EVEN, problem=Target(6))
    for problem in (Target(4), Problem.of(Target(4), domain="numbers")):
        with pytest.raises(CertificateError, match="about another problem"):
            await verify(other, graph=EVEN, problem=problem)


@pytest.mark.anyio
async def test_a_certificate_of_a_wrong_answer_fails_whoever_signed_it() -> None:
    for graph, made in (
        (EVEN, {"number": 6}),
        (STAGED, {"half": 1, "number": 4}),
        (STAGED, {"half": 2, "number": 5}),
    ):
        with pytest.raises(CertificateError, match="is not accepted"):
            await verify(certificate_for(graph, Target(4), **made), graph=graph)


@pytest.mark.parametrize(
    "update",
    [
        {"solution": 6},
        {"solution": object()},
        {"solution": {1, 2}},
        {"problem": float("nan")},
        {"critics": []},
        {"critics": None},
        {"kind": "unsolvable"},
        {"sha256": 5},
        {"artefacts": [5]},
        {"claim": "all of it"},
    ],
    ids=repr,
)
@pytest.mark.anyio
async def test_a_certificate_forged_in_memory_fails(update: dict[str, Any]) -> None:
    certificate = even_certificate()
    for forged in (
        certificate.model_copy(update=update),
        Certificate.model_construct(**{**certificate.__dict__, **update}),
    ):
        with pytest.raises(CertificateError):
            await verify(forged, graph=EVEN)


# ---------------------------------------------------------------------------- what a run writes down of itself


@pytest.mark.anyio
async def test_the_claim_is_the_weakest_of_all_critics_in_the_words_of_those_of_the_answer() -> None:
    assert staged_certificate().claim.soundness == "tests"
    assert "half of the target" not in staged_certificate().claim.text
    assert certificate_for(number_graph(), Target(4), number=4).claim.soundness == "proof"
    assert even_certificate().claim.text == "the number is the target; the number is even"


@pytest.mark.anyio
async def test_that_there_is_no_solution_is_certified_by_those_who_can_prove_it() -> None:
    certificate = certificate_for(CLAIM, Target(-1), number=NO_SOLUTION)
    assert certificate.kind == "unsolvable"
    assert [entry.node for entry in certificate.critics] == ["is_negative"]
    assert certificate.claim.text == "no number is the target"
    await verify(certificate, graph=CLAIM)
    with pytest.raises(CertificateError, match="there is a number that is the target"):
        await verify(certificate_for(CLAIM, Target(4), number=NO_SOLUTION), graph=CLAIM)
    document = set_in(json.loads(certificate.to_bytes()), "kind", "solution")
    with pytest.raises(CertificateError):
        await verify(rehashed(document), graph=CLAIM)


def parts_of_a_certificate(**changes: Any) -> dict[str, Any]:
    program = EVEN.check()
    critics = [(node, Critique(Verdict.ACCEPT, critic=node.name)) for node in program.answer.critics]
    return {
        "problem": Problem.of(Target(4), domain="numbers"),
        "candidate": candidate_of(program, "number", 4),
        "artefacts": {},
        "critics": critics,
        "answer": "number",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    } | changes


@pytest.mark.parametrize(
    "critique",
    [
        Critique(Verdict.UNDECIDED, reason="no memory", critic="is_target"),
        Critique(Verdict.REJECT, (Violation("wrong", "wrong"),), critic="is_target"),
        Critique(Verdict.ACCEPT, critic="is_even"),
        Critique(Verdict.ACCEPT),
    ],
)
def test_nothing_is_certified_that_a_critic_did_not_accept(critique: Critique) -> None:
    (node, _), other = parts_of_a_certificate()["critics"]
    with pytest.raises(CertificateError, match="'is_target' did not accept"):
        certificate_of(**parts_of_a_certificate(critics=[(node, critique), other]))


@pytest.mark.parametrize("changes", [{"critics": []}, {"answer": "guess"}])
def test_nothing_is_certified_without_a_critic_of_the_answer(changes: dict[str, Any]) -> None:
    with pytest.raises(CertificateError, match="without a hard critic on the answer"):
        certificate_of(**parts_of_a_certificate(**changes))


def test_what_was_proven_this_time_is_what_the_certificate_says() -> None:
    parts = parts_of_a_certificate()
    node = parts["critics"][0][0]
    accepted = Critique(Verdict.ACCEPT, critic="is_target", proves="passed 12 tests")
    certificate = certificate_of(**(parts | {"critics": [(node, accepted)]}))
    assert certificate.claim.text == certificate.critics[0].proves == "passed 12 tests"


@pytest.mark.parametrize(
    "attributes",
    [
        {"digests": lambda: {"val": b"bytes"}},
        {"digests": lambda: None},
        {"digests": lambda: {1: "x"}},
        {"options": lambda: {"a": {1}}},
        {"soundness": Soundness.OPINION},
        {"soundness": "certain"},
        {"version": 3},
        {"proves": None},
    ],
    ids=repr,
)
def test_a_critic_that_changed_what_it_says_of_itself_is_a_certificate_error(
    attributes: dict[str, Any],
) -> None:
    @modulo.critic(proves="anything")
    def shifty(problem: Any, candidate: Any) -> Iterator[Violation]:
        yield from ()

    graph = Graph("numbers")
    graph.critic("shifty", shifty, reads=graph.generator("number", NOBODY))
    (node,) = graph.check().critics
    vars(shifty).update(attributes)
    with pytest.raises(CertificateError, match="no certificate: critic 'shifty'"):
        certificate_of(**parts_of_a_certificate(critics=[(node, Critique(Verdict.ACCEPT, critic="shifty"))]))


@pytest.mark.anyio
async def test_the_time_is_written_in_utc_wherever_the_clock_stands() -> None:
    moment = datetime(2026, 1, 1, 5, 0, 0, 999, tzinfo=timezone(timedelta(hours=3)))
    certificate = certificate_of(**parts_of_a_certificate(created_at=moment))
    assert certificate.created_at == "2026-01-01T02:00:00+00:00"
    await verify(certificate, graph=EVEN)
