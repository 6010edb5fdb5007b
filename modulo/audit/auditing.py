"""Carries out an audit."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from msgspec.structs import replace

from modulo.audit.documents import AuditDocument, drawn_documents, oracle_verdict
from modulo.audit.failures import injected_failures
from modulo.audit.interruptions import interruptions
from modulo.audit.judging import Judged, Panel
from modulo.audit.repeats import repeats
from modulo.audit.report import AuditedCritic, AuditReport
from modulo.audit.shrinking import shrunk
from modulo.audit.subject import Subject
from modulo.audit.tally import Fault, Tally, fault_in
from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.graph import Graph
from modulo.logs import expecting_failures
from modulo.running.workers import worker_pool
from modulo.sources import source_digest
from modulo.specimens import Specimens

__all__ = ["DEFAULT_DOCUMENTS", "run_audit"]

DEFAULT_DOCUMENTS: Final = 10_000
_CHUNK: Final = 256
_MOST_REPEATED: Final = 300
_MOST_SHRUNK: Final = 12
_MOST_SECONDS_SHRINKING: Final = 30.0


async def run_audit(
    subject: Subject, *, n: int = DEFAULT_DOCUMENTS, seed: int = 0, in_workers: bool = True
) -> AuditReport:
    """Try the critics of a subject on n documents, and on failures of all kinds.

    Args:
        subject: What to audit.
        n: How many documents are judged.
        seed: The same seed gives the same documents.
        in_workers: Whether critics also judge, and are made to fail, in worker processes, which takes some seconds.

    Raises:
        ModuloError: The graph is unsound, or a critic needs something that is missing.
        ConfigurationError: n makes no sense.
    """
    if n < 1:
        raise ConfigurationError(f"an audit judges at least one document, not {n}")
    with expecting_failures():
        return await _run(subject, n, seed, in_workers)


async def _run(subject: Subject, n: int, seed: int, in_workers: bool) -> AuditReport:
    started = time.perf_counter()
    graph = subject.fresh_graph()
    # Before anything is judged: what is judged has been loaded, and files may change meanwhile.
    digests = {name: source_digest(node.critic) for name, node in subject.fresh_graph().critics.items()}
    panel = Panel(subject, graph)
    tally, sample = Tally(), _Sample()
    made = islice(drawn_documents(subject.specimens, n, seed=seed, with_texts=True), n)
    async with worker_pool():
        for chunk in _chunks(made):
            for judged in await panel.judge_all(chunk):
                tally.add(judged, subject.specimens)
                sample.add(judged)
        faults = await _made_small(tally, panel, subject.specimens)
        rng = random.Random(f"{seed}/again")  # noqa: S311  audits repeat by their seed
        again = await repeats(subject, panel, graph, sample.chosen, rng, in_workers=in_workers)
        failures = await injected_failures(subject, graph, sample.gold, in_workers=in_workers)
    interrupted, swallowed = interruptions(subject, graph, sample.rejected, rng)
    return AuditReport(
        subject=subject.name,
        seed=seed,
        specimens=subject.specimens.describe(),
        critics=_critics(graph, tally, digests),
        families=tuple(sorted(tally.families.values(), key=lambda family: family.family)),
        faults=tuple(faults),
        repeats=tuple(again),
        failures=tuple(failures),
        interrupted=interrupted,
        swallowed=tuple(swallowed),
        seconds=time.perf_counter() - started,
    )


class _Sample:
    """Judgements that are kept: the first of each family in turn, so that all families are among them."""

    def __init__(self) -> None:
        self._by_family: dict[str, list[Judged]] = {}
        self._kept = 0

    def add(self, judged: Judged) -> None:
        if judged.document.family == "huge":
            return
        kept = self._by_family.setdefault(judged.document.family, [])
        if len(kept) < _MOST_REPEATED // 10 and self._kept < 4 * _MOST_REPEATED:
            kept.append(judged)
            self._kept += 1

    @property
    def chosen(self) -> list[Judged]:
        return list(islice(self._in_turn(), _MOST_REPEATED))

    @property
    def gold(self) -> list[Judged]:
        return self._by_family.get("gold", [])

    @property
    def rejected(self) -> list[Judged]:
        return [judged for judged in self._in_turn() if judged.verdict == "reject" and judged.by_critics]

    def _in_turn(self) -> Iterator[Judged]:
        for place in range(_MOST_REPEATED):
            yield from (kept[place] for kept in self._by_family.values() if place < len(kept))


def _chunks(documents: Iterable[AuditDocument[Any]]) -> Iterator[list[AuditDocument[Any]]]:
    remaining = iter(documents)
    while chunk := list(islice(remaining, _CHUNK)):
        yield chunk


async def _made_small(tally: Tally, panel: Panel, specimens: Specimens[Any]) -> list[Fault]:
    """The faults with examples as small as can be, the worst kind first."""
    order = ["false_accept", "false_reject", "no_verdict", "disputed_reject", "error"]
    faults = sorted(tally.faults.values(), key=lambda fault: order.index(fault.kind))
    until = time.monotonic() + _MOST_SECONDS_SHRINKING
    return [
        await _small(fault, panel, specimens, until) if place < _MOST_SHRUNK else fault
        for place, fault in enumerate(faults)
    ]


async def _small(fault: Fault, panel: Panel, specimens: Specimens[Any], until: float) -> Fault:
    """The same fault on a smaller document. Only the oracle can say of another document whether it is right."""
    document = fault.judged.document
    smallest = fault
    if document.route == "claim" or (document.route == "text" and document.expected == "accept"):
        return fault

    async def still_shows(smaller: JsonValue) -> bool:
        nonlocal smallest
        if time.monotonic() > until:
            return False
        if document.route == "document":
            right = oracle_verdict(specimens, document.problem, smaller)
            if right is None or right != (document.expected == "accept"):
                return False
        found = fault_in(await panel.judge(replace(document, document=smaller)), specimens)
        if found is None or found.kind != fault.kind:
            return False
        smallest = found
        return True

    await shrunk(document.document, still_shows)
    return smallest


def _critics(graph: Graph, tally: Tally, digests: Mapping[str, str]) -> tuple[AuditedCritic, ...]:
    stage = graph.check().answer
    ids = [node.critic.id for node in stage.critics if tally.taken_part.get(node.name)]
    return tuple(
        AuditedCritic(
            node=node.name,
            id=node.critic.id,
            version=node.critic.version,
            options=dict(node.critic.options()),
            source_sha256=digests[node.name],
            together_with=tuple(sorted(set(ids) - {node.critic.id})),
            n=tally.taken_part.get(node.name, 0),
        )
        for node in stage.critics
    )
