"""``@modulo.critic``: a function that yields violations, as a hard critic."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeVar

from modulo.canonical import JsonValue
from modulo.critique import Soundness
from modulo.protocols import Critic, Judgement, RunsIn

__all__ = ["FunctionCritic", "critic"]

P = ParamSpec("P")
R = TypeVar("R")


class FunctionCritic(Critic[Any, Any]):
    """A hard critic made of a function; see ``critic`` for the arguments.

    Raises:
        TypeError: It is no function with a name of its own, so no certificate could name it.
    """

    def __init__(
        self,
        function: Callable[..., Judgement | Awaitable[Judgement]],
        *,
        applies_to: Callable[[Any], bool] | None = None,
        options: Mapping[str, JsonValue] | None = None,
        **declared: Any,
    ) -> None:
        if not callable(function) or not hasattr(function, "__qualname__"):
            raise TypeError(f"@critic makes a critic of a function, not of {function!r}")
        self.function = function
        self.critique = function  # type: ignore[method-assign]
        self._applies_to = applies_to
        self._options = dict(options or {})
        self.__doc__ = function.__doc__
        for name, value in declared.items():
            if name not in Critic.__annotations__:
                raise TypeError(f"a critic has no setting {name!r}")
            setattr(self, name, value)

    def critique(self, problem: Any, candidate: Any) -> Judgement | Awaitable[Judgement]:
        """Judge one candidate; replaced by the function itself when an instance is made."""
        raise NotImplementedError

    def __call__(self, *args: Any) -> Judgement | Awaitable[Judgement]:
        """Call the function."""
        return self.function(*args)

    def __reduce__(self) -> tuple[Callable[[str, str], object], tuple[str, str]]:
        """Pickle by name, as functions are: the module holds this object under the function's name."""
        module, name = self.function.__module__, self.function.__qualname__
        if _look_up(module, name) is not self:
            raise TypeError(f"{module}.{name} is not this critic")
        return _look_up, (module, name)

    @property
    def id(self) -> str:
        """The function's ``module:qualified name``."""
        return f"{self.function.__module__}:{self.function.__qualname__}"

    def applies_to(self, problem: Any) -> bool:
        """Whether the declared problem class holds this problem; without one, it holds all."""
        return True if self._applies_to is None else self._applies_to(problem)

    def options(self) -> Mapping[str, JsonValue]:
        """The declared options."""
        return self._options


def _called_with_a_claim(decorator: Callable[P, R]) -> Callable[P, R]:
    """Refuse a decorator without brackets in words that say what to write."""

    @wraps(decorator)
    def called(*args: P.args, **declared: P.kwargs) -> R:
        if args or "proves" not in declared:
            raise TypeError(
                "say what a critic's ACCEPT proves: @modulo.critic(proves='no two meetings overlap')"
            )
        return decorator(*args, **declared)

    return called


@_called_with_a_claim
def critic(
    *,
    proves: str,
    soundness: Soundness = Soundness.PROOF,
    version: str = "1",
    cost: float = 1.0,
    is_format: bool = False,
    judges: Literal["solutions", "unsolvability"] = "solutions",
    runs_in: RunsIn = "auto",
    max_seconds: float | None = None,
    applies_to: Callable[[Any], bool] | None = None,
    options: Mapping[str, JsonValue] | None = None,
) -> Callable[[Callable[..., Judgement | Awaitable[Judgement]]], FunctionCritic]:
    """Make a hard critic of a function ``(problem, candidate)`` that yields violations; none means ACCEPT.

    Args:
        proves: What ACCEPT proves, in words.
        soundness: How much that is worth.
        version: Change it whenever verdicts may change.
        cost: Relative cost; cheaper critics run first.
        is_format: Whether the other critics run only on what this one accepts.
        judges: Solutions, or claims that none exists.
        runs_in: Where it runs.
        max_seconds: Deadline of one call; with one, it runs in a worker process. There, the program's own file
            is loaded anew, without what stands behind ``if __name__ == "__main__"``: see ``Critic``.
        applies_to: Tells whether it can judge answers to a problem (its problem class).
        options: Every setting that a verdict can depend on, such as variables that the function closes over.

    Raises:
        TypeError: ``proves`` is missing, as in a decorator without brackets.
    """

    def decorate(function: Callable[..., Judgement | Awaitable[Judgement]]) -> FunctionCritic:
        return FunctionCritic(
            function,
            applies_to=applies_to,
            options=options,
            proves=proves,
            soundness=soundness,
            version=version,
            cost=cost,
            is_format=is_format,
            judges=judges,
            runs_in=runs_in,
            max_seconds=max_seconds,
        )

    return decorate


def _look_up(module: str, name: str) -> object:
    __import__(module)
    found: object = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part, None)
    return found
