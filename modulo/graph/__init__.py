"""Graphs of generators, reformulators and critics: declared, checked as a whole, then run as stages."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic

from modulo.errors import GraphError
from modulo.graph.annotations import positional_parameters, return_type
from modulo.graph.nodes import (
    CriticNode,
    Either,
    GeneratorNode,
    Node,
    Prompt,
    Reads,
    ReformulatorNode,
    SoftCriticNode,
    is_name,
)
from modulo.graph.program import Program, Stage
from modulo.protocols import Critic, Generator, SoftCritic
from modulo.steps import Steps

if TYPE_CHECKING:
    import os

    import networkx
    from typing_extensions import TypeVar

    from modulo.audits import Audits

    C = TypeVar("C", default=Any)
else:
    from typing import TypeVar

    C = TypeVar("C")  # defaults are for type checkers; Python has them from 3.13 on

__all__ = ["Graph", "Node", "Program", "Stage"]


class Graph(Generic[C]):
    """An LLM-Modulo program: generators propose, reformulators convert, hard critics certify.

    ``Graph[Plan]("plans")`` tells type checkers what its solutions are; nothing else depends on that.

    Nodes are added in any order; ``reads`` and ``backprompts`` take handles or names. Nothing is refused
    while nodes are added: ``check`` reports all faults at once, and ``modulo.solve`` checks first.

    Args:
        name: Name of the graph, and of its problems' domain.
        problem_type: Type of its problems; by default, the one that its functions are annotated with.
        audits: Records of audits of its critics, or the file of them; certificates show them.
        require_audit: Whether a hard critic without a current audit is a fault of the graph.

    Attributes:
        name: Its name.
        audits: What it was told of audits; so is ``require_audit``.
        declared_problem_type: The type that it was made with.
        generators: The generators, by name; so are ``reformulators``, ``critics`` and ``soft_critics``.
        declaration_faults: What was wrong with nodes as they were added, for ``check`` to report.
    """

    def __init__(
        self,
        name: str,
        *,
        problem_type: Any = None,
        audits: Audits | str | os.PathLike[str] | None = None,
        require_audit: bool = False,
    ) -> None:
        self.name = name
        self.audits = audits
        self.require_audit = require_audit
        self.declared_problem_type = problem_type
        self.generators: dict[str, GeneratorNode] = {}
        self.reformulators: dict[str, ReformulatorNode] = {}
        self.critics: dict[str, CriticNode] = {}
        self.soft_critics: dict[str, SoftCriticNode] = {}
        self.declaration_faults: list[str] = []
        self._program: Program | None = None

    def generator(
        self,
        name: str,
        generator: Generator | Callable[..., Any],
        *,
        prompt: Prompt | None = None,
        reads: Reads | Sequence[Reads] = (),
        steps: Steps[Any, Any] | None = None,
    ) -> Node:
        """Add a generator.

        Args:
            name: Name of the node.
            generator: A ``Generator``, or a function of a ``Request`` that returns text, plain or async.
            prompt: Makes the conversation's opening (text or messages) of the problem's value and the values
                of what is read. Without one, the problem's text or canonical JSON is the prompt.
            reads: Certified artefacts that this generator builds on; it runs once all of them are certified.
            steps: What of a partial answer may still become right, for searches over partial answers.
        """
        from modulo.generators.function import as_generator

        name = self._claim(name)
        source = as_generator(generator)
        if source is None:
            fix = f"; write modulo.LLM({generator!r})" if isinstance(generator, str) else ""
            self._fault(f"generator {name!r}: {_kind(generator)} is neither a Generator nor a function{fix}.")
        else:
            names = self._all_of(reads, f"generator {name!r}")
            if steps is not None and not isinstance(steps, Steps):
                self._fault(f"generator {name!r}: {_kind(steps)} is no Steps.")
            self.generators[name] = GeneratorNode(
                name=name, generator=source, prompt=prompt, reads=names, steps=steps
            )
        return Node(name)

    def reformulator(self, name: str, convert: Callable[..., Any], *, reads: Reads) -> Node:
        """Add a conversion of a generator's text, or of what another reformulator made of it.

        Args:
            name: Name of the node.
            convert: A function of the text, or of the text and the problem's value, plain or async. Its
                return annotation is the candidate's type; without one, it must return JSON. It raises
                ``Malformed`` or another ``ValueError`` for text without canonical form, and returns
                ``NO_SOLUTION`` where the text says that none exists.
            reads: The node to convert; ``a | b`` for whichever of them comes.
        """
        name = self._claim(name)
        if not callable(convert):
            self._fault(f"reformulator {name!r}: {_kind(convert)} is not a function.")
            return Node(name)
        parameters = positional_parameters(convert)
        self.reformulators[name] = ReformulatorNode(
            name=name,
            convert=convert,
            reads=self._alternatives(reads, f"reformulator {name!r}"),
            wants_problem=parameters is not None and len(parameters) > 1,
            annotation=self._annotation(name, convert),
        )
        return Node(name)

    def critic(
        self,
        name: str,
        critic: Critic[Any, Any],
        *,
        reads: Reads | Sequence[Reads],
        backprompts: Reads | Sequence[Reads] | None = None,
    ) -> Node:
        """Add a hard critic.

        Args:
            name: Name of the node.
            critic: The critic.
            reads: The artefact that it judges; in a list, further certified artefacts that it judges it by.
            backprompts: Generators that hear of its rejections; without it, those that made what it reads. A
                generator of an earlier stage is a back edge: a rejection withdraws that stage's artefact.
        """
        name = self._claim(name)
        if not isinstance(critic, Critic):
            self._fault(f"critic {name!r}: {_kind(critic)} is not a hard critic{_way_to_a_critic(critic)}.")
            return Node(name)
        self.critics[name] = CriticNode(
            name=name,
            critic=critic,
            reads=self._all_of(reads, f"critic {name!r}"),
            backprompts=() if backprompts is None else self._targets(backprompts, f"critic {name!r}"),
        )
        return Node(name)

    def soft_critic(self, name: str, critic: SoftCritic[Any, Any], *, reads: Reads) -> Node:
        """Add a soft critic, which ranks certified candidates and remarks on others."""
        name = self._claim(name)
        if not isinstance(critic, SoftCritic):
            self._fault(f"soft critic {name!r}: {_kind(critic)} is not a SoftCritic.")
            return Node(name)
        names = self._all_of(reads, f"soft critic {name!r}")
        self.soft_critics[name] = SoftCriticNode(name=name, critic=critic, reads=names)
        return Node(name)

    @property
    def problem_type(self) -> Any:
        """The type of its problems; ``Any`` (plain JSON) if nothing says what it is."""
        from modulo.graph.checks import problem_types

        return next((kind for _, kind in problem_types(self) if kind is not Any), Any)

    def with_nodes(
        self,
        *,
        generators: Mapping[str, Generator] | None = None,
        conversions: Mapping[str, Callable[..., Any] | None] | None = None,
    ) -> Graph:
        """A copy of the graph in which some generators and conversions are replaced.

        Args:
            generators: New generators by node name.
            conversions: New functions of reformulators by node name; None passes on what comes in.
        """
        copy = Graph(
            self.name,
            problem_type=self.declared_problem_type,
            audits=self.audits,
            require_audit=self.require_audit,
        )
        copy.generators = {
            name: replace(node, generator=(generators or {}).get(name, node.generator))
            for name, node in self.generators.items()
        }
        copy.reformulators = {
            name: replace(node, convert=(conversions or {}).get(name, node.convert) or _pass_on)
            if node.convert
            else node
            for name, node in self.reformulators.items()
        }
        copy.critics = dict(self.critics)
        copy.soft_critics = dict(self.soft_critics)
        copy.declaration_faults = list(self.declaration_faults)
        return copy

    def with_audits(self, audits: Audits | str | os.PathLike[str], *, required: bool = False) -> Graph:
        """A copy of the graph that knows of audits of its critics.

        Args:
            audits: The records, or the file of them.
            required: Whether it demands a current one of each hard critic.
        """
        copy = self.with_nodes()
        copy.audits, copy.require_audit = audits, required
        return copy

    def check(self) -> Program:
        """Check the whole graph and put it into the form that is run.

        Raises:
            GraphError: It is not a sound program; the error lists every fault.
        """
        if self._program is None:
            from modulo.graph.checks import compile_graph

            self._program = compile_graph(self)
        return self._program

    def digraph(self) -> networkx.DiGraph[str]:
        """The nodes and edges. Nodes have a ``kind``; edges a ``kind`` of ``data`` or ``backprompt``."""
        from modulo.graph.drawing import digraph

        return digraph(self)

    def to_mermaid(self) -> str:
        """A Mermaid flow chart; back edges are dotted."""
        from modulo.graph.drawing import mermaid

        return mermaid(self)

    def to_dot(self) -> str:
        """A Graphviz DOT digraph; back edges are dashed."""
        from modulo.graph.drawing import dot

        return dot(self)

    def _claim(self, name: str) -> str:
        """The name to file a new node under; one that is no name becomes one, so that checks can go on."""
        self._program = None
        if not is_name(name):
            self._fault(f"a node's name must be a non-empty text, not {name!r}.")
            return repr(name)
        if any(name in nodes for nodes in self._kinds):
            self._fault(f"two nodes are called {name!r}.")
        return _plain(name)

    @property
    def _kinds(self) -> tuple[Mapping[str, object], ...]:
        return self.generators, self.reformulators, self.critics, self.soft_critics

    def _fault(self, sentence: str) -> None:
        self.declaration_faults.append(sentence)

    def _annotation(self, name: str, convert: Callable[..., Any]) -> Any:
        try:
            return return_type(convert)
        except GraphError as error:  # the inner graph of a nested loop
            self._fault(f"reformulator {name!r}: {error}")
            return Any

    def _all_of(self, reads: Reads | Sequence[Reads], reader: str) -> tuple[str, ...]:
        """Names of everything read; ``a | b`` becomes a node of its own that passes on either."""
        found = (self._alternatives(item, reader) for item in _listed(reads))
        return tuple(names[0] if len(names) == 1 else self._join(names) for names in found if names)

    def _targets(self, backprompts: Reads | Sequence[Reads], reader: str) -> tuple[str, ...]:
        names = [name for item in _listed(backprompts) for name in self._alternatives(item, reader)]
        if not names:
            self._fault(
                f"{reader} backprompts nobody; without backprompts, it would be who made what it reads."
            )
        return tuple(dict.fromkeys(names))

    def _alternatives(self, item: Reads, reader: str) -> tuple[str, ...]:
        """The names in one item of ``reads``."""
        names: tuple[object, ...] = (item,)
        if isinstance(item, (Node, Either)):
            names = item.names if isinstance(item, Either) else (item.name,)
        if not names or not all(isinstance(name, str) for name in names):
            self._fault(f"{reader}: {item!r} is neither a node nor a name.")
        return tuple(dict.fromkeys(_plain(name) for name in names if isinstance(name, str)))

    def _join(self, names: tuple[str, ...]) -> str:
        for node in self.reformulators.values():
            if node.convert is None and set(node.reads) == set(names):
                return node.name
        joined = self._claim(" | ".join(names))
        self.reformulators[joined] = ReformulatorNode(name=joined, convert=None, reads=names)
        return joined


def _plain(name: str) -> str:
    return str.__str__(name)  # of a StrEnum, its value


def _listed(items: Reads | Sequence[Reads]) -> Sequence[Reads]:
    is_list = isinstance(items, Sequence) and not isinstance(items, str)
    return items if is_list else [items]  # type: ignore[return-value, list-item]


def _pass_on(value: Any, *_: Any) -> Any:
    return value


def _way_to_a_critic(thing: object) -> str:
    if isinstance(thing, type):
        return f"; write {thing.__name__}()" if issubclass(thing, Critic) else ""
    return "; decorate it with @modulo.critic(proves=...)" if inspect.isroutine(thing) else ""


def _kind(thing: object) -> str:
    return f"the class {thing.__name__}" if isinstance(thing, type) else f"a {type(thing).__name__}"
