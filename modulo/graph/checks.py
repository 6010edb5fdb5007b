"""The checks that a graph must pass before it is run, and the stages that come out of them.

Every fault becomes one sentence that names the nodes; all of them are reported at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import networkx

from modulo.asynchrony import is_async
from modulo.canonical import Codec, codec_for
from modulo.errors import GraphError, ProblemError
from modulo.graph.annotations import fits, parameter_type, type_text
from modulo.graph.declarations import critic_faults, needs_workers, runs_in_process, signature_faults
from modulo.graph.drawing import digraph
from modulo.graph.nodes import CriticNode, ReformulatorNode, is_name
from modulo.graph.program import Program, Stage

if TYPE_CHECKING:
    from modulo.graph import Graph

__all__ = ["compile_graph"]


def compile_graph(graph: Graph) -> Program:
    """Check a graph and make its stages.

    Raises:
        GraphError: It has faults; all of them.
    """
    structure = _Structure(graph)
    faults = [
        *graph.declaration_faults,
        *_name_faults(graph),
        *_cycle_faults(graph),
        *structure.faults(),
        *critic_faults(graph),
        *signature_faults(graph),
        *_audit_faults(graph),
        *_type_faults(graph, structure),
    ]
    if faults:
        raise GraphError(graph.name, tuple(dict.fromkeys(faults)))
    return structure.program()


def _audit_faults(graph: Graph) -> Iterator[str]:
    """Audits that cannot be read, and every hard critic without a current one, if the graph demands them."""
    if graph.require_audit or graph.audits is not None:
        from modulo.graph.auditing import audit_faults

        yield from audit_faults(graph)


class _Structure:
    """How artefacts come about in a graph, as far as its faults allow to tell."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.all_nodes = _all_nodes(graph)
        self.paths: dict[str, tuple[ReformulatorNode, ...]] = {}
        self.forks: dict[str, tuple[str, ...]] = {}
        for name in graph.generators:
            self.paths[name] = self._path_from(name)
        self.end_of = {name: path[-1].name if path else name for name, path in self.paths.items()}
        self.ends = tuple(dict.fromkeys(self.end_of.values()))
        self.stage_graph = self._stage_graph()
        self.always_builds_on = self._always_builds_on()

    def faults(self) -> Iterator[str]:
        """Everything wrong with the way artefacts flow."""
        if not self.graph.generators:
            yield "it has no generator."
            return
        for node, readers in self.forks.items():
            yield f"{node!r} is converted by {_listed(readers)}; only one reformulator may convert it."
        yield from self._unreachable()
        yield from self._critic_reads()
        yield from self._generator_reads()
        yield from self._reformulator_reads()
        yield from self._backprompt_targets()
        yield from self._uncertified()
        answers = self._answers()
        if len(answers) > 1:
            yield f"{_listed(answers)} are all ends of the graph; a graph has one answer."
        if not answers and self.ends:
            yield "it has no answer: every artefact is read by a generator."

    def program(self) -> Program:
        """The stages of a graph without faults."""
        order = networkx.lexicographical_topological_sort(self.stage_graph, key=self.ends.index)
        # The answer depends on everything else, so it comes last.
        stages = {end: self._stage(end) for end in order}
        return Program(
            name=self.graph.name,
            stages=stages,
            stage_of=self.end_of,
            problem_types=tuple(problem_types(self.graph)),
            audits=self._audits(),
        )

    def _audits(self) -> Any:
        if self.graph.audits is None:
            return None
        from modulo.graph.auditing import audits_of

        return audits_of(self.graph.audits)

    def codec(self, end: str) -> Codec[Any]:
        """The codec of an artefact.

        Raises:
            ProblemError: Its type cannot be turned into JSON.
        """
        return codec_for(self.annotation(end))

    def annotation(self, node: str) -> Any:
        """The type of the values that a node gives."""
        if node in self.graph.generators:
            return str
        reformulator = self.graph.reformulators.get(node)
        if reformulator is None:
            return Any
        if reformulator.convert is None:
            return self.annotation(reformulator.reads[0])
        return reformulator.annotation

    def makers(self, end: str) -> tuple[str, ...]:
        """The generators that can make an artefact."""
        return tuple(name for name, its_end in self.end_of.items() if its_end == end)

    def builds_on(self, end: str) -> frozenset[str]:
        """All artefacts that an artefact is built on."""
        stages = self.stage_graph
        return frozenset(networkx.ancestors(stages, end)) - {end} if end in stages else frozenset()

    def _path_from(self, generator: str) -> tuple[ReformulatorNode, ...]:
        path: list[ReformulatorNode] = []
        at = generator
        while True:
            readers = [r for r in self.graph.reformulators.values() if at in r.reads and r not in path]
            if len(readers) > 1:
                self.forks[at] = tuple(r.name for r in readers)
            if not readers:
                return tuple(path)
            path.append(readers[0])
            at = readers[0].name

    def _stage_graph(self) -> networkx.DiGraph[str]:
        result: networkx.DiGraph[str] = networkx.DiGraph()
        result.add_nodes_from(self.ends)
        for name, node in self.graph.generators.items():
            result.add_edges_from((need, self.end_of[name]) for need in node.reads if need in self.ends)
        return result

    def _always_builds_on(self) -> Mapping[str, frozenset[str]]:
        """All artefacts that an artefact is built on whichever of its generators makes it."""
        if not networkx.is_directed_acyclic_graph(self.stage_graph):
            return {end: self.builds_on(end) for end in self.ends}
        found: dict[str, frozenset[str]] = {}
        for end in networkx.topological_sort(self.stage_graph):
            by_maker = (self.graph.generators[maker].reads for maker in self.makers(end))
            needs = ([need for need in reads if need in found] for reads in by_maker)
            found[end] = frozenset.intersection(*(frozenset(n).union(*(found[i] for i in n)) for n in needs))
        return found

    def _stage(self, end: str) -> Stage:
        generators = tuple(self.graph.generators[name] for name in self.makers(end))
        critics = tuple(self._with_targets(node) for node in self._judges(end))
        return Stage(
            artefact=end,
            codec=self.codec(end),
            generators=generators,
            paths={node.name: self.paths[node.name] for node in generators},
            critics=critics,
            soft_critics=tuple(n for n in self.graph.soft_critics.values() if n.reads[0] == end),
            withdraws={n.name: withdrawn for n in critics if (withdrawn := self._withdrawn_by(n, end))},
        )

    def _judges(self, end: str) -> tuple[CriticNode, ...]:
        return tuple(node for node in self.graph.critics.values() if node.reads[:1] == (end,))

    def _with_targets(self, node: CriticNode) -> CriticNode:
        targets = node.backprompts or self.makers(node.reads[0])
        return CriticNode(
            name=node.name,
            critic=node.critic,
            reads=node.reads,
            backprompts=targets,
            is_async=is_async(node.critic.critique),
            runs_in_process=runs_in_process(node.critic),
            needs_workers=needs_workers(node.critic),
        )

    def _withdrawn_by(self, node: CriticNode, end: str) -> tuple[str, ...]:
        artefacts = dict.fromkeys(self.end_of[target] for target in node.backprompts)
        return tuple(artefact for artefact in artefacts if artefact != end)

    def _answers(self) -> tuple[str, ...]:
        read = {need for node in self.graph.generators.values() for need in node.reads}
        return tuple(end for end in self.ends if end not in read)

    def _unreachable(self) -> Iterator[str]:
        reached = {r.name for path in self.paths.values() for r in path}
        forked = {name for readers in self.forks.values() for name in readers}
        for name in self.graph.reformulators:
            if name not in reached and name not in forked:
                yield f"reformulator {name!r} is unreachable: no generator leads to it."

    def _critic_reads(self) -> Iterator[str]:
        for kind, nodes in (("critic", self.graph.critics), ("soft critic", self.graph.soft_critics)):
            for name, node in nodes.items():
                if not node.reads:
                    yield f"{kind} {name!r} reads nothing."
                    continue
                yield from self._not_an_end(f"{kind} {name!r}", node.reads)
                judged, *others = node.reads
                for other in others:
                    if other in self.ends and other not in self.always_builds_on.get(judged, ()):
                        always = "always " if other in self.builds_on(judged) else ""
                        yield f"{kind} {name!r} reads {other!r}, on which {judged!r} is not {always}built."

    def _generator_reads(self) -> Iterator[str]:
        for name, node in self.graph.generators.items():
            yield from self._not_an_end(f"generator {name!r}", node.reads)

    def _reformulator_reads(self) -> Iterator[str]:
        for name, node in self.graph.reformulators.items():
            if not node.reads:
                yield f"reformulator {name!r} reads nothing."
            yield from self._not_a_candidate(f"reformulator {name!r}", node.reads)

    def _not_a_candidate(self, reader: str, reads: Iterable[str]) -> Iterator[str]:
        for source in reads:
            if source in self.graph.critics or source in self.graph.soft_critics:
                yield f"{reader} reads {source!r}, which is a critic and gives no candidate."

    def _not_an_end(self, reader: str, reads: Iterable[str]) -> Iterator[str]:
        yield from self._not_a_candidate(reader, reads)
        for source in reads:
            end = self._further_conversion(source)
            if end:
                yield (
                    f"{reader} reads {source!r}, which is converted further into {end!r}; it must read {end!r},"
                    " because what is judged is what is returned."
                )

    def _further_conversion(self, node: str) -> str | None:
        """The artefact into which a node that is none itself is converted."""
        for name, path in self.paths.items():
            if node in (name, *(r.name for r in path[:-1])) and node != self.end_of[name]:
                return self.end_of[name]
        return None

    def _backprompt_targets(self) -> Iterator[str]:
        for name, node in self.graph.critics.items():
            if not node.reads or self._further_conversion(node.reads[0]):
                continue
            end = node.reads[0]
            allowed = {*self.makers(end), *(m for other in self.builds_on(end) for m in self.makers(other))}
            if not allowed and not node.backprompts:
                yield f"critic {name!r} has no generator to backprompt: none leads to {end!r}."
            for target in node.backprompts:
                if target in self.graph.generators and target not in allowed:
                    yield f"critic {name!r} backprompts {target!r}, which has no part in {end!r}."
                elif target in self.all_nodes and target not in self.graph.generators:
                    yield f"critic {name!r} backprompts {target!r}, which is no generator."

    def _uncertified(self) -> Iterator[str]:
        answers = self._answers()
        for end in self.ends:
            if any(node.critic.judges == "solutions" for node in self._judges(end)):
                continue
            if end in answers:
                yield f"the answer {end!r} has no hard critic, so nothing could be certified."
            else:
                yield f"artefact {end!r} has no hard critic, so it must not flow to the next generator."


