"""A checked graph in the form that the scheduler runs: a chain of stages.

A stage is one artefact, everything that can make it, and everything that judges it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modulo.asynchrony import is_async
from modulo.canonical import Codec
from modulo.graph.nodes import CriticNode, GeneratorNode, ReformulatorNode, SoftCriticNode

__all__ = ["Program", "Stage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One artefact of a graph.

    Attributes:
        artefact: Name of the node whose value is judged: the last reformulator, or the generator itself.
        codec: For the artefact's type.
        generators: Alternatives that can make it.
        paths: The reformulators between each generator and the artefact, in order.
        critics: Hard critics of it, in the graph's order.
        soft_critics: Soft critics of it.
        withdraws: For each critic with a back edge, the artefacts whose generators it backprompts.
        heard_by: The generators that hear all that is said of the artefact: every critic backprompts them.
    """

    artefact: str
    codec: Codec[Any]
    generators: tuple[GeneratorNode, ...]
    paths: Mapping[str, tuple[ReformulatorNode, ...]]
    critics: tuple[CriticNode, ...]
    soft_critics: tuple[SoftCriticNode, ...]
    withdraws: Mapping[str, tuple[str, ...]]
    heard_by: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [node.name for node in self.generators]
        hearing_all = [name for name in names if all(name in critic.backprompts for critic in self.critics)]
        object.__setattr__(self, "heard_by", frozenset(hearing_all))


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A graph that passed its checks.

    Attributes:
        name: The graph's name.
        stages: By artefact, in an order in which each comes after those that it builds on. The last one is
            the answer.
        answer: The stage whose artefact is the solution.
        generators: All generator nodes, stage by stage.
        async_conversions: The reformulators that must be awaited, by how they are written.
        stage_of: The artefact that each generator makes.
        audits: Records of audits (``modulo.audits.Audits``); None if there are none.
        problem_types: The type of problem that each user-written function takes, with the function's name.
    """

    name: str
    stages: Mapping[str, Stage]
    stage_of: Mapping[str, str]
    problem_types: tuple[tuple[str, Any], ...]
    audits: Any = None
    generators: tuple[GeneratorNode, ...] = field(init=False, repr=False, compare=False)
    async_conversions: frozenset[str] = field(init=False, repr=False, compare=False)
    _generators: Mapping[str, GeneratorNode] = field(init=False, repr=False, compare=False)
    _stages: Mapping[str, Stage] = field(init=False, repr=False, compare=False)
    answer: Stage = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        nodes = {node.name: node for stage in self.stages.values() for node in stage.generators}
        paths = [path for stage in self.stages.values() for path in stage.paths.values()]
        conversions = frozenset([node.name for path in paths for node in path if is_async(node.convert)])
        object.__setattr__(self, "generators", tuple(nodes.values()))
        object.__setattr__(self, "async_conversions", conversions)
        object.__setattr__(self, "_generators", nodes)
        stages = {name: self.stages[artefact] for name, artefact in self.stage_of.items()}
        object.__setattr__(self, "_stages", stages)
        object.__setattr__(self, "answer", list(self.stages.values())[-1])

    def generator(self, name: str) -> GeneratorNode:
        """The generator node of that name."""
        return self._generators[name]

    def stage_for(self, generator: str) -> Stage:
        """The stage that a generator works for."""
        return self._stages[generator]

    @property
    def critics(self) -> tuple[CriticNode, ...]:
        """All hard critic nodes, stage by stage."""
        return tuple(node for stage in self.stages.values() for node in stage.critics)

    @property
    def soft_critics(self) -> tuple[SoftCriticNode, ...]:
        """All soft critic nodes, stage by stage."""
        return tuple(node for stage in self.stages.values() for node in stage.soft_critics)
