"""Reads and compiles PDDL texts, each once: many problems share a domain, and many plans a problem."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from modulo.critics.plan.reading_domain import read_domain
from modulo.critics.plan.reading_problem import read_problem
from modulo.critics.plan.task import CompiledDomain, Task, compile_domain

__all__ = ["load"]

_DOMAINS_KEPT: Final = 16
_PROBLEMS_KEPT: Final = 8


@lru_cache(maxsize=_PROBLEMS_KEPT)
def load(domain_pddl: str, problem_pddl: str) -> Task:
    """The problem of two texts, ready for judging plans.

    Raises:
        PddlError: The texts cannot be judged.
    """
    compiled = _load_domain(domain_pddl)
    return Task(compiled, read_problem(problem_pddl, compiled.domain))


@lru_cache(maxsize=_DOMAINS_KEPT)
def _load_domain(text: str) -> CompiledDomain:
    return compile_domain(read_domain(text))
