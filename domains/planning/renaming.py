"""Other names for everything in a planning problem, so that they tell nothing of what it is about."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from modulo.critics.plan import PddlProblem
from modulo.critics.plan.pddl.syntax import Action, DurativeAction, Parameter, Signature, TypeDeclaration
from modulo.errors import ProblemError

__all__ = ["Renaming", "obfuscate", "rename"]

_COMMENT: Final = re.compile(r"[ \t]*;[^\n]*")
_BLANK_LINES: Final = re.compile(r"\n\s*\n")
_WORD: Final = re.compile(r"[^\s();]+")
_BEHIND_TIME: Final = re.compile(r"\s+(?:start|end|[0-9.]+)\s*\(", re.IGNORECASE)
_GROUP: Final = re.compile(r"\(([^()]*)\)")
_NUMBER: Final = re.compile(r"-?[0-9.]+")
_CONSONANTS: Final = "bdfgklmnprstvz"
_VOWELS: Final = "aeiou"
# fmt: off
_KEYWORDS: Final = frozenset([
    "define", "domain", "problem", "object", "number", "either", "minimize", "maximize", "total-cost", "total-time",
    "and", "or", "not", "imply", "exists", "forall", "when", "over", "all", "start", "end", "?duration", "#t",
    "assign", "increase", "decrease", "scale-up", "scale-down", "-", "=", "<", ">", "<=", ">=", "+", "*", "/",
])
# fmt: on
"""Words that mean something in PDDL; a thing that is called so keeps its name. ``at`` is told by what follows it."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """New names by old ones, in lower case; what is not named keeps its name.

    Things of different kinds with one name have one new name, so plans carry over word by word.

    Attributes:
        names: The names.

    Raises:
        ProblemError: Two names would become the same, or one a word of PDDL.
    """

    names: Mapping[str, str]

    def __post_init__(self) -> None:
        times = Counter(self.names.values())
        bad = [name for name in times if times[name] > 1 or name in _KEYWORDS or name == "at"]
        if bad:
            raise ProblemError(f"{bad[0]!r} cannot be the new name of anything, or of several things")

    def plan(self, plan: str) -> str:
        """A plan of the old problem as a plan of the new one."""
        return _with_new_words(plan, self.names)

    def original_plan(self, plan: str) -> str:
        """A plan of the new problem as a plan of the old one."""
        return _with_new_words(plan, {new: old for old, new in self.names.items()})


def obfuscate(problem: PddlProblem, *, seed: int = 0) -> tuple[PddlProblem, Renaming]:
    """The same problem with a pronounceable random word for every name.

    Args:
        problem: A problem of any domain.
        seed: The same seed gives the same words.

    Returns:
        The new problem and what was renamed, by which plans can be carried over.
    """
    words = _random_words(random.Random(seed), {*_KEYWORDS, *_names(problem)})  # noqa: S311  names, not secrets
    renaming = Renaming({name: next(words) for name in _names(problem)})
    return rename(problem, renaming), renaming


def rename(problem: PddlProblem, renaming: Renaming) -> PddlProblem:
    """The same problem with new names, variables that only count, and no comments.

    Raises:
        ProblemError: Something that keeps its name is called like something else's new name.
    """
    kept = {name for name in _names(problem) if name not in renaming.names}
    if taken := kept.intersection(renaming.names.values()):
        raise ProblemError(f"{min(taken)!r} is the name of something else already")
    variables: dict[str, str] = {}

    def new_word(word: str) -> str:
        if word.startswith("?") and word not in _KEYWORDS:
            return variables.setdefault(word, f"?x{len(variables) + 1}")
        return renaming.names.get(word, word)

    return PddlProblem(_rewritten(problem.domain_pddl, new_word), _rewritten(problem.problem_pddl, new_word))


def _names(problem: PddlProblem) -> list[str]:
    """Everything that has a name, each once, in the order in which it is declared."""
    task = problem.task()
    domain, instance = task.domain, task.problem
    named: tuple[Action | DurativeAction | Signature | TypeDeclaration | Parameter, ...] = (
        *domain.actions,
        *domain.durative_actions,
        *domain.predicates,
        *domain.functions,
        *domain.types,
        *domain.constants,
        *instance.objects,
    )
    names = dict.fromkeys([domain.name, instance.name, *(thing.name for thing in named)])
    return [name for name in names if name not in _KEYWORDS and not _NUMBER.fullmatch(name)]


def _rewritten(text: str, new_word: Callable[[str], str]) -> str:
    def replaced(word: re.Match[str]) -> str:
        found = word[0].lower()
        is_time = found == "at" and _BEHIND_TIME.match(word.string, word.end())
        if is_time or found.startswith(":"):
            return found
        # "a -block" has a type right behind its dash.
        return f"-{new_word(found[1:])}" if found.startswith("-") else new_word(found)

    bare = _BLANK_LINES.sub("\n", _COMMENT.sub("", text))
    return _WORD.sub(replaced, bare).strip() + "\n"


def _with_new_words(plan: str, names: Mapping[str, str]) -> str:
    def replaced(action: re.Match[str]) -> str:
        return f"({' '.join(names.get(word, word) for word in action[1].lower().split())})"

    return _GROUP.sub(replaced, plan)


def _random_words(rng: random.Random, used: set[str]) -> Iterator[str]:
    """Words of syllables, none twice. They grow longer, so that they never run out."""
    while True:
        syllables = 2 + len(used) // 2000
        word = "".join(rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _ in range(syllables))
        word += rng.choice(_CONSONANTS)
        if word not in used:
            used.add(word)
            yield word
