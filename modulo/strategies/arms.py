"""What a strategy can choose between at the stage that is worked on: generators, and models of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from msgspec import Struct

from modulo.errors import ConfigurationError
from modulo.graph.nodes import GeneratorNode
from modulo.protocols import DEFAULT_SAMPLING, Sampling
from modulo.tree import Attempt, Tree

__all__ = [
    "Arm",
    "arms_of",
    "attempts_at",
    "check_generator",
    "chosen_arms",
    "counts_at",
    "counts_of_nodes",
    "folded",
]

F = TypeVar("F")


class Arm(Struct, frozen=True):
    """A generator, and one of its models if it has a choice."""

    node: str
    model: str | None = None

    @property
    def name(self) -> str:
        """The model's name, or that of the generator where it has no choice."""
        return self.model or self.node

    def sampling(self) -> Sampling:
        """The generator's own settings, with this model."""
        return DEFAULT_SAMPLING if self.model is None else Sampling(model=self.model)

    @classmethod
    def of(cls, attempt: Attempt) -> Arm:
        """The one that an attempt came from."""
        return cls(attempt.node, attempt.sampling.model)


def arms_of(tree: Tree) -> list[Arm]:
    """The arms of the frontier, in the order of the graph and of the generators' models."""
    nodes = [node for node in tree.frontier().generators if tree.inputs_of(node.name) is not None]
    return _arms_of_nodes(nodes)


def chosen_arms(tree: Tree, names: Sequence[str], *, strategy: str) -> list[Arm]:
    """The arms of these names, in this order; all of them if none are named.

    Raises:
        ConfigurationError: At some stage, there is no such arm; said before anything is paid for an earlier one.
    """
    arms = arms_of(tree)
    if not names:
        return arms
    _check_names(names, arms, strategy)
    if not tree.attempts:
        for stage in tree.program.stages.values():
            _check_names(names, _arms_of_nodes(stage.generators), strategy)
    by_name = {arm.name: arm for arm in arms}
    return [by_name[name] for name in names]


def _arms_of_nodes(nodes: Iterable[GeneratorNode]) -> list[Arm]:
    found = []
    for node in nodes:
        models: Sequence[str | None] = tuple(node.generator.models) or (None,)
        found += [Arm(node.name, model) for model in models]
    return found


def _check_names(names: Sequence[str], arms: Sequence[Arm], strategy: str) -> None:
    known = [arm.name for arm in arms]
    missing = [name for name in names if name not in known]
    if missing:
        raise ConfigurationError(
            f"{strategy}: {', '.join(missing)} is no model or generator here; there are {', '.join(known)}"
        )


def check_generator(tree: Tree, name: str | None, *, setting: str) -> None:
    """Refuse a name that no generator has, at whatever stage.

    Raises:
        ConfigurationError: None has it.
    """
    known = [node.name for node in tree.program.generators]
    if name not in known:
        raise ConfigurationError(
            f"{setting}={name!r} is no generator of this graph; there are {', '.join(known)}"
        )


def attempts_at(tree: Tree) -> Sequence[Attempt]:
    """The attempts of the frontier's generators that are built on what stands, in the order of asking."""
    inputs = {node.name: tree.inputs_of(node.name) for node in tree.frontier().generators}
    known: tuple[object, int, list[Attempt]] = tree.memo.get("attempts at", (None, 0, []))
    if known[0] != inputs:
        known = (inputs, 0, [])
    _, seen, found = known
    found += [a for a in tree.attempts[seen:] if a.node in inputs and a.inputs == inputs[a.node]]
    tree.memo["attempts at"] = (inputs, len(tree.attempts), found)
    return found


def folded(tree: Tree, key: str, start: Callable[[], F], take: Callable[[F, Attempt], None]) -> F:
    """What is made of the attempts at the stage that is worked on, one after the other; kept in ``tree.memo``.

    Args:
        tree: The attempts so far.
        key: As what it is kept.
        start: Makes what there is before the first attempt.
        take: Adds an attempt to it.
    """
    attempts = attempts_at(tree)
    known, seen, made = tree.memo.get(key, (None, 0, None))
    if known is not attempts:  # another stage, or built on something else
        seen, made = 0, start()
    for attempt in attempts[seen:]:
        take(made, attempt)
    tree.memo[key] = (attempts, len(attempts), made)
    result: F = made
    return result


def counts_at(tree: Tree) -> Counter[Arm]:
    """How many of the attempts at the frontier came from each arm."""
    return folded(tree, "counts at", Counter[Arm], _count)


def _count(counts: Counter[Arm], attempt: Attempt) -> None:
    counts[Arm.of(attempt)] += 1


def counts_of_nodes(tree: Tree) -> Counter[str]:
    """How many attempts each generator has made in all, whatever they were built on."""
    seen, counts = tree.memo.get("counts of nodes", (0, Counter[str]()))
    counts.update([attempt.node for attempt in tree.attempts[seen:]])
    tree.memo["counts of nodes"] = (len(tree.attempts), counts)
    found: Counter[str] = counts
    return found
