"""Asks a judge about every answer of a sample."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final

from modulo.audit.judges.report import JudgedCase, JudgeReport
from modulo.audit.judges.sample import JudgeCase, draw_cases
from modulo.budget import Budget
from modulo.canonical import JsonValue, canonical_json
from modulo.domain import Domain
from modulo.errors import AuthenticationFailed, GenerationError, LimitReached, Malformed
from modulo.graph.program import Program
from modulo.ledger import Ledger
from modulo.llm_judge import LLMJudge
from modulo.problem import Problem
from modulo.protocols import Generator
from modulo.running.place import Place
from modulo.running.together import run_together

__all__ = ["audit_judge"]

_TOGETHER: Final = 8
"""Calls at the same time; how many a model takes is for its own limits."""


async def audit_judge(
    domain: Domain[Any],
    model: Generator,
    *,
    name: str,
    n: int,
    seed: int = 0,
    budget: Budget | None = None,
    on_judged: Callable[[], object] = lambda: None,
) -> JudgeReport:
    """Measure how often a model accepts wrong answers of a domain, and rejects right ones.

    It is shown what generators are shown of a problem, an answer, and what the critics' acceptance proves.

    Args:
        domain: The domain, whose critics say what is right.
        model: The judge.
        name: What to call it in the report.
        n: How many answers, half of them right.
        seed: Draws them.
        budget: Limits of all calls together; what does not fit is an abstention.
        on_judged: Called for each answer that is done with.

    Raises:
        ConfigurationError: The domain has no specimens, or too few.
        AuthenticationFailed: The model's provider refuses the key.
        ModuloError: Something that the model or a critic needs is missing.
    """
    cases = await draw_cases(domain, n, seed=seed)
    judge = LLMJudge(model, rubric=_rubric(domain), shows=_Shown(domain))
    ledger = Ledger(budget)
    await judge.prepare(ledger.limits)
    started = ledger.clock.now()
    judged: dict[int, JudgedCase] = {}
    remaining = iter(cases)

    async def work() -> None:
        for case in remaining:
            judged[case.number] = await _judged(judge, case, ledger)
            on_judged()

    await run_together([work] * min(_TOGETHER, n))
    return JudgeReport(
        domain=domain.name,
        judge=name,
        seed=seed,
        cases=tuple([judged[case.number] for case in cases]),
        usage=ledger.spent,
        unconfirmed=ledger.unconfirmed,
        seconds=ledger.clock.now() - started,
    )


async def _judged(judge: LLMJudge, case: JudgeCase, ledger: Ledger) -> JudgedCase:
    try:
        with Place(ledger, None, case.number):
            opinion = await judge.opinion(case.problem, case.document)
    except AuthenticationFailed:
        raise  # all the others would fail as well, and nothing would be measured
    except GenerationError as error:
        return JudgedCase(case=case, said="nothing", why_not=error.kind)
    except LimitReached as error:
        return JudgedCase(case=case, said="nothing", why_not=f"limit on {error.resource}")
    except Malformed:
        return JudgedCase(case=case, said="nothing", why_not="unreadable")
    return JudgedCase(case=case, said=opinion.verdict)


def _rubric(domain: Domain[Any]) -> str:
    critics = domain.graph_for_checking().check().answer.critics
    claims = dict.fromkeys(node.critic.proves for node in critics if node.critic.judges == "solutions")
    return f"It is right exactly if this holds of it: {'; '.join(claims)}."


class _Shown:
    """Writes problems as the domain's generator gets them, and answers as they stand in documents."""

    def __init__(self, domain: Domain[Any]) -> None:
        self._domain = domain
        self._program: Program = domain.graph_for_checking().check()

    def __call__(self, problem: Any, document: JsonValue) -> tuple[str, str]:
        answer = document if isinstance(document, str) else canonical_json(document).decode()
        return self._problem(problem), answer

    def _problem(self, problem: Any) -> str:
        prompt = self._program.answer.generators[0].prompt
        if prompt is None or len(inspect.signature(prompt).parameters) != 1:
            return Problem.of(problem, domain=self._domain.name).canonical.decode()
        opening = prompt(problem)
        if isinstance(opening, str):
            return opening
        return "\n\n".join(message.content for message in opening)
