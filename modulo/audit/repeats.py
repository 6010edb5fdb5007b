"""Whether critics say the same again: in another order, made anew, in other processes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from msgspec import Struct

from modulo.audit.around import Around, can_be_sent
from modulo.audit.judging import Judged, Panel
from modulo.audit.subject import Subject
from modulo.critique import Critique
from modulo.graph import Graph
from modulo.running.workers import worker_pool

__all__ = ["Repeat", "repeats"]

_PROCESSES: Final = 3
"""Worker processes, one after the other: each orders its sets in another way."""
_MOST_IN_PROCESSES: Final = 60


class Repeat(Struct, frozen=True, kw_only=True):
    """Documents judged a second time.

    Attributes:
        way: How, in words.
        documents: How many.
        differing: Those that were judged otherwise than the first time, each as first and then.
        skipped: Why it was not tried, if it was not.
    """

    way: str
    documents: int
    differing: tuple[tuple[Judged, Judged], ...] = ()
    skipped: str | None = None


async def repeats(
    subject: Subject,
    panel: Panel,
    graph: Graph,
    first: Sequence[Judged],
    rng: random.Random,
    *,
    in_workers: bool,
) -> list[Repeat]:
    """Judge documents again in every way.

    Args:
        subject: What is audited.
        panel: The panel that judged them first.
        graph: Its graph.
        first: What it said.
        rng: For the other order.
        in_workers: Whether in worker processes too.
    """
    shuffled = list(first)
    rng.shuffle(shuffled)
    found = [
        await _again("the same critics, in reverse order", panel, list(reversed(first))),
        await _again("the same critics, in random order", panel, shuffled),
        await _again("new critics", Panel(subject, subject.fresh_graph()), shuffled),
    ]
    return [*found, await _in_processes(subject, graph, shuffled)] if in_workers else found


async def _again(way: str, panel: Panel, first: Sequence[Judged]) -> Repeat:
    differing = []
    for judged in first:  # one after the other, since the order is what matters
        again = await panel.judge(judged.document)
        if not _same(judged, again):
            differing.append((judged, again))
    return Repeat(way=way, documents=len(first), differing=tuple(differing))


async def _in_processes(subject: Subject, graph: Graph, first: Sequence[Judged]) -> Repeat:
    way = f"the same critics, in {_PROCESSES} worker processes"
    moved = graph.with_nodes()
    fit = {name: node for name, node in graph.critics.items() if can_be_sent(node.critic)}
    if not fit:
        return Repeat(way=way, documents=0, skipped="no critic can be sent to one")
    for name, node in fit.items():
        moved.critics[name] = replace(node, critic=Around(node.critic))
    documents = [judged for judged in first if judged.by_critics][:_MOST_IN_PROCESSES]
    differing: list[tuple[Judged, Judged]] = []
    share = -(-len(documents) // _PROCESSES)
    for start in range(0, len(documents), max(share, 1)):
        async with worker_pool():
            part = await _again(way, Panel(subject, moved), documents[start : start + share])
        differing += part.differing
    return Repeat(way=way, documents=len(documents), differing=tuple(differing))


def _same(one: Judged, other: Judged) -> bool:
    return one.verdict == other.verdict and _words(one.critiques) == _words(other.critiques)


def _words(critiques: tuple[Critique, ...]) -> list[tuple[Any, ...]]:
    """What backprompts would say: the same words must come in the same order every time."""
    return [
        (
            critique.critic,
            critique.verdict,
            [(v.code, v.message, v.location, v.hint) for v in critique.violations],
        )
        for critique in critiques
    ]
