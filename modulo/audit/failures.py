"""Whether failures of critics come out as errors: a crash, an exit, a hang and a kill of each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, get_args

from msgspec import Struct

from modulo.audit.around import Failing, Failure
from modulo.audit.judging import Judged, Panel
from modulo.audit.subject import Subject
from modulo.checking import CheckVerdict
from modulo.graph import Graph
from modulo.running.workers import worker_pool

__all__ = ["InjectedFailure", "injected_failures"]

_MOST_IN_WORKERS: Final = 4
"""Critics of a graph that are failed in worker processes, each of which takes a second to start."""


class InjectedFailure(Struct, frozen=True, kw_only=True):
    """What was said when a critic failed on an answer that is right.

    Attributes:
        critic: Name of the critic's node.
        failure: How it failed.
        verdict: What came out; nothing but ``error`` will do.
    """

    critic: str
    failure: Failure
    verdict: CheckVerdict

    @property
    def is_told(self) -> bool:
        """Whether the failure came out as an error."""
        return self.verdict == "error"


async def injected_failures(
    subject: Subject, graph: Graph, gold: Sequence[Judged], *, in_workers: bool
) -> list[InjectedFailure]:
    """Fail each critic in every way, on a right answer that it accepts.

    Args:
        subject: What is audited.
        graph: Its graph.
        gold: Right answers and what became of them.
        in_workers: Whether in worker processes too, where alone a critic can be killed.
    """
    accepted = next((judged for judged in gold if judged.verdict == "accept"), None)
    if accepted is None:
        return []
    said = [critique.critic for critique in accepted.critiques]
    tried = [
        (name, failure)
        for place, name in enumerate(said)
        for failure in get_args(Failure)
        if failure == "crash" or (in_workers and place < _MOST_IN_WORKERS)
    ]
    async with worker_pool():
        return [await _failed(subject, graph, name, failure, accepted) for name, failure in tried]


async def _failed(subject: Subject, graph: Graph, name: str, failure: Failure, gold: Judged) -> InjectedFailure:
    changed = graph.with_nodes()
    node = graph.critics[name]
    changed.critics[name] = replace(node, critic=Failing(node.critic, failure))
    judged = await Panel(subject, changed).judge(gold.document)
    return InjectedFailure(critic=name, failure=failure, verdict=judged.verdict)
