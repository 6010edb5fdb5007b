"""The model: a generator whose skill is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import anyio
from msgspec import Struct
from msgspec.structs import asdict, fields

from modulo.budget import Usage
from modulo.canonical import JsonValue
from modulo.domains.simulated.problem import RIGHT, SimulatedProblem, chance
from modulo.errors import ConfigurationError, RequestRejected
from modulo.generators.kinds import GeneratorKind
from modulo.numeric import is_number
from modulo.protocols import Generation, Generator, Request

__all__ = ["MODELS", "SimulatedModel", "Skill"]


class Skill(Struct, frozen=True, kw_only=True):
    """What a model is capable of at one difficulty, and what a call costs.

    Attributes:
        success: Probability that an answer without critiques is right.
        gain: How much each critique in the conversation adds to that; also the probability that it dispels a
            misconception.
        misconception: Share of the problems about which the model is wrong in the same way each time, until a
            critique dispels it: its samples are correlated.
        cost_usd: Price of a call.
        prompt_tokens: Tokens read by a call, for each message.
        completion_tokens: Tokens written by a call.
        latency_seconds: Time that a call takes.

    Raises:
        ConfigurationError: A number makes no sense.
    """

    success: float
    gain: float = 0.0
    misconception: float = 0.0
    cost_usd: float = 0.0
    prompt_tokens: int = 10
    completion_tokens: int = 10
    latency_seconds: float = 0.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            most = 1 if name in ("success", "gain", "misconception") else float("inf")
            if not is_number(value) or not 0 <= value <= most:
                raise ConfigurationError(f"a skill's {name} must be a number from 0 to {most:g}, not {value!r}")


class SimulatedModel(Generator):
    """Answers simulated problems with known odds; the same answers for the same seed.

    Args:
        skills: The skill for each difficulty.
        seed: For all that is drawn.
        name: As which it bills.
        run: Tells runs of the same model apart: answers are drawn anew in each, misconceptions are the same.

    Raises:
        ConfigurationError: It has no skills.
    """

    def __init__(
        self, skills: Mapping[str, Skill], *, seed: int = 0, name: str = "simulated", run: int = 0
    ) -> None:
        if not skills:
            raise ConfigurationError("a simulated model needs a skill for at least one difficulty")
        self._skills = dict(skills)
        self._seed = seed
        self._name = name
        self._run = run

    async def generate(self, request: Request) -> Generation:
        """The right answer, or a wrong one.

        Raises:
            RequestRejected: The problem is no simulated one, or of a difficulty for which there is no skill.
        """
        skill = self._skill(request)
        if skill.latency_seconds:
            await anyio.sleep(skill.latency_seconds)
        return Generation(text=self._answer(request, skill), usage=self.worst_case(request), model=self._name)

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        """Exactly what it costs."""
        skill = self._skill(request)
        return Usage(
            calls=1,
            prompt_tokens=skill.prompt_tokens * len(request.messages),
            completion_tokens=skill.completion_tokens,
            cost_usd=skill.cost_usd,
        )

    def describe(self) -> Mapping[str, JsonValue]:
        """The skills."""
        skills: dict[str, JsonValue] = {difficulty: asdict(skill) for difficulty, skill in self._skills.items()}
        about: dict[str, JsonValue] = {"model": self._name, "seed": self._seed, "run": self._run}
        return {"generator": type(self).__qualname__, **about, "skills": skills}

    def _skill(self, request: Request) -> Skill:
        problem = request.problem.value
        if not isinstance(problem, SimulatedProblem) or problem.difficulty not in self._skills:
            raise RequestRejected(
                f"the simulated model answers simulated problems of difficulty {', '.join(self._skills)} only"
            )
        return self._skills[problem.difficulty]

    def _answer(self, request: Request, skill: Skill) -> str:
        about = (self._seed, self._name, request.problem.value)
        critiques = sum(message.role == "assistant" for message in request.messages)
        is_mistaken = chance(*about, "misconception") < skill.misconception
        of_run = (*about, self._run) if self._run else about
        if is_mistaken and not any(chance(*of_run, "dispelled", i) < skill.gain for i in range(critiques)):
            return "wrong in the same way as ever"
        drawn = chance(*of_run, "answer", request.node, request.turn)
        return RIGHT if drawn < skill.success + skill.gain * critiques else f"wrong {drawn:.9f}"


class SimulatedModels(GeneratorKind):
    """``simulated:easy=0.6,hard=0.05,gain=0.1``: success at each difficulty, and the rest of the skill for all."""

    @property
    def names(self) -> tuple[str, ...]:
        """An example."""
        return ("easy=0.6,hard=0.05",)

    def generator(self, name: str, *, problem_type: type | None = None) -> Generator:
        """The model of these odds.

        Raises:
            ConfigurationError: They make no sense.
        """
        return self.seeded(name, seed=0, problem_type=problem_type)

    def seeded(self, name: str, *, seed: int, problem_type: type | None = None) -> Generator:
        """The model of these odds, whose answers another seed draws anew.

        Raises:
            ConfigurationError: They make no sense.
        """
        if problem_type not in (None, SimulatedProblem):
            raise ConfigurationError("a simulated model answers problems of the domain 'simulated' only")
        given = dict(_numbers(name))
        own_seed = int(given.pop("seed", 0))
        common = {field: given.pop(field) for field in _COMMON if field in given}
        for count in ("prompt_tokens", "completion_tokens"):
            if count in common:
                common[count] = int(common[count])
        skills = {difficulty: Skill(success=success, **common) for difficulty, success in given.items()}  # type: ignore[arg-type]
        return SimulatedModel(skills, seed=own_seed, name=f"simulated:{name}", run=seed)

    def state(self, name: str) -> str:
        """It needs nothing."""
        return "always here"


_COMMON: Final = tuple(field.name for field in fields(Skill) if field.name != "success")


def _numbers(text: str) -> list[tuple[str, float]]:
    found = []
    for part in text.split(","):
        name, equals, number = part.partition("=")
        try:
            found.append((name.strip(), float(number)))
        except ValueError:
            equals = ""
        if not equals or not name.strip():
            raise ConfigurationError(f"simulated: {part!r} is no DIFFICULTY=SUCCESS, as in simulated:easy=0.6")
    return found


MODELS = SimulatedModels()
