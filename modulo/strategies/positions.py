"""What searches choose between: the places from which one can go on, found in the attempts so far.

Where a generator has ``Steps``, a place is a beginning of an answer that may still become right. Elsewhere it is a
whole answer, to be repaired by what critics said of it. The root begins anew; where not even the first step of an
answer was right, it also says so, every other time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from modulo.protocols import DEFAULT_SAMPLING, Expansion, Sampling
from modulo.steps import AsksForRest, Beginning, Steps
from modulo.strategies.arms import arms_of
from modulo.tree import Attempt, Tree

__all__ = ["Found", "Position", "Positions"]


class Position(Struct, kw_only=True, eq=False):
    """A place from which one can go on.

    Attributes:
        id: Its number; 0 is the root. It is the label of what is asked from here.
        parent: The place that it was found from; None for the root.
        attempt: The attempt that it was found in; None for the root.
        beginning: How answers begin that are asked from here, if they are made step by step.
        score: How promising it is, from 0 to 1.
        asked: How many attempts were made from here.
        children: The places that were found from here.
        visits: How many attempts were made from here or below, as ``TreeSearch`` counts them.
        reward: The sum of what those brought.
    """

    id: int
    parent: Position | None = None
    attempt: Attempt | None = None
    beginning: Beginning | None = None
    score: float = 0.0
    asked: int = 0
    children: list[Position] = []
    visits: int = 0
    reward: float = 0.0

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing: to ask from here is to have it judged."""
        return self.beginning is not None and self.beginning.score >= 1


class Found(Struct, frozen=True):
    """What came of one attempt.

    Attributes:
        origin: The place from which it was asked.
        new: Places that are new, each found from the one before, the first one from the origin.
    """

    origin: Position
    new: Sequence[Position]


_Place: TypeAlias = "tuple[str, float, Beginning | None]"


class Positions:
    """All places that were found at the stage that is worked on.

    Of places with the same state only the first one is kept: whatever leads on from one leads on from the other.

    Args:
        tree: The attempts so far.
    """

    def __init__(self, tree: Tree) -> None:
        self._problem = tree.problem.value
        self._steps = {node.name: self._applicable(node.steps) for node in tree.frontier().generators}
        self.all = [Position(id=0)]
        self._states: set[tuple[str, str]] = set()
        self._hopeless: Attempt | None = None

    @property
    def root(self) -> Position:
        """Where everything begins."""
        return self.all[0]

    def note(self, attempt: Attempt) -> Found:
        """Look at an attempt, once each, in the order of asking."""
        origin = at = self._origin(attempt)
        origin.asked += 1
        new: list[Position] = []
        places = self._places(attempt, origin.beginning)
        if not places and origin is self.root and attempt.generation is not None:
            self._hopeless = attempt
        for state, score, beginning in places:
            key = attempt.node, state
            if key not in self._states:
                self._states.add(key)
                above = at
                at = Position(id=len(self.all), parent=above, attempt=attempt, beginning=beginning, score=score)
                above.children.append(at)
                self.all.append(at)
                new.append(at)
        return Found(origin, new)

    def expansion(
        self, position: Position, tree: Tree, nth: int, temperature: float | None
    ) -> Expansion | None:
        """What to ask from a place; None from the root where there is nobody to ask.

        Args:
            position: The place.
            tree: The attempts so far. From the root, its arms are asked in turn.
            nth: How many are asked from here before it, earlier ones included.
            temperature: Softmax temperature; None leaves it to the generator.
        """
        attempt, beginning = position.attempt, position.beginning
        if attempt is None and self._hopeless is not None:
            attempt, nth = self._hopeless if nth % 2 else None, nth // 2
        if attempt is None:
            arms = arms_of(tree)
            if not arms:
                return None
            arm = arms[nth % len(arms)]
            node, model = arm.node, arm.model
        else:
            node, model = attempt.node, attempt.sampling.model
        sampling = DEFAULT_SAMPLING
        if temperature is not None or model is not None:
            sampling = Sampling(temperature=temperature, model=model)
        steps = self._steps[node]
        return Expansion(
            node=node,
            parent=None if attempt is None else attempt.id,
            sampling=sampling,
            backprompter=AsksForRest(steps, beginning) if steps and beginning else None,
            prefix=beginning.text if beginning else "",
            label=str(position.id),
        )

    def _applicable(self, steps: Steps[Any, Any] | None) -> Steps[Any, Any] | None:
        return steps if steps is not None and steps.applies_to(self._problem) else None

    def _origin(self, attempt: Attempt) -> Position:
        number = attempt.label.rpartition(".")[2]  # a portfolio puts its own label before ours
        return self.all[int(number)] if number.isdecimal() and int(number) < len(self.all) else self.root

    def _places(self, attempt: Attempt, begun: Beginning | None) -> Sequence[_Place]:
        if attempt.generation is None:
            return ()
        steps, candidate = self._steps[attempt.node], attempt.candidate
        if steps is None:
            score = 1 / (1 + attempt.violation_count) if candidate else 0.0
            return ((attempt.answer_key, score, None),)
        if not candidate or candidate.claims_unsolvable:
            return ()
        found = steps.beginnings_judged(self._problem, candidate.value(), attempt.critiques, begun)
        return [(beginning.state, beginning.score, beginning) for beginning in found]
