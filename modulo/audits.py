"""Records of audits: which critic, of which source, was tried on how many wrong answers, and with what result.

A graph can demand them of its critics (``Graph(require_audit=True)``), and certificates show them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modulo.canonical import canonical_json, parse_json
from modulo.errors import ConfigurationError, ProblemError
from modulo.protocols import Critic
from modulo.sources import source_digest

__all__ = ["AUDITS_FILE", "AuditRecord", "Audits"]

SCHEMA: Final = "modulo.audits/1"
AUDITS_FILE: Final = "audits.json"
"""Where a domain's package keeps the records that come with it."""


class AuditRecord(BaseModel):
    """What an audit found out about a critic.

    Attributes:
        critic: Id of the critic.
        version: Its version.
        options: Its settings.
        source_sha256: Digest of its source; an audit of other code does not count.
        together_with: Ids of critics that judged with it. What was found holds for all of them together.
        subject: What was audited.
        seed: The seed that repeats the audit.
        n: Wrong documents in whose decision the critic took part.
        false_accepts: How many wrong documents were accepted.
        bound: The 95 % upper bound of the rate of false accepts.
        sound: Whether nothing at all was found.
        date: When, ISO 8601.
        modulo_version: Version of the library.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    critic: str
    version: str
    options: dict[str, Any]
    source_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    together_with: list[str]
    subject: str
    seed: int
    n: int = Field(ge=0)
    false_accepts: int = Field(ge=0)
    bound: float = Field(ge=0, le=1)
    sound: bool
    date: str
    modulo_version: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    schema_version: Literal["modulo.audits/1"]
    records: list[AuditRecord]


class Audits:
    """A collection of records."""

    def __init__(self, records: Iterable[AuditRecord] = ()) -> None:
        self.records = tuple(records)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Audits:
        """The records in a file that ``modulo audit --save`` wrote.

        Raises:
            ConfigurationError: It cannot be read, or holds no records.
        """
        try:
            return cls._read(Path(path).read_bytes(), str(path))
        except OSError as error:
            raise ConfigurationError(f"the audits {path} cannot be read: {error.strerror}") from error

    @classmethod
    def of_package(cls, package: str) -> Audits:
        """The records that come with a package, in its ``audits.json``; none if there is no such file.

        Raises:
            ConfigurationError: The file holds no records.
        """
        file = files(package).joinpath(AUDITS_FILE)
        return cls._read(file.read_bytes(), f"{package}/{AUDITS_FILE}") if file.is_file() else cls()

    @classmethod
    def _read(cls, data: bytes, where: str) -> Audits:
        try:
            return cls(_File.model_validate(parse_json(data)).records)
        except (ValidationError, ProblemError) as error:
            raise ConfigurationError(f"{where} holds no records of audits: {error}") from error

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write them to a file.

        Raises:
            OSError: The file cannot be written.
        """
        document = {"schema_version": SCHEMA, "records": [record.model_dump() for record in self.records]}
        Path(path).write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", "utf-8")

    def with_records(self, records: Iterable[AuditRecord]) -> Audits:
        """These and newer ones; a newer one replaces those of the same critic with the same settings."""
        newer = tuple(records)
        names = {_name(record) for record in newer}
        return Audits([*(record for record in self.records if _name(record) not in names), *newer])

    def record_of(
        self, critic: Critic[Any, Any], others: Sequence[Critic[Any, Any]] = ()
    ) -> AuditRecord | None:
        """The record that counts for a critic as it is now.

        Args:
            critic: The critic.
            others: Further critics that judge the same candidates.
        """
        return next((record for record in self.records if not _objection(record, critic, others)), None)

    def objection(self, critic: Critic[Any, Any], others: Sequence[Critic[Any, Any]] = ()) -> str | None:
        """Why no record counts for a critic, in words; None if one does."""
        own = [record for record in self.records if record.critic == critic.id]
        if not own:
            return "has no audit"
        objections = [_objection(record, critic, others) for record in own]
        return None if None in objections else objections[-1]


def _name(record: AuditRecord) -> tuple[str, bytes, tuple[str, ...]]:
    return record.critic, canonical_json(record.options), tuple(record.together_with)


def _objection(record: AuditRecord, critic: Critic[Any, Any], others: Sequence[Critic[Any, Any]]) -> str | None:
    if record.critic != critic.id:
        return "has no audit"
    if record.version != critic.version:
        return f"is of version {critic.version!r}, and its audit is of version {record.version!r}"
    if canonical_json(record.options) != canonical_json(dict(critic.options())):
        return "has other options than when it was audited"
    if record.source_sha256 != source_digest(critic):
        return "has another source than when it was audited"
    missing = sorted(set(record.together_with) - {other.id for other in others} - {critic.id})
    if missing:
        return f"was audited only together with {', '.join(missing)}"
    if not record.sound or record.false_accepts:
        return f"was not found sound by its audit of {record.date}"
    if not record.n:
        return "was audited on no wrong answer that it decided"
    return None if record.bound < 1 else f"was audited on {record.n} wrong answers, which says nothing"
