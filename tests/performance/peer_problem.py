"""What a run of another library is given, and the sound checker that it may use.

It belongs to the programs that run in the scratch environment of ``peers.py``, which has no Modulo, and imports the
standard library only. Answers are judged again by Modulo's own critic, which shares no code with this checker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Answer", "Run", "coloring_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a library presents.

    Attributes:
        text: Its answer; None if it presents nothing.
        score: The score that it hands out with the answer, if it does so without being asked.
        error: What was raised, if that is why there is nothing.
    """

    text: str | None
    score: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One problem, with the model's address and how much may be asked of it.

    Attributes:
        base_url: The OpenAI-compatible server.
        model: Its model.
        prompt: The problem in words.
        schema: JSON schema of an answer.
        nodes: Of the graph.
        edges: Pairs of nodes.
        colors: That are allowed.
        temperature: For all samples.
        answer_tokens: That an answer can have at most.
        remark_tokens: The same for judgements and advice.
        samples: How many samples of the bare prompt the token budget pays for.
        judged_samples: The same if a judge reads each of them.
        particles: The same if each is made node by node.
    """

    base_url: str
    model: str
    prompt: str
    schema: Mapping[str, Any]
    nodes: Sequence[str]
    edges: Sequence[Sequence[str]]
    colors: Sequence[str]
    temperature: float
    answer_tokens: int
    remark_tokens: int
    samples: int
    judged_samples: int
    particles: int

    def score(self, text: str) -> float:
        """1 for a proper colouring, else the share of edges that are right, and 0 for what is none."""
        coloring = coloring_in(text)
        if coloring is None or set(coloring) != set(self.nodes):
            return 0.0
        return 1.0 - len(self.faults(text)) / max(1, len(self.edges))

    def faults(self, text: str) -> list[str]:
        """What is wrong with an answer, in sentences."""
        coloring = coloring_in(text)
        if coloring is None:
            return ["The answer is not one JSON object of nodes and colors."]
        missing = [f"Node {node} has no color." for node in self.nodes if node not in coloring]
        unknown = [f"{color} is not a color." for color in coloring.values() if color not in self.colors]
        return missing + unknown + self.conflicts(coloring)

    def conflicts(self, coloring: Mapping[str, str]) -> list[str]:
        """Edges with the same colour at both ends."""
        return [
            f"{one} and {other} are both {coloring[one]}, but an edge joins them."
            for one, other in self.edges
            if one in coloring and coloring[one] == coloring.get(other)
        ]


def coloring_in(text: str) -> dict[str, str] | None:
    """The first JSON object of texts in an answer."""
    found = re.search(r"\{[^{}]*\}", text)
    try:
        coloring = json.loads(found.group()) if found else None
    except ValueError:
        return None
    if not isinstance(coloring, dict) or not all(isinstance(color, str) for color in coloring.values()):
        return None
    return coloring
