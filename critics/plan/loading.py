"""Reads and compiles PDDL texts, each once: many problems share a domain, and many plans a problem."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final, Generic, TypeVar

from modulo.critics.plan.pddl.reading_domain import read_domain
from modulo.critics.plan.pddl.reading_problem import read_problem
from modulo.critics.plan.task import CompiledDomain, Task, compile_domain

__all__ = ["load"]

T = TypeVar("T")

_CHARACTERS_KEPT: Final = 2_000_000
"""How long the texts may be, in all, whose problems are kept; a problem takes many times the room of its text."""


class _Kept(Generic[T]):
    """What was made of the texts that were used last."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[str, ...], T] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def get(self, texts: tuple[str, ...]) -> T | None:
        with self._lock:
            if texts not in self._made:
                return None
            self._made.move_to_end(texts)
            return self._made[texts]

    def put(self, texts: tuple[str, ...], value: T) -> None:
        with self._lock:
            if texts in self._made:
                return
            self._made[texts] = value
            self._characters += _length(texts)
            while self._characters > _CHARACTERS_KEPT and len(self._made) > 1:
                self._characters -= _length(self._made.popitem(last=False)[0])


_DOMAINS: Final[_Kept[CompiledDomain]] = _Kept()
_TASKS: Final[_Kept[Task]] = _Kept()


def load(domain_pddl: str, problem_pddl: str) -> Task:
    """The problem of two texts, ready for judging plans; kept for a while, as long as there is room.

    Raises:
        PddlError: The texts cannot be judged.
    """
    texts = (domain_pddl, problem_pddl)
    task = _TASKS.get(texts)
    if task is None:
        compiled = _load_domain(domain_pddl)
        task = Task(compiled, read_problem(problem_pddl, compiled.domain))
        _TASKS.put(texts, task)
    return task


def _load_domain(text: str) -> CompiledDomain:
    compiled = _DOMAINS.get((text,))
    if compiled is None:
        compiled = compile_domain(read_domain(text))
        _DOMAINS.put((text,), compiled)
    return compiled


def _length(texts: tuple[str, ...]) -> int:
    return len(texts[-1])  # problems of one domain share its text
