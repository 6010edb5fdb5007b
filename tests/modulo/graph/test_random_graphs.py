"""Graphs: any wiring is a sound program or a GraphError, in bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.errors import GraphError
from modulo.graph import Graph, Node
from modulo.graph.nodes import Either
from modulo.protocols import Critic
from tests.modulo.graph.graphs import (
    ProperRoute,
    Taste,
    accepts,
    accepts_two,
    anything,
    coloring_of,
    faults_of,
    is_colored,
    is_unsolvable,
    route_of,
)
from tests.modulo.sample_graphs import NOBODY, is_target, whole_number

NAMES = ("a", "b", "c", "maker 0.0", "end 0", "maker 1.0", "end 1", "judge 0")
names = st.sampled_from(NAMES)
nonsense = st.sampled_from(
    ["", " ", "nowhere", "a | b", None, 5, (), ["a"], {"a"}, Either(()), Node("a"), Node("x")]
)
read = names | st.builds(lambda x, y: Node(x) | Node(y), names, names)
reads = read | st.lists(read, max_size=3) | nonsense
conversions = st.sampled_from(
    [anything, whole_number, coloring_of, route_of, lambda: "", lambda a, b: a, 5, str]
)
critics = st.sampled_from(
    [accepts, accepts_two, is_colored, is_unsolvable, ProperRoute(), Taste(), is_target, None]
)
prompts = st.none() | st.sampled_from([lambda problem: "", lambda problem, other: "", "text"])
node_names = names | nonsense


def add_generator(name: Any, prompt: Any, reads: Any) -> Callable[[Graph], object]:
    return lambda graph: graph.generator(name, NOBODY, prompt=prompt, reads=reads)


def add_reformulator(name: Any, convert: Any, reads: Any) -> Callable[[Graph], object]:
    return lambda graph: graph.reformulator(name, convert, reads=reads)


def add_critic(name: Any, critic: Any, reads: Any, backprompts: Any) -> Callable[[Graph], object]:
    return lambda graph: graph.critic(name, critic, reads=reads, backprompts=backprompts)


def add_soft_critic(name: Any, critic: Any, reads: Any) -> Callable[[Graph], object]:
    return lambda graph: graph.soft_critic(name, critic, reads=reads)


wirings = st.lists(
    st.builds(add_generator, node_names, prompts, reads | st.just(()))
    | st.builds(add_reformulator, node_names, conversions, reads)
    | st.builds(add_critic, node_names, critics, reads, st.none() | reads)
    | st.builds(add_soft_critic, node_names, critics, reads),
    max_size=10,
)


@dataclass(frozen=True)
class Stage:
    """A stage of a random graph: what each of its makers reads, and whether it is converted and judged."""

    makers: Sequence[Sequence[int]]
    is_converted: bool
    is_judged: bool
    blames: int | None

    def add_to(self, graph: Graph, number: int, ends: Sequence[Node]) -> Node:
        for i, needs in enumerate(self.makers):
            graph.generator(f"maker {number}.{i}", NOBODY, reads=[ends[need] for need in needs])
        end: Any = Either(tuple(f"maker {number}.{i}" for i in range(len(self.makers))))
        if self.is_converted or len(self.makers) > 1:
            end = graph.reformulator(f"end {number}", anything, reads=end)
        if self.is_judged:
            blamed = () if self.blames is None else (f"maker {self.blames}.0",)
            targets = [*(f"maker {number}.{i}" for i in range(len(self.makers))), *blamed]
            graph.critic(f"judge {number}", accepts, reads=end, backprompts=targets)
        return end if isinstance(end, Node) else Node(end.names[0])


@st.composite
def layered(draw: st.DrawFn) -> Sequence[Stage]:
    """Stages that mostly make a sound graph."""
    stages: list[Stage] = []
    mostly = st.sampled_from([True] * 9 + [False])
    for number in range(draw(st.integers(1, 4))):
        before = range(number)
        makers = [
            [need for need in before if draw(mostly) or draw(st.booleans())]
            for _ in range(draw(st.integers(1, 2)))
        ]
        read = set().union(*makers)
        blames = draw(st.none() | st.sampled_from(sorted(read))) if read else None
        stages.append(Stage(makers, draw(st.booleans()), draw(mostly), blames))
    return stages


def graph_of_stages(stages: Sequence[Stage]) -> Graph:
    graph = Graph("g")
    ends: list[Node] = []
    for number, stage in enumerate(stages):
        ends.append(stage.add_to(graph, number, ends))
    return graph


def assert_is_sound(graph: Graph) -> None:
    """What must hold of every graph that passes its checks, said without looking at how it is checked."""
    program = graph.check()
    ends = list(program.stages)
    for end, stage in program.stages.items():
        hard = [n for n in stage.critics if n.critic.judges == "solutions" and isinstance(n.critic, Critic)]
        assert hard, f"{end} has no hard critic"
        assert stage.generators
        for generator in stage.generators:
            at = generator.name
            for reformulator in stage.paths[generator.name]:
                assert at in reformulator.reads
                at = reformulator.name
            assert at == end
            assert all(need in ends[: ends.index(end)] for need in generator.reads)
        for critic in stage.critics:
            assert critic.reads[0] == end
            assert critic.backprompts
            assert set(critic.backprompts) <= set(program.stage_of)
    on_path = {r.name for stage in program.stages.values() for path in stage.paths.values() for r in path}
    assert on_path == graph.reformulators.keys()
    assert {critic.name for critic in program.critics} == graph.critics.keys()
    read_by_generators = {need for generator in program.generators for need in generator.reads}
    assert set(ends) - read_by_generators == {program.answer.artefact}


@given(layered())
@settings(max_examples=200)
def test_a_graph_passes_exactly_if_every_artefact_is_judged_and_there_is_one_answer(
    stages: Sequence[Stage],
) -> None:
    graph = graph_of_stages(stages)
    unread = set(range(len(stages))).difference(*(needs for stage in stages for needs in stage.makers))
    if all(stage.is_judged for stage in stages) and len(unread) == 1:
        assert_is_sound(graph)
        assert len(graph.check().stages) == len(stages)
    else:
        unjudged = [number for number, stage in enumerate(stages) if not stage.is_judged]
        faults = faults_of(graph)
        assert sum("has no hard critic" in fault for fault in faults) == len(unjudged)
        assert any("ends of the graph" in fault for fault in faults) is (len(unread) > 1)


@given(st.just(()) | layered(), wirings)
@settings(max_examples=300)
def test_any_wiring_is_a_sound_program_or_a_graph_error_in_bounded_time(
    stages: Sequence[Stage], wiring: Sequence[Callable[[Graph], object]]
) -> None:
    started = time.monotonic()
    graph = graph_of_stages(stages)
    for add in wiring:
        add(graph)
    try:
        assert_is_sound(graph)
    except GraphError as error:
        faults = error.faults
    else:
        faults = ("none.",)
    assert faults
    assert all(isinstance(fault, str) and fault.endswith(".") for fault in faults)
    graph.to_mermaid()
    graph.to_dot()
    assert time.monotonic() - started < 5


def test_the_check_of_a_large_graph_takes_no_time_to_speak_of() -> None:
    graph = Graph("g")
    started = time.monotonic()
    for i in range(60):
        graph.generator(f"g{i}", NOBODY, reads=[f"r{j}" for j in range(i)])
        graph.reformulator(f"r{i}", anything, reads=f"g{i}")
        graph.critic(f"c{i}", accepts, reads=f"r{i}")
    assert len(graph.check().stages) == 60
    assert time.monotonic() - started < 20
