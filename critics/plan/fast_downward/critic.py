"""What the critics that ask Fast Downward have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, TypeVar

import anyio.to_thread

from modulo.canonical import JsonValue
from modulo.critics.plan.fast_downward.asking import FastDownwardQuestion
from modulo.critics.plan.fast_downward.installation import find_fast_downward
from modulo.critics.plan.fast_downward.planning import Search
from modulo.critics.plan.problem import PddlProblem
from modulo.critique import Critique
from modulo.protocols import Critic

__all__ = ["FastDownwardCritic"]

C = TypeVar("C")


class FastDownwardCritic(Critic[PddlProblem, C]):
    """A critic whose verdict rests on a search of Fast Downward.

    Attributes:
        search: What it is asked to do.

    Args:
        max_seconds: Most wall-clock time for one problem, once one of as many places as there are cores is free.
        max_memory_mb: Most memory, in units of 1024² bytes; held on Linux.

    Raises:
        ConfigurationError: A limit makes no sense.
    """

    search: ClassVar[Search]

    def __init__(self, *, max_seconds: float = 60.0, max_memory_mb: int = 2048) -> None:
        self._question = FastDownwardQuestion(
            search=self.search, max_seconds=max_seconds, max_memory_mb=max_memory_mb
        )

    def options(self) -> Mapping[str, JsonValue]:
        """The search and its limits."""
        return self._question.options()

    def digests(self) -> Mapping[str, str]:
        """Those of Fast Downward's translator and search.

        Raises:
            MissingDependencyError: Fast Downward is not installed.
        """
        return find_fast_downward().digests()

    async def prepare(self) -> None:
        """Look for Fast Downward.

        Raises:
            MissingDependencyError: It is not installed.
        """
        await anyio.to_thread.run_sync(self.digests)

    @abstractmethod
    async def critique(self, problem: PddlProblem, candidate: C) -> Critique:
        """Judge one candidate."""
