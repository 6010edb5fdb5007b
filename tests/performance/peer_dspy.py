"""DSPy: ``BestOfN`` and ``Refine`` with the checker as their reward, and with the model as its own judge."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import dspy
import pydantic
from peer_problem import Answer, Run

__all__ = ["SETUPS"]

_Reward = Callable[[Any, Any], float]


class _LM(dspy.LM):
    """Told that the server holds answers to schemas, which DSPy cannot know of a local model."""

    @property
    def supports_response_schema(self) -> bool:
        return True

    @property
    def supported_params(self) -> set[str]:
        return {*super().supported_params, "response_format"}


class _Painter(dspy.Module):
    """As small a program as there is. ``Refine`` sends the source of its module's class along with each question for
    advice, so ``dspy.Predict`` itself, which is long, would cost most of a budget.
    """

    def __init__(self, signature: Any) -> None:
        super().__init__()
        self.painter = dspy.Predict(signature)

    def forward(self, problem: str) -> Any:
        return self.painter(problem=problem)


def _best_of_n(run: Run) -> Answer:
    return _presented(run, dspy.BestOfN, run.samples, _checked(run))


def _plain_best_of_n(run: Run) -> Answer:
    signature = dspy.Signature("problem: str -> coloring: dict[str, str]", "Color the graph.")
    return _presented(run, dspy.BestOfN, run.samples, lambda _, made: run.score(_text(made)), signature)


def _refine(run: Run) -> Answer:
    return _presented(run, dspy.Refine, run.samples, _checked(run))


def _judged_best_of_n(run: Run) -> Answer:
    return _presented(run, dspy.BestOfN, run.samples, _judged(run))


def _judged_refine(run: Run) -> Answer:
    return _presented(run, dspy.Refine, run.samples, _judged(run))


def _presented(run: Run, kind: Any, samples: int, reward: _Reward, signature: Any = None) -> Answer:
    """What the module returns.

    ``fail_count`` is raised: with the default, N, the exception of a refused call takes the place of the best answer
    that there was.
    """
    dspy.configure(lm=_model(run, run.remark_tokens), adapter=dspy.JSONAdapter())
    painter = _Painter(signature or _signature(run))
    painter.set_lm(_model(run, run.answer_tokens + 10))  # the name of the field is part of an answer
    module = kind(module=painter, N=samples, reward_fn=reward, threshold=1.0, fail_count=10 * samples)
    made = module(problem=run.prompt)
    return Answer(text=None if made is None else _text(made))


def _checked(run: Run) -> _Reward:
    # Refine sends this source to the model, so it says what is checked. Types see to nodes and colours.
    def share_of_right_edges(arguments: Any, made: Any) -> float:
        coloring = made.coloring.model_dump()
        conflicts = sum(coloring[one] == coloring[other] for one, other in run.edges)
        return 1.0 - conflicts / max(1, len(run.edges))

    return share_of_right_edges


def _judged(run: Run) -> _Reward:
    judge = dspy.Predict("problem: str, coloring: str -> is_right: bool")

    def is_right(arguments: Any, made: Any) -> float:
        return float(judge(problem=arguments["problem"], coloring=_text(made)).is_right)

    return is_right


def _model(run: Run, most_tokens: int) -> _LM:
    return _LM(
        f"openai/{run.model}",
        api_base=run.base_url,
        api_key="none",
        max_tokens=most_tokens,
        temperature=run.temperature,
        cache=False,
        num_retries=0,
    )


def _signature(run: Run) -> Any:
    color: Any = Literal[tuple(run.colors)]
    fields: Any = dict.fromkeys(run.nodes, (color, ...))
    coloring = pydantic.create_model("Coloring", __config__=pydantic.ConfigDict(extra="forbid"), **fields)
    signature = dspy.Signature(
        {"problem": (str, dspy.InputField()), "coloring": (coloring, dspy.OutputField())}
    )
    return signature.with_instructions("Color the graph.")


def _text(made: Any) -> str:
    coloring = made.coloring
    return json.dumps(coloring if isinstance(coloring, dict) else coloring.model_dump())


SETUPS = {
    "dspy.BestOfN, checker": _best_of_n,
    "dspy.BestOfN, checker, plain output": _plain_best_of_n,
    "dspy.Refine, checker": _refine,
    "dspy.BestOfN, own judge": _judged_best_of_n,
    "dspy.Refine, own judge": _judged_refine,
}
