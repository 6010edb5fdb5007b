"""Certificates: what was proven of which answer to which problem, and all that is needed to check it again.

A certificate file has exactly one form (``Certificate.to_bytes``), so that a change of any byte in it shows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from modulo.canonical import MAX_DEPTH, canonical_json, parse_json, sha256_hex
from modulo.critique import Critique, Soundness, Verdict, weakest
from modulo.errors import CertificateError, ProblemError
from modulo.graph.nodes import CriticNode
from modulo.problem import Candidate, Problem
from modulo.signing import FileOrBytes, sign
from modulo.version import __version__

__all__ = ["AuditSummary", "Certificate", "CertifiedArtefact", "Claim", "CriticEntry", "certificate_of"]

SCHEMA: Final = "modulo.certificate/1"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Claim(_Part):
    """What the certificate claims: the weakest of its critics, in words."""

    soundness: Literal["proof", "tests"]
    text: str


class AuditSummary(_Part):
    """What the latest audit of a critic found, as whoever wrote the certificate had it on record.

    Attributes:
        n: Wrong answers in whose decision the critic took part.
        false_accepts: How many of them were accepted.
        bound: The 95 % upper bound of the rate of false accepts.
        date: When, ISO 8601.
        critic_version: The version that was audited.
        source_sha256: Digest of the source that was audited.
    """

    n: int = Field(ge=1)
    false_accepts: Literal[0]
    bound: float = Field(ge=0, le=1)
    date: str
    critic_version: str
    source_sha256: str


class CriticEntry(_Part):
    """One hard critic that accepted.

    Attributes:
        node: Its name in the graph.
        reads: What it judged, and the artefacts that it judged it by.
        id: Name of the implementation.
        version: Version of the implementation.
        options: Every setting that the verdict depends on.
        digests: SHA-256 of the external programs that it relied on.
        soundness: How much its ACCEPT is worth.
        verdict: Always ``accept``.
        proves: What its ACCEPT proves.
        audit: Its audit, if there was one. ``verify`` does not repeat it.
    """

    node: str
    reads: list[str]
    id: str
    version: str
    options: dict[str, Any]
    digests: dict[str, str]
    soundness: Literal["proof", "tests"]
    verdict: Literal["accept"]
    proves: str
    audit: AuditSummary | None = None

    @model_serializer(mode="wrap")
    def _without_nothing(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out an audit that there is none of: certificates from before there were any stay as they are."""
        document: dict[str, Any] = serialize(self)
        if self.audit is None:
            document.pop("audit", None)
        return document


class CertifiedArtefact(_Part):
    """An artefact of an earlier stage that the solution is built on."""

    name: str
    content: Any
    sha256: str


