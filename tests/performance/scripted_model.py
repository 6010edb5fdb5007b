"""A model of known skill behind HTTP, for comparisons of many problems in seconds.

What it answers depends on the problem, the call's place in its run, and whether the prompt says what was wrong with
an earlier answer; not on who asks. So it can compare accounts, overhead and what is presented as right. How much
critiques help is an assumption here, and so is what follows from it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counting_proxy import Request

from modulo.domains.graph_coloring import Coloring, ColoringProblem

__all__ = ["ScriptedModel", "Skill", "tokens_of"]

_CHARACTERS_PER_TOKEN = 4
_TOKENS_PER_MESSAGE = 4
_HINTED = "hint_"
"""The name of the field in which DSPy's ``Refine`` hands advice on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """What it is capable of; all are probabilities.

    Attributes:
        success: That an answer to the bare prompt is right.
        gain: What is added to that where the prompt tells what was wrong.
        misconception: That a problem is answered with the same wrong answer, nine times of ten, until a critique.
        judging: That it judges an answer rightly.
    """

    success: float = 0.15
    gain: float = 0.2
    misconception: float = 0.25
    judging: float = 0.7


class ScriptedModel:
    """A backend of ``CountingProxy``; ``Account.about`` is the number of the problem.

    Args:
        problems: With a colouring that solves each.
        skill: The same for all problems.
        seed: For all that is drawn.
    """

    def __init__(
        self, problems: Sequence[tuple[ColoringProblem, Coloring]], skill: Skill, *, seed: int = 0
    ) -> None:
        self._problems, self._skill, self._seed = problems, skill, seed

    def __call__(self, request: Request) -> tuple[int, dict[str, Any]]:
        """The answer in the form that is asked for."""
        body = request.body
        text = self._text(request, "\n".join(str(message["content"]) for message in body["messages"]))
        for stop in _listed(body.get("stop")):
            text = text.partition(stop)[0]
        most = int(body.get("max_tokens") or body.get("max_completion_tokens") or 10_000)
        is_cut = tokens_of(text) > most
        text = text[: most * _CHARACTERS_PER_TOKEN] if is_cut else text
        prompt_tokens = sum(tokens_of(str(m["content"])) + _TOKENS_PER_MESSAGE for m in body["messages"])
        usage = {"prompt_tokens": prompt_tokens, "completion_tokens": tokens_of(text)}
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "length" if is_cut else "stop",
        }
        return 200, {
            "id": f"scripted-{request.number}",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [choice],
            "usage": {**usage, "total_tokens": sum(usage.values())},
        }

    def _text(self, request: Request, prompt: str) -> str:
        problem, _ = self._problems[request.account.about]
        rng = random.Random(f"{self._seed}/{request.account.about}/{request.number}")
        asked = _fields_asked_for(request.body, prompt)
        if "advice" in asked:
            advice = {"painter": "Give one end of each edge in conflict another color."}
            return json.dumps({"discussion": "The coloring has conflicts.", "advice": advice})
        if "score" in asked:
            is_right = self._judges(rng, problem, prompt)
            return json.dumps({"score": 9 if is_right else 3, "reasoning": "So it seems to me."})
        if "is_right" in asked:
            return json.dumps({"is_right": self._judges(rng, problem, prompt)})
        messages = request.body["messages"]
        if messages[-1]["role"] == "assistant":
            return _continued(
                str(messages[-1]["content"]), problem, self._coloring(request, rng, criticised=False)
            )
        is_criticised = _HINTED in prompt or any(m["role"] == "assistant" for m in messages)
        coloring = self._coloring(request, rng, criticised=is_criticised)
        return json.dumps({"coloring": coloring} if "coloring" in asked else coloring)

    def _coloring(self, request: Request, rng: random.Random, *, criticised: bool) -> Coloring:
        problem, solution = self._problems[request.account.about]
        fixed = random.Random(f"{self._seed}/{request.account.about}/misconception")
        is_mistaken = fixed.random() < self._skill.misconception
        if is_mistaken and not criticised and rng.random() < 0.9:
            return _spoiled(problem, solution, fixed)
        success = self._skill.success + (self._skill.gain if criticised else 0)
        return dict(solution) if rng.random() < success else _spoiled(problem, solution, rng)

    def _judges(self, rng: random.Random, problem: ColoringProblem, prompt: str) -> bool:
        is_right = not _conflicts(problem, _last_coloring(prompt, problem))
        return is_right if rng.random() < self._skill.judging else not is_right


def tokens_of(text: str) -> int:
    """As many as it bills for a text."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def _listed(stop: str | Sequence[str] | None) -> Sequence[str]:
    return [stop] if isinstance(stop, str) else stop or ()


def _fields_asked_for(body: Mapping[str, Any], prompt: str) -> set[str]:
    """The fields of the schema that holds the answer; without one, those that the prompt names."""
    schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema", {})
    if schema:
        return set(schema.get("properties", ()))
    return {name for name in ("advice", "coloring", "is_right") if f"`{name}`" in prompt.rpartition("\n")[2]}


def _conflicts(problem: ColoringProblem, coloring: Mapping[str, str]) -> int:
    return sum(coloring.get(one) == coloring.get(other) for one, other in problem.edges)


def _spoiled(problem: ColoringProblem, solution: Coloring, rng: random.Random) -> Coloring:
    """The solution with some nodes given the colour of a neighbour."""
    spoiled = dict(solution)
    for one, other in rng.sample(problem.edges, k=rng.randint(1, 3)):
        spoiled[one] = spoiled[other]
    if not _conflicts(problem, spoiled):
        one, other = problem.edges[0]
        spoiled[one] = spoiled[other]
    return spoiled


def _continued(beginning: str, problem: ColoringProblem, coloring: Coloring) -> str:
    """One more entry of an object that has begun, and whatever follows."""
    missing = [node for node in problem.nodes if f'"{node}"' not in beginning]
    opening = "" if "{" in beginning else "{"
    return opening + ", ".join(f'"{node}": "{coloring[node]}"' for node in missing) + "}"


def _last_coloring(prompt: str, problem: ColoringProblem) -> Mapping[str, str]:
    for text in reversed(re.findall(r"\{[^{}]*\}", prompt)):
        try:
            found = json.loads(text)
        except ValueError:
            continue
        if isinstance(found, dict) and set(found) == set(problem.nodes):
            return found
    return {}
