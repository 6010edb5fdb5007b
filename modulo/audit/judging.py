"""Has critics judge documents the way that ``modulo check`` and a run do."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from modulo.audit.documents import AuditDocument
from modulo.audit.subject import Subject
from modulo.canonical import JsonValue, parse_json
from modulo.checking import Checked, Checker, CheckVerdict
from modulo.critique import Critique, malformed_critique
from modulo.graph import Graph
from modulo.graph.problems import as_problem
from modulo.problem import NO_SOLUTION, Candidate
from modulo.protocols import Expansion, Generation, Request
from modulo.running.jobs import Job, Plan
from modulo.running.reformulating import Reformulation
from modulo.running.together import run_together

__all__ = ["Judged", "Panel"]

_TOGETHER: Final = 32
"""Documents that are judged at the same time: critics that wait for processes leave the others time to work."""
_PROBLEMS_KEPT: Final = 16


class Judged(Struct, frozen=True, kw_only=True):
    """A document and what became of it.

    Attributes:
        document: The document.
        verdict: As of ``modulo check``.
        critiques: What was said of it.
        by_critics: Whether a hard critic saw it; otherwise it was refused for its form.
        content: Of a text, the answer that was read out of it; None if none was.
    """

    document: AuditDocument[Any]
    verdict: CheckVerdict
    critiques: tuple[Critique, ...]
    by_critics: bool
    content: JsonValue = None


class Panel:
    """The critics of one graph, judging documents about any number of problems.

    Args:
        subject: What is audited.
        graph: Its graph, or one with other critics in their places.
    """

    def __init__(self, subject: Subject, graph: Graph) -> None:
        self._read = subject.read
        self._graph = graph
        self.program = graph.check()
        self._checkers: OrderedDict[int, tuple[Any, Checker]] = OrderedDict()
        self._names = frozenset(node.name for node in self.program.critics)

    async def judge_all(self, documents: Sequence[AuditDocument[Any]]) -> list[Judged]:
        """Judge some documents, in order where no critic waits."""
        found: dict[int, Judged] = {}
        places = iter(range(len(documents)))

        async def work() -> None:
            for place in places:
                found[place] = await self.judge(documents[place])

        await run_together([work] * min(_TOGETHER, len(documents)))
        return [found[place] for place in range(len(documents))]

    async def judge(self, document: AuditDocument[Any]) -> Judged:
        """Judge one document.

        Raises:
            ModuloError: As ``modulo.checking.check``.
        """
        if document.route == "text":
            return await self._judge_text(document)
        if document.route == "claim":
            claimed = await self._checker(document.problem).check(NO_SOLUTION)
            return _judged(document, claimed, self._names)
        try:
            candidate = self._read(document.document, document.problem)
        except ValueError as error:
            return _judged(document, _refused(malformed_critique(error, critic="format")), self._names)
        checked = await self._checker(document.problem).check(candidate)
        if (
            checked.verdict == "accept"
            and document.expected == "reject"
            and document.family != "case"  # of which somebody has said what is expected
            and self._is_an_answer(document, candidate)
        ):
            document = replace(document, expected="accept")
        return _judged(document, checked, self._names)

    def _is_an_answer(self, document: AuditDocument[Any], candidate: Any) -> bool:
        """Whether what was read, and would be certified, is to the byte a right answer that was written otherwise."""
        encode, problem = self.program.answer.codec.encode, document.problem
        answers = [encode(self._read(answer, problem)) for answer in document.specimen.answers]
        return encode(candidate) in answers

    async def _judge_text(self, document: AuditDocument[Any]) -> Judged:
        assert isinstance(document.document, str)
        found = await self._reformulated(document.problem, document.document)
        if isinstance(found, Critique):
            return _judged(document, _refused(found), self._names)
        checked = await self._checker(document.problem).check(found.value())
        return _judged(document, checked, self._names, content=parse_json(found.canonical))

    async def _reformulated(self, problem: Any, text: str) -> Candidate[Any] | Critique:
        """What the graph's reformulators make of a text, as in a run."""
        stage = self.program.answer
        node = stage.generators[0]
        wrapped = as_problem(self._graph, problem)
        job = Job(
            plan=Plan(expansion=Expansion(node=node.name), first_attempt=0, round=0, turn=0),
            samples=1,
            attempts_held=None,
            request=Request(problem=wrapped, messages=(), node=node.name, turn=0),
            node=node,
            stage=stage,
            inputs={},
            artefacts={},
            prompt_sha256="",
            sees_all_critiques=True,
        )
        return await Reformulation(self.program, wrapped).candidate(job, Generation(text=text))

    def _checker(self, problem: Any) -> Checker:
        """The checker of a problem, known by the object: a series of documents shares it."""
        known = self._checkers.get(id(problem))
        if known is None:
            known = self._checkers[id(problem)] = (problem, Checker(self._graph, problem))
            if len(self._checkers) > _PROBLEMS_KEPT:
                self._checkers.popitem(last=False)
        return known[1]


def _refused(critique: Critique) -> Checked:
    return Checked(verdict="error" if critique.failed else "reject", critiques=(critique,))


def _judged(
    document: AuditDocument[Any], checked: Checked, names: frozenset[str], content: JsonValue = None
) -> Judged:
    return Judged(
        document=document,
        verdict=checked.verdict,
        critiques=checked.critiques,
        by_critics=any(critique.critic in names for critique in checked.critiques),
        content=content,
    )
