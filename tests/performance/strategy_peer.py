"""One run of another library. Runs in the scratch environment that ``peers.py`` makes, which has no Modulo.

Reads its settings as JSON from standard input; the last line that it prints is ``{"answer": TEXT or null}``.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

_SETTINGS = json.loads(sys.stdin.read())
_MOST_CALLS = 100
"""The token budget ends a run; this is only so that a library that is asked for a number has one."""


def main() -> None:
    """Run it and print what it presents."""
    answer = {
        "dspy.BestOfN": _dspy,
        "dspy.Refine": _dspy,
        "treequest.ABMCTSA": _treequest,
        "its_hub.BestOfN": _its_hub,
    }[_SETTINGS["peer"]]()
    print(json.dumps({"answer": answer}))


def share_of_right_edges(text: str) -> float:
    """The sound checker that every library is given: 1 if the colouring is proper, less the more is wrong."""
    found = re.search(r"\{[^{}]*\}", text)
    try:
        coloring = json.loads(found.group()) if found else None
    except ValueError:
        coloring = None
    if not isinstance(coloring, dict) or set(coloring) != set(_SETTINGS["nodes"]):
        return 0.0
    if not all(color in _SETTINGS["colors"] for color in coloring.values()):
        return 0.0
    wrong = sum(coloring[one] == coloring[other] for one, other in _SETTINGS["edges"])
    return 1.0 - wrong / max(1, len(_SETTINGS["edges"]))


def _ask(messages: list[dict[str, str]]) -> str:
    import litellm

    schema = {"name": "answer", "schema": _SETTINGS["schema"], "strict": True}
    response = litellm.completion(
        model=f"openai/{_SETTINGS['model']}",
        api_base=_SETTINGS["base_url"],
        api_key="none",
        messages=messages,
        max_tokens=_SETTINGS["max_tokens"],
        temperature=0.7,
        num_retries=0,
        max_retries=0,
        response_format={"type": "json_schema", "json_schema": schema},
    )
    return str(response.choices[0].message.content)


def _treequest() -> str | None:
    """AB-MCTS-A, which refines by telling the score; the best state is its answer."""
    import treequest

    def generate(parent: str | None) -> tuple[str, float]:
        messages = [{"role": "user", "content": _SETTINGS["prompt"]}]
        if parent is not None:
            score = share_of_right_edges(parent)
            messages += [
                {"role": "assistant", "content": parent},
                {
                    "role": "user",
                    "content": f"The score of this answer is {score:.2f} of 1. Give a better one.",
                },
            ]
        answer = _ask(messages)
        return answer, share_of_right_edges(answer)

    algorithm = treequest.ABMCTSA()
    state = algorithm.init_tree()
    for _ in range(_MOST_CALLS):
        try:
            state = algorithm.step(state, {"generate": generate})
        except Exception:
            break
        if treequest.top_k(state, algorithm, k=1)[0][1] >= 1.0:
            break
    found = treequest.top_k(state, algorithm, k=1)
    return found[0][0] if found else None


def _dspy() -> str | None:
    import dspy

    model = dspy.LM(
        f"openai/{_SETTINGS['model']}",
        api_base=_SETTINGS["base_url"],
        api_key="none",
        max_tokens=_SETTINGS["max_tokens"],
        temperature=0.7,
        cache=False,
        num_retries=0,
    )
    dspy.configure(lm=model, adapter=dspy.JSONAdapter())
    signature: Any = dspy.Signature("problem: str -> coloring: dict[str, str]")
    kind = dspy.BestOfN if _SETTINGS["peer"] == "dspy.BestOfN" else dspy.Refine
    module = kind(
        module=dspy.Predict(signature),
        N=_MOST_CALLS,
        reward_fn=lambda _, made: share_of_right_edges(json.dumps(made.coloring)),
        threshold=1.0,
        fail_count=_MOST_CALLS,
    )
    try:
        made = module(problem=_SETTINGS["prompt"])
    except Exception:
        return None
    return None if made is None else json.dumps(made.coloring)


def _its_hub() -> str | None:
    from its_hub.api.reward_models.orm import AbstractOutcomeRewardModel
    from its_hub.core.algorithms.bon import BestOfN
    from its_hub.core.lms.openai_lm import OpenAICompatibleLanguageModel

    class Checker(AbstractOutcomeRewardModel):
        def score(self, messages: Any, **rest: Any) -> Any:
            batch = messages if isinstance(messages, list) and isinstance(messages[0], list) else [messages]
            scores = [share_of_right_edges(str(_last(one))) for one in batch]
            return scores if batch is messages else scores[0]

        async def ascore(self, messages: Any, orchestrator: Any = None, **rest: Any) -> Any:
            return self.score(messages)

    model = OpenAICompatibleLanguageModel(
        _SETTINGS["base_url"],
        "none",
        _SETTINGS["model"],
        max_tokens=_SETTINGS["max_tokens"],
        temperature=0.7,
        max_tries=1,
    )
    # It asks for all samples at once, so the budget is put into a number of calls beforehand.
    calls = _SETTINGS.get("calls", 8)
    try:
        found = BestOfN(Checker()).infer(model, _SETTINGS["prompt"], calls)
    except Exception as error:
        print(error, file=sys.stderr)
        return None
    return str(found["content"])


def _last(conversation: Any) -> Any:
    last = conversation[-1] if isinstance(conversation, list) else conversation
    return last["content"] if isinstance(last, dict) else getattr(last, "content", last)


if __name__ == "__main__":
    main()