def _name_faults(graph: Graph) -> Iterator[str]:
    if not is_name(graph.name):
        yield f"the graph's name must be a non-empty text, not {graph.name!r}."
    known = _all_nodes(graph)
    for name, reads in _all_reads(graph):
        for source in reads:
            if source not in known:
                yield f"{name!r} reads {source!r}, which does not exist."
    for name, critic in graph.critics.items():
        for target in critic.backprompts:
            if target not in known:
                yield f"critic {name!r} backprompts {target!r}, which does not exist."


def _cycle_faults(graph: Graph) -> Iterator[str]:
    drawn = digraph(graph)
    data = [(a, b) for a, b, attributes in drawn.edges(data=True) if attributes["kind"] == "data"]
    only_data: networkx.DiGraph[str] = networkx.DiGraph(data)
    for component in networkx.strongly_connected_components(only_data):
        first = min(component)
        if len(component) > 1 or only_data.has_edge(first, first):
            loop = networkx.find_cycle(only_data.subgraph(component), first)
            yield f"data runs in a circle: {' → '.join([repr(a) for a, *_ in loop] + [repr(loop[0][0])])}."


def _type_faults(graph: Graph, structure: _Structure) -> Iterator[str]:
    for reader, function, source, index in _uses(graph):
        given, wanted = structure.annotation(source), parameter_type(function, index)
        if not fits(given, wanted):
            yield f"{source!r} gives {type_text(given)}, but {reader} takes {type_text(wanted)}."
    for name, node in graph.reformulators.items():
        kinds = [structure.annotation(source) for source in node.reads]
        if node.convert is None and any(kind != kinds[0] for kind in kinds):
            yield f"{name!r} joins different types: {_listed(map(type_text, kinds))}."
    for end in structure.ends:
        try:
            structure.codec(end)
        except ProblemError as error:
            yield f"{end!r}: {error}."
    yield from _problem_type_faults(graph)


