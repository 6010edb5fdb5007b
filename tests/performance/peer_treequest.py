"""TreeQuest: AB-MCTS-A with the checker as its score.

Its users write what is asked of the model; here, it is told what was wrong with the answer that it goes on from.
"""

from __future__ import annotations

import openai
import treequest
from peer_problem import Answer, Run

__all__ = ["SETUPS"]

_MOST_STEPS = 1_000
"""The budget ends a run."""


def _adaptive_tree(run: Run) -> Answer:
    """Steps until one is right or a call is refused; then the best state is the answer, with its score."""
    client = openai.OpenAI(base_url=run.base_url, api_key="none", max_retries=0)

    def generate(parent: str | None) -> tuple[str, float]:
        answer = _ask(client, run, parent)
        return answer, run.score(answer)

    algorithm = treequest.ABMCTSA()
    state = algorithm.init_tree()
    for _ in range(_MOST_STEPS):
        try:
            state = algorithm.step(state, {"generate": generate})
        except openai.BadRequestError as refusal:
            return _best(algorithm, state, str(refusal))
        if treequest.top_k(state, algorithm, k=1)[0][1] >= 1.0:
            break
    return _best(algorithm, state, None)


def _best(algorithm: treequest.ABMCTSA, state: object, error: str | None) -> Answer:
    if not algorithm.get_state_score_pairs(state):
        return Answer(text=None, error=error)
    [(text, score)] = treequest.top_k(state, algorithm, k=1)
    return Answer(text=text, score=score)


def _ask(client: openai.OpenAI, run: Run, parent: str | None) -> str:
    messages = [{"role": "user", "content": run.prompt}]
    if parent is not None:
        wrong = "\n".join(f"- {fault}" for fault in run.faults(parent))
        messages += [
            {"role": "assistant", "content": parent},
            {"role": "user", "content": f"That is not correct.\n{wrong}\nGive a corrected answer."},
        ]
    response = client.chat.completions.create(
        model=run.model,
        messages=messages,
        max_tokens=run.answer_tokens,
        temperature=run.temperature,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": run.schema, "strict": True},
        },
    )
    return str(response.choices[0].message.content)


SETUPS = {"treequest.ABMCTSA": _adaptive_tree}
