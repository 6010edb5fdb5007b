r"""Derivations: one line a step, each of which combines two numbers, as in ``10 - 4 = 6 (left: 6 9 13)``.

The form of Yao et al., "Tree of Thoughts" (2023). It is read strictly, at the very start of a text; only whole
numbers from 0 on come up in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from modulo.critics.arithmetic import Expression, Number
from modulo.domains.game24.problem import Game24Problem

__all__ = ["Derivation", "read_derivation", "whole_result"]

_LINE: Final = re.compile(r"([0-9]{1,12}) ([-+*/]) ([0-9]{1,12}) = ([0-9]{1,12}) \(left: ([0-9 ]{1,400})\)\n")


@dataclass(frozen=True, slots=True)
class Derivation:
    """Steps from a problem's numbers.

    Attributes:
        lines: The steps as text.
        parts: What is left: numbers, and for each of them the expressions that it stands for, latest last.
    """

    lines: tuple[str, ...]
    parts: Mapping[int, tuple[str, ...]]

    @classmethod
    def start(cls, problem: Game24Problem) -> Derivation:
        """No step yet."""
        count = Counter(problem.numbers)
        return cls((), {number: (str(number),) * times for number, times in count.items()})

    @property
    def numbers(self) -> tuple[int, ...]:
        """What is left, in ascending order."""
        return tuple(sorted(number for number, texts in self.parts.items() for _ in texts))

    @property
    def text(self) -> str:
        """All its lines."""
        return "".join(self.lines)

    def stepped(self, left: int, symbol: str, right: int) -> Derivation | None:
        """With one step more; None if a number is not left, or what comes out is no whole number from 0 on."""
        parts = {number: [*texts] for number, texts in self.parts.items()}
        if any(times > len(parts.get(number, ())) for number, times in Counter((left, right)).items()):
            return None
        result = whole_result(left, symbol, right)
        if result is None:
            return None
        expression = f"({parts[left].pop()} {symbol} {parts[right].pop()})"
        parts.setdefault(result, []).append(expression)
        made = Derivation(self.lines, {number: tuple(texts) for number, texts in parts.items() if texts})
        listed = " ".join(map(str, made.numbers))
        line = f"{left} {symbol} {right} = {result} (left: {listed})\n"
        return Derivation((*self.lines, line), made.parts)

    def expression(self) -> str | None:
        """The expression that it has come to; None while several numbers are left."""
        if len(self.numbers) > 1:
            return None
        ((text,),) = self.parts.values()
        return text.removeprefix("(").removesuffix(")") if self.lines else text

    def completed(self, text: str, rest: Expression) -> str | None:
        """An expression of what is left, with expressions of the problem's numbers in place of its numbers.

        Args:
            text: The expression.
            rest: The same, read.

        Returns:
            The expression; None unless it uses every number that is left as often as it is left, and no other one.
        """
        numbers = sorted((item for item in rest if isinstance(item, Number)), key=lambda item: item.at)
        if Counter(item.text for item in numbers) != Counter(map(str, self.numbers)):
            return None
        waiting = {str(number): [*texts] for number, texts in self.parts.items()}
        for item in reversed(numbers):  # from the end, so that the places of those before stay right
            at = item.at - 1
            text = text[:at] + waiting[item.text].pop() + text[at + len(item.text) :]
        return text


def whole_result(left: int, symbol: str, right: int) -> int | None:
    """What comes out of a step, if it is a whole number from 0 on."""
    match symbol:
        case "+":
            return left + right
        case "-":
            return left - right if left >= right else None
        case "*":
            return left * right
        case _:
            result = Fraction(left, right) if right else None
            return int(result) if result is not None and result.denominator == 1 else None


def read_derivation(text: str, problem: Game24Problem) -> tuple[Derivation, str] | None:
    """The derivation that a text begins with, and the rest of the text; None if no step of it is right."""
    derivation, at = Derivation.start(problem), 0
    while (found := _LINE.match(text, at)) is not None:
        longer = derivation.stepped(int(found[1]), found[2], int(found[3]))
        if longer is None or longer.lines[-1] != found[0]:
            break
        derivation, at = longer, found.end()
    return (derivation, text[at:]) if derivation.lines else None
