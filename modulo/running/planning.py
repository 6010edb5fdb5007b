"""What to run next: asks the strategy, checks what it wants, and numbers it."""

from __future__ import annotations

from collections.abc import Sequence

from modulo.errors import ConfigurationError
from modulo.generators.llm_options import check_sampling
from modulo.protocols import DEFAULT_SAMPLING, MOST_SAMPLES, Backprompter, Expansion, Sampling, Strategy
from modulo.running.failures import part_of_program, raise_of_program
from modulo.running.jobs import Plan
from modulo.tree import Tree

__all__ = ["Planner"]


class Planner:
    """Plans the rounds of one run.

    Args:
        strategy: Decides what to generate.
        tree: The attempts so far.
        most: Most expansions at the same time.

    Attributes:
        round: Number of the latest round; 0 before the first.
    """

    def __init__(self, strategy: Strategy, tree: Tree, most: int) -> None:
        self._strategy = strategy
        self._tree = tree
        self._most = most
        self._turns = dict.fromkeys([node.name for node in tree.program.generators], 0)
        self._next_attempt = 0
        self.round = 0

    def next_round(self) -> list[Plan]:
        """The plans for one more round; none when the strategy has nothing left to try.

        Raises:
            ConfigurationError: The strategy asks for something that makes no sense.
            ProgramError: It fails.
        """
        try:
            expansions = self._strategy.ask(self._tree, self._most)
        except BaseException as error:  # noqa: BLE001  raised by this
            raise_of_program("the strategy", type(self._strategy).__name__, error)
        if type(expansions) is not list and not isinstance(expansions, Sequence):  # the former is quicker
            raise self._nonsense(f"for a {type(expansions).__name__}, not for expansions")
        if len(expansions) > self._most:
            raise self._nonsense(f"for {len(expansions)} expansions, more than {self._most}")
        self.round += 1
        return [self._plan(expansion) for expansion in expansions]

    def _plan(self, expansion: Expansion) -> Plan:
        self._check(expansion)
        node, samples = expansion.node, expansion.samples
        first_attempt, turn = self._next_attempt, self._turns[node]
        self._next_attempt += samples
        if expansion.offers is None:
            self._turns[node] = turn + samples
        return Plan(expansion=expansion, first_attempt=first_attempt, round=self.round, turn=turn)

    def _check(self, expansion: Expansion) -> None:
        if not _is_well_made(expansion):
            raise self._nonsense(f"for {expansion!r}, which is no Expansion or has fields of other types")
        node, parent, tree = expansion.node, expansion.parent, self._tree
        if node not in self._turns:
            raise self._nonsense(f"for {node!r}, which is no generator of this graph")
        if tree.inputs_of(node) is None:
            raise self._nonsense(f"for {node!r}, whose inputs are not certified")
        if parent is not None and (parent not in tree or tree[parent].node != node):
            raise self._nonsense(f"{node!r} to go on from {parent}, no attempt of its own")
        if not 1 <= expansion.samples <= MOST_SAMPLES:
            raise self._nonsense(f"for {expansion.samples} samples")
        if expansion.sampling is not DEFAULT_SAMPLING:
            self._check_sampling(expansion.sampling)
        if expansion.offers is not None:
            self._check_offer(expansion)
        model = expansion.sampling.model
        if model is not None or expansion.prefills:
            self._check_abilities(node, model, expansion.prefills)

    def _check_sampling(self, sampling: Sampling) -> None:
        try:
            check_sampling(
                temperature=sampling.temperature,
                max_output_tokens=sampling.max_output_tokens,
                seed=sampling.seed,
                reasoning_effort=sampling.reasoning_effort,
                thinking_tokens=sampling.thinking_tokens,
            )
        except ConfigurationError as error:
            raise self._nonsense(f"for settings that no model takes: {error}") from error

    def _check_offer(self, expansion: Expansion) -> None:
        node, offers, tree = expansion.node, expansion.offers, self._tree
        assert offers is not None
        if offers not in tree or tree[offers].node != node or tree[offers].inputs != tree.inputs_of(node):
            raise self._nonsense(f"to judge the answer of {offers}, no attempt of {node!r} that still stands")
        if tree[offers].candidate is None:
            raise self._nonsense(f"to judge the answer of {offers}, which has no canonical form")
        if expansion.samples != 1 or expansion.prefix or not expansion.judged:
            raise self._nonsense(f"for more than to judge the answer of {offers}")

    def _check_abilities(self, node: str, model: str | None, prefills: bool) -> None:
        generator = self._tree.program.generator(node).generator
        models = part_of_program("generator", node, getattr, generator, "models")
        if model is not None and model not in models:
            known = ", ".join(models) or "no models to choose from"
            raise self._nonsense(f"{node!r} for the model {model!r}, but it has {known}")
        if prefills and not part_of_program("generator", node, getattr, generator, "takes_prefill"):
            raise ConfigurationError(
                f"the strategy {type(self._strategy).__name__!r} lets models go on from the beginning of an answer, "
                f"which {node!r} cannot; use a local model, or a provider with prefill"
            )

    def _nonsense(self, what: str) -> ConfigurationError:
        return ConfigurationError(f"the strategy {type(self._strategy).__name__!r} asked {what}")


def _is_well_made(expansion: object) -> bool:
    return (
        isinstance(expansion, Expansion)
        and isinstance(expansion.node, str)
        and (expansion.parent is None or type(expansion.parent) is int)
        and type(expansion.samples) is int
        and isinstance(expansion.sampling, Sampling)
        and (expansion.backprompter is None or isinstance(expansion.backprompter, Backprompter))
        and type(expansion.prefix) is str
        and type(expansion.prefills) is bool
        and type(expansion.judged) is bool
        and (expansion.offers is None or type(expansion.offers) is int)
        and type(expansion.label) is str
    )