def _uses(graph: Graph) -> Iterator[tuple[str, Callable[..., Any], str, int]]:
    """Every use of a node's value, as (reader, its function, node, position of the argument)."""
    for name, generator in graph.generators.items():
        if callable(generator.prompt):
            for i, source in enumerate(generator.reads):
                yield f"the prompt of generator {name!r}", generator.prompt, source, i + 1
    for name, reformulator in graph.reformulators.items():
        if reformulator.convert is not None:
            for source in reformulator.reads:
                yield f"reformulator {name!r}", reformulator.convert, source, 0
    for name, critic in graph.critics.items():
        for i, source in enumerate(critic.reads):
            yield f"critic {name!r}", critic.critic.critique, source, i + 1
    for name, soft in graph.soft_critics.items():
        for i, source in enumerate(soft.reads):
            yield f"soft critic {name!r}", soft.critic.remark, source, i + 1


def _problem_type_faults(graph: Graph) -> Iterator[str]:
    declared = [(reader, kind) for reader, kind in problem_types(graph) if kind is not Any]
    for reader, kind in declared[1:]:
        first_reader, first = declared[0]
        if not fits(kind, first) and not fits(first, kind):
            yield (
                f"{reader} takes a problem of type {type_text(kind)}, but {first_reader} takes"
                f" {type_text(first)}."
            )


