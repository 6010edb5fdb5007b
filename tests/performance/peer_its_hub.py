"""its_hub: best-of-n with the checker and with its own judge, self-consistency, and particle filtering.

Its algorithms take a number of samples, not of tokens, and lose everything if one call fails. So they are given as
many samples as the budget pays for in the worst case.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from typing import Any

from its_hub.api import AbstractOutcomeRewardModel, AbstractProcessRewardModel
from its_hub.core.algorithms.bon import BestOfN
from its_hub.core.algorithms.particle_gibbs import ParticleFiltering
from its_hub.core.algorithms.self_consistency import SelfConsistency
from its_hub.core.lms.openai_lm import OpenAICompatibleLanguageModel
from its_hub.core.lms.step_generation import StepGeneration
from its_hub.core.reward_models.llm_judge import LLMJudge
from peer_problem import Answer, Run, coloring_in

__all__ = ["SETUPS"]

warnings.simplefilter("ignore", DeprecationWarning)  # its own, of methods that its algorithms call


class _Checker(AbstractOutcomeRewardModel):
    """Scores conversations by their last message."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def score(self, messages: Any, **rest: Any) -> Any:
        if messages and isinstance(messages[0], list):
            return [self.score(conversation) for conversation in messages]
        return self._run.score(str(messages[-1].content))

    async def ascore(self, messages: Any, orchestrator: Any = None, **rest: Any) -> Any:
        return self.score(messages)


class _StepChecker(AbstractProcessRewardModel):
    """Scores the beginnings of answers: 1 without a conflict."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def score(self, prompt_or_messages: Any, steps: Sequence[str]) -> list[float]:
        return [self._scored(text) for text in steps]

    async def ascore(self, prompt_or_messages: Any, steps: Sequence[str]) -> list[float]:
        return self.score(prompt_or_messages, steps)

    def _scored(self, text: str) -> float:
        coloring = coloring_in(text.rstrip(", \n}") + "}")
        if coloring is None:
            return 0.0
        return 1.0 - len(self._run.conflicts(coloring)) / max(1, len(self._run.edges))


class _WithSchema(OpenAICompatibleLanguageModel):
    """Holds answers to the schema. The algorithms pass no format on, so it is set here."""

    def __init__(self, schema: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self._format = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema, "strict": True},
        }

    async def agenerate_single(self, messages: Any, **settings: Any) -> Any:
        return await super().agenerate_single(messages, **{**settings, "response_format": self._format})


def _checked_best_of_n(run: Run) -> Answer:
    return _presented(run, BestOfN(_Checker(run)), run.samples)


def _judged_best_of_n(run: Run) -> Answer:
    judge = LLMJudge(OpenAICompatibleLanguageModel(**_settings(run, run.remark_tokens)))
    return _presented(run, BestOfN(judge), run.judged_samples)


def _self_consistency(run: Run) -> Answer:
    algorithm = SelfConsistency(lambda text: json.dumps(coloring_in(text) or text, sort_keys=True))
    return _presented(run, algorithm, run.samples)


def _particle_filtering(run: Run) -> Answer:
    """Node by node. A schema cannot hold what begins in the middle of an answer, so there is none."""
    steps = StepGeneration(
        max_steps=len(run.nodes) + 2, step_token=",", stop_token="}", temperature=run.temperature
    )
    most_in_a_step = run.answer_tokens // len(run.nodes) + 8
    model = OpenAICompatibleLanguageModel(**_settings(run, most_in_a_step))
    found = ParticleFiltering(steps, _StepChecker(run)).infer(model, run.prompt, run.particles)
    return Answer(text=str(found["content"]))


def _presented(run: Run, algorithm: Any, samples: int) -> Answer:
    model = _WithSchema(run.schema, **_settings(run, run.answer_tokens))
    return Answer(text=str(algorithm.infer(model, run.prompt, samples)["content"]))


def _settings(run: Run, most_tokens: int) -> dict[str, Any]:
    return {
        "endpoint": run.base_url,
        "api_key": "none",
        "model_name": run.model,
        "max_completion_tokens": most_tokens,
        "temperature": run.temperature,
        "max_tries": 1,
    }


SETUPS = {
    "its_hub.BestOfN, checker": _checked_best_of_n,
    "its_hub.BestOfN, own judge": _judged_best_of_n,
    "its_hub.SelfConsistency": _self_consistency,
    "its_hub.ParticleFiltering": _particle_filtering,
}
