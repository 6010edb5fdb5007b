"""Simulated problems and models with known odds, so that strategies can be compared with what theory says of them.

A model of real problems has a skill nobody knows; this one has the skill that it is given. So best-of-n must cover
``1 - (1 - p)**n`` of the problems, and a verifier that lets wrong answers pass shows how many.
"""

from modulo.domains.simulated.critic import LetsSomePass, RightAnswer
from modulo.domains.simulated.domain import DOMAIN, SimulatedDomain, graph
from modulo.domains.simulated.instances import generate
from modulo.domains.simulated.model import MODELS, SimulatedModel, Skill
from modulo.domains.simulated.problem import RIGHT, SimulatedProblem

__all__ = [
    "DOMAIN",
    "MODELS",
    "RIGHT",
    "LetsSomePass",
    "RightAnswer",
    "SimulatedDomain",
    "SimulatedModel",
    "SimulatedProblem",
    "Skill",
    "generate",
    "graph",
]