def problem_types(graph: Graph) -> Iterator[tuple[str, Any]]:
    """The type of problem that is declared, if any, and the ones that user-written functions take."""
    if graph.declared_problem_type is not None:
        yield "the graph", graph.declared_problem_type
    for name, generator in graph.generators.items():
        if callable(generator.prompt):
            yield f"the prompt of generator {name!r}", parameter_type(generator.prompt, 0)
    for name, reformulator in graph.reformulators.items():
        if reformulator.convert is not None and reformulator.wants_problem:
            yield f"reformulator {name!r}", parameter_type(reformulator.convert, 1)
    for name, critic in graph.critics.items():
        yield f"critic {name!r}", parameter_type(critic.critic.critique, 0)
    for name, soft in graph.soft_critics.items():
        yield f"soft critic {name!r}", parameter_type(soft.critic.remark, 0)


def _all_nodes(graph: Graph) -> frozenset[str]:
    return frozenset({*graph.generators, *graph.reformulators, *graph.critics, *graph.soft_critics})


def _all_reads(graph: Graph) -> Iterator[tuple[str, tuple[str, ...]]]:
    groups: tuple[dict[str, Any], ...] = (
        graph.generators,
        graph.reformulators,
        graph.critics,
        graph.soft_critics,
    )
    for nodes in groups:
        for name, node in nodes.items():
            yield name, node.reads


def _listed(names: Iterable[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