class Certificate(_Part):
    """A document with which anybody can run the critics again on the exact answer, without a model.

    Attributes:
        schema_version: Format of this document.
        modulo_version: Version of the library that wrote it.
        kind: ``solution``, or ``unsolvable`` where it certifies that there is none.
        domain: Name of the domain or graph.
        problem: The problem (JSON).
        problem_sha256: Hash of its canonical form (RFC 8785).
        artefacts: Certified artefacts of earlier stages, in order.
        solution: The solution (JSON).
        solution_sha256: Hash of its canonical form.
        claim: What is claimed.
        critics: The hard critics that accepted, in the graph's order.
        created_at: Time of certification, ISO 8601 in UTC.
        sha256: Hash of the canonical form of all of the above.
    """

    schema_version: str
    modulo_version: str
    kind: Literal["solution", "unsolvable"]
    domain: str
    problem: Any
    problem_sha256: str
    artefacts: list[CertifiedArtefact]
    solution: Any
    solution_sha256: str
    claim: Claim
    critics: list[CriticEntry]
    created_at: str
    sha256: str

    def to_bytes(self) -> bytes:
        """The one form in which a certificate is written: JSON with sorted keys, indented by two."""
        return _render(self.model_dump(warnings="none"))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file.

        Raises:
            OSError: The file cannot be written.
        """
        Path(path).write_bytes(self.to_bytes())

    def sign(self, private_key: FileOrBytes) -> bytes:
        """The detached Ed25519 signature of the file that ``save`` writes, for ``verify(.., signature=..)``.

        Args:
            private_key: The key, or the path of its file: PEM, without a passphrase.

        Raises:
            ConfigurationError: It cannot be read, or is no Ed25519 key.
            MissingDependencyError: The extra ``sign`` is not installed.
        """
        return sign(self.to_bytes(), private_key)

    @classmethod
    def from_bytes(cls, data: bytes) -> Certificate:
        """Read a certificate; this checks its form and its hash, and does not run its critics.

        Raises:
            CertificateError: It is no certificate, or some byte of it was changed.
        """
        try:
            document = parse_json(data)
            _check_schema(document)
            certificate = cls.model_validate(document)
            if certificate.sha256 != _digest(document):
                raise CertificateError("the certificate was changed: its hash does not fit its content")
            if _render(document) != data:
                raise CertificateError("the certificate is not in its one form: some byte was changed")
        except (ValidationError, ProblemError) as error:
            raise CertificateError(f"not a certificate: {_first_fault(error)}") from error
        return certificate

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Certificate:
        """Read a certificate file, as ``from_bytes`` does.

        Raises:
            CertificateError: The file cannot be read or is no intact certificate.
        """
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise CertificateError(f"the certificate {path} cannot be read: {error.strerror}") from error
        return cls.from_bytes(data)


def certificate_of(
    *,
    problem: Problem[Any],
    candidate: Candidate[Any],
    artefacts: Mapping[str, Candidate[Any]],
    critics: Sequence[tuple[CriticNode, Critique]],
    answer: str,
    created_at: datetime,
    modulo_version: str = __version__,
    audits: Mapping[str, AuditSummary] | None = None,
) -> Certificate:
    """Write the certificate of an accepted candidate.

    Args:
        problem: The problem.
        candidate: The accepted candidate.
        artefacts: Artefacts of earlier stages that it is built on.
        critics: All critics of the answer and of these artefacts with their critiques, all of them ACCEPT.
        answer: Name of the artefact that is the answer.
        created_at: Time of certification.
        modulo_version: Version of the library.
        audits: Audits of critics by the names of their nodes.

    Raises:
        CertificateError: A critique is not ACCEPT, or there is none on the answer, or a critic says something
            of itself that cannot stand in a certificate.
    """
    entries = [_entry(node, critique, (audits or {}).get(node.name)) for node, critique in critics]
    on_answer = [entry for entry in entries if entry["reads"][0] == answer]
    if not on_answer:
        raise CertificateError("no certificate without a hard critic on the answer")
    try:
        document = {
            "schema_version": SCHEMA,
            "modulo_version": modulo_version,
            "kind": "unsolvable" if candidate.claims_unsolvable else "solution",
            "domain": problem.domain,
            "problem": parse_json(problem.canonical),
            "problem_sha256": problem.sha256,
            "artefacts": [
                {"name": name, "content": parse_json(made.canonical), "sha256": made.sha256}
                for name, made in artefacts.items()
            ],
            "solution": parse_json(candidate.canonical),
            "solution_sha256": candidate.sha256,
            "claim": {
                "soundness": weakest([Soundness(entry["soundness"]) for entry in entries]).value,
                "text": "; ".join(dict.fromkeys(entry["proves"] for entry in on_answer)),
            },
            "critics": entries,
            "created_at": created_at.astimezone(UTC).isoformat(timespec="seconds"),
        }
        return Certificate.model_validate({**document, "sha256": _digest(document)})
    except (ValueError, TypeError) as error:
        _check_entries(entries)
        raise CertificateError(f"no certificate: {_first_fault(error)}") from error


def _check_entries(entries: Sequence[Mapping[str, Any]]) -> None:
    """Name the critic that says something of itself that cannot stand in a certificate, if one does."""
    for entry in entries:
        try:
            CriticEntry.model_validate(entry)
        except ValidationError as error:
            fault = _first_fault(error)
            raise CertificateError(f"no certificate: critic {entry['node']!r}: {fault}") from error


def _entry(node: CriticNode, critique: Critique, audit: AuditSummary | None) -> dict[str, Any]:
    critic = node.critic
    if critique.verdict is not Verdict.ACCEPT or critique.critic != node.name:
        raise CertificateError(f"no certificate: critic {node.name!r} did not accept")
    try:
        options = dict(critic.options())
        return {
            "node": node.name,
            "reads": list(node.reads),
            "id": critic.id,
            "version": critic.version,
            "options": parse_json(canonical_json(options)) if options else {},
            "digests": dict(critic.digests()),
            "soundness": Soundness(critic.soundness).value,
            "verdict": "accept",
            "proves": critique.proves or critic.proves,
            **({} if audit is None else {"audit": audit.model_dump()}),
        }
    except (ValueError, TypeError) as error:
        raise CertificateError(f"no certificate: critic {node.name!r}: {_first_fault(error)}") from error


def _check_schema(document: object) -> None:
    version = document.get("schema_version") if isinstance(document, dict) else None
    if isinstance(version, str) and version != SCHEMA:
        raise CertificateError(f"certificate schema {version!r} is not {SCHEMA!r}")


def _digest(document: Mapping[str, Any]) -> str:
    content = {key: value for key, value in document.items() if key != "sha256"}
    # Problem, solution and options stand a few levels down.
    return sha256_hex(canonical_json(content, max_depth=MAX_DEPTH + 4))


def _render(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=True) + "\n").encode()


def _first_fault(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'document'}: {first['msg']}"
    return str(error)
