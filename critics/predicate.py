"""The critic made of a plain Python predicate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from modulo.canonical import JsonValue
from modulo.critique import Soundness, Violation
from modulo.errors import ConfigurationError
from modulo.protocols import Critic

__all__ = ["Holds"]


class Holds(Critic[Any, Any]):
    """Judges by a function that tells whether a candidate is right; nothing else is said of a wrong one.

    With ``@modulo.critic``, a function says what is wrong, and a backprompt can, too. This is for functions that are
    there already: ``Holds(str.isidentifier, of="candidate", proves="a name in Python")``.

    **Sound for:** the function returned True itself. Anything else that it returns but False, such as None, 1 or a
    match, is an error, and so is whatever it raises: never a verdict.

    **Does not check:** whether the function is right.

    Args:
        predicate: A function of a module, so that a certificate can name it; no lambda.
        proves: What it proves where it returns True.
        of: Whether it takes the problem and the candidate, or the candidate alone.
        soundness: How much that is worth.
        version: Change it whenever verdicts may change.
        message: What to say of a candidate that is wrong.
        max_seconds: Deadline of one call; with one, it runs in a worker process.

    Raises:
        ConfigurationError: It is no such function, or nothing is said to be proven.
    """

    def __init__(
        self,
        predicate: Callable[..., bool],
        *,
        proves: str,
        of: Literal["both", "candidate"] = "both",
        soundness: Soundness = Soundness.PROOF,
        version: str = "1",
        message: str = "The answer is not right.",
        max_seconds: float | None = None,
    ) -> None:
        name = getattr(predicate, "__qualname__", "")
        if not callable(predicate) or not name or "<" in name:
            raise ConfigurationError(f"predicate: a function with a name of its own, not {predicate!r}")
        if not proves or of not in ("both", "candidate"):
            raise ConfigurationError("say what it proves, and of='both' or of='candidate'")
        self._predicate, self._of, self._message = predicate, of, message
        self.proves, self.soundness, self.version = proves, soundness, version
        self.max_seconds = max_seconds

    def options(self) -> Mapping[str, JsonValue]:
        """The function by name, and what it is given."""
        module = getattr(self._predicate, "__module__", None) or "builtins"
        return {"predicate": f"{module}:{self._predicate.__qualname__}", "of": self._of}

    def critique(self, problem: Any, candidate: Any) -> Iterator[Violation]:
        """One violation if it does not hold.

        Raises:
            TypeError: The function returned something else than True or False.
        """
        found = self._predicate(candidate) if self._of == "candidate" else self._predicate(problem, candidate)
        if not isinstance(found, bool):
            raise TypeError(f"a predicate returns True or False, not {found!r:.80}")
        if not found:
            yield Violation("does_not_hold", self._message)
