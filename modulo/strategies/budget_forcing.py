"""One train of thought, lengthened or cut short: budget forcing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.protocols import Expansion, Finish, Sampling, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import Arm, arms_of, folded
from modulo.strategies.counts import check_counts, check_truths
from modulo.tree import Attempt, Tree

__all__ = ["BudgetForcing"]

_ANSWER: Final = "answer"
_THOUGHT: Final = "thought"
_NO_THOUGHT: Final = (Finish.REFUSED, Finish.MALFORMED, Finish.TOOL_CALLS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetForcing(Strategy):
    r"""Hybrid scaling: a model that stops thinking is made to go on with "Wait", one that thinks too long to answer.

    A model may think for a number of tokens. Where it stops before and critics reject what it has, "Wait" is put
    behind its own words and it goes on from there. Once tokens or waits are used up, "Final Answer:" is put there.
    Only for models that go on from the beginning of an answer: local ones, and providers with prefill.

    Source: Muennighoff et al., "s1: Simple test-time scaling" (2025), arXiv 2501.19393.

    Attributes:
        waits: How many times it is made to go on.
        thinking_tokens: Tokens for thinking in one train of thought; all of them are used if a bill never came.
        answer_tokens: Tokens for the answer after "Final Answer:".
        trains: Trains of thought by each model, one after the other.
        on_evidence: Whether to wait only where critics reject. If not, it is always made to go on, as in s1, and
            only what follows "Final Answer:" is judged.
        wait: What makes it go on.
        ending: What makes it answer.
        opening: What it begins with, such as ``"<think>\n"`` for models that think between marks.
        closing: The mark that ends its thinking, such as ``"</think>"``. It is taken away to go on, and put there to
            end.

    Raises:
        ConfigurationError: A setting makes no sense.
    """

    waits: int = 2
    thinking_tokens: int = 1024
    answer_tokens: int = 256
    trains: int = 1
    on_evidence: bool = True
    wait: str = "\nWait"
    ending: str = "\n\nFinal Answer:"
    opening: str = ""
    closing: str = ""

    def __post_init__(self) -> None:
        check_counts(self, "waits", "thinking_tokens", "answer_tokens", "trains")
        check_truths(self, "on_evidence")
        for name in ("wait", "ending", "opening", "closing"):
            value = getattr(self, name)
            if not isinstance(value, str) or (name in ("wait", "ending") and not value.strip()):
                raise ConfigurationError(
                    f"BudgetForcing: {name} is text that a model goes on from, not {value!r}"
                )

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """What comes next in the train of thought of each model; none when all of them have come to their end.

        Raises:
            ConfigurationError: Some generator cannot go on from the beginning of an answer.
        """
        if not tree.attempts:
            _check_prefill(tree)
        trains = folded(tree, "trains", dict[Arm, _Train], _note)
        wanted = [self._next(tree, arm, trains.get(arm)) for arm in arms_of(tree)]
        return [expansion for expansion in wanted if expansion is not None][:n]

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return settings_of(self)

    def _next(self, tree: Tree, arm: Arm, train: _Train | None) -> Expansion | None:
        if train is None or _ends(tree, train.last):
            number = 0 if train is None else train.number + 1
            return (
                self._thought(arm, number, self.opening, self.thinking_tokens) if number < self.trains else None
            )
        last, left = train.last, self.thinking_tokens - train.tokens
        thoughts = last.text.partition(self.closing)[0] if self.closing else last.text
        if train.attempts <= self.waits and left > 0 and not _was_cut_off(last):
            return self._thought(arm, train.number, thoughts.rstrip() + self.wait, left)
        prefix = thoughts.rstrip() + self.closing + self.ending
        return self._expansion(arm, f"{_ANSWER} {train.number}", prefix, self.answer_tokens)

    def _thought(self, arm: Arm, number: int, prefix: str, most: int) -> Expansion:
        return self._expansion(arm, f"{_THOUGHT} {number}", prefix, most)

    def _expansion(self, arm: Arm, label: str, prefix: str, most: int) -> Expansion:
        return Expansion(
            node=arm.node,
            sampling=Sampling(max_output_tokens=most, model=arm.model),
            prefix=prefix,
            prefills=True,
            judged=self.on_evidence or label.startswith(_ANSWER),
            label=label,
        )


def _check_prefill(tree: Tree) -> None:
    """Refuse generators of whatever stage, before anything is paid for an earlier one."""
    for node in tree.program.generators:
        if not node.generator.takes_prefill:
            raise ConfigurationError(
                f"BudgetForcing lets models go on from the beginning of an answer, which {node.name!r} cannot; "
                "use a local model, or a provider with prefill"
            )


class _Train(Struct):
    """A train of thought: its latest attempt, how many there are, and what they took."""

    number: int
    last: Attempt
    attempts: int
    tokens: int


def _note(trains: dict[Arm, _Train], attempt: Attempt) -> None:
    """Add an attempt to the latest train of thought of its model."""
    arm, number = Arm.of(attempt), int(attempt.label.rpartition(" ")[2])
    train = trains.get(arm)
    if train is None or train.number != number:
        train = trains[arm] = _Train(number, attempt, 0, 0)
    train.last = attempt
    train.attempts += 1
    train.tokens += _tokens(attempt)


def _ends(tree: Tree, attempt: Attempt) -> bool:
    """Whether a train of thought ends here: with its answer, a certificate, or nothing to go on from."""
    if attempt.generation is None or attempt.generation.finish in _NO_THOUGHT:
        return True
    return _ANSWER in attempt.label or (attempt.accepted and not tree.was_blamed(attempt))


def _was_cut_off(attempt: Attempt) -> bool:
    return attempt.generation is not None and attempt.generation.finish is Finish.TRUNCATED


def _tokens(attempt: Attempt) -> int:
    if attempt.generation is None:
        return 0
    usage = attempt.generation.usage
    return (attempt.sampling.max_output_tokens or 0) if usage is None else usage.completion_tokens
