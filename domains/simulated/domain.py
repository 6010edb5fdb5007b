"""The domain and its graph."""

from __future__ import annotations

import random
from typing import Any

import modulo
from modulo.canonical import JsonValue
from modulo.domain import Domain, generated
from modulo.domains.simulated.critic import RightAnswer
from modulo.domains.simulated.problem import RIGHT, SimulatedProblem
from modulo.errors import Malformed
from modulo.protocols import Critic
from modulo.specimens import Specimen, Specimens

__all__ = ["DOMAIN", "SimulatedDomain", "graph"]


def graph(generator: modulo.Generator, critic: Critic[SimulatedProblem, str] | None = None) -> modulo.Graph:
    """A generator and its verifier, which knows the right answer unless another one is given."""
    result = modulo.Graph("simulated", problem_type=SimulatedProblem)
    guess = result.generator("guess", generator, prompt=_prompt)
    result.critic("right", critic or RightAnswer(), reads=guess)
    return result


class SimulatedDomain(Domain[SimulatedProblem]):
    """Problems are ``{"number", "difficulty"}``; the answer to all of them is ``right``."""

    name = "simulated"
    summary = "problems for simulated models, whose odds are known"
    problem_type = SimulatedProblem

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        """The domain's graph around a generator."""
        return graph(generator)

    def example(self) -> SimulatedProblem:
        """An easy one."""
        return SimulatedProblem(0, "easy")

    def generate(self, seed: int, **difficulty: Any) -> SimulatedProblem:
        """The problem of that number; ``difficulty`` is the name of one."""
        return generated(_numbered, seed, difficulty)

    def read_candidate(self, document: JsonValue, problem: SimulatedProblem) -> str:
        """The answer as it is."""
        if not isinstance(document, str):
            raise Malformed("The answer is not a text.")
        return document

    def specimens(self) -> Specimens[SimulatedProblem]:
        """Problems, and their answer."""
        return _SimulatedSpecimens()


class _SimulatedSpecimens(Specimens[SimulatedProblem]):
    def draw(self, rng: random.Random) -> Specimen[SimulatedProblem]:
        return Specimen(SimulatedProblem(rng.randrange(10**6), rng.choice(("easy", "hard"))), (RIGHT,))

    def is_right(self, problem: SimulatedProblem, document: JsonValue) -> bool:
        return document == "right"


def _numbered(*, seed: int, difficulty: str = "easy") -> SimulatedProblem:
    return SimulatedProblem(seed, difficulty)


def _prompt(problem: SimulatedProblem) -> str:
    return f"Solve the {problem.difficulty} problem {problem.number}."


DOMAIN = SimulatedDomain()
