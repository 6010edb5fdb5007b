"""What the critics of expressions are audited on, with an oracle of its own."""

from __future__ import annotations

import ast
import random
import re
import warnings
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Final

from modulo.canonical import JsonValue
from modulo.domains.game24.instances import generate
from modulo.domains.game24.problem import Game24Problem
from modulo.specimens import Specimen, Specimens, Variant

__all__ = ["Game24Specimens", "is_right"]

_NUMBER = re.compile(r"[0-9]+")
_SYMBOL = re.compile(r"(?<= )[-+*/](?= )")


class Game24Specimens(Specimens[Game24Problem]):
    """Puzzles of three to six numbers that were made backwards from the target."""

    def draw(self, rng: random.Random) -> Specimen[Game24Problem]:
        """A puzzle and the expression that it was made of."""
        problem, answer = generate(
            count=rng.choice((3, 4, 4, 4, 5, 6)),
            largest=rng.choice((9, 13, 25)),
            target=rng.choice((24, 24, 24, rng.randint(2, 60))),
            seed=rng.getrandbits(32),
        )
        return Specimen(problem=problem, answers=(answer,))

    def damaged(self, specimen: Specimen[Game24Problem], rng: random.Random) -> Iterable[Variant]:
        """One fault each: in a number, an operation, the grouping, the claim or the way it is written."""
        answer = specimen.answers[0]
        assert isinstance(answer, str)
        for family, damage in _DAMAGES.items():
            yield Variant(family, damage(answer, specimen.problem, rng))

    def rewritten(self, specimen: Specimen[Game24Problem], rng: random.Random) -> Iterable[Variant]:
        """The same expression with other spaces, more parentheses, or its value behind it."""
        answer = specimen.answers[0]
        assert isinstance(answer, str)
        yield Variant("without_spaces", answer.replace(" ", ""))
        yield Variant("more_spaces", f" {answer.replace(' ', '  ')}\n")
        yield Variant("in_parentheses", f"({answer})")
        yield Variant("numbers_in_parentheses", _NUMBER.sub(r"(\g<0>)", answer))
        yield Variant("with_its_value", f"{answer} = {specimen.problem.target}")
        yield Variant("with_its_value_closely", f"{answer}={specimen.problem.target}")
        yield Variant("two_signs", f"-(-({answer}))")

    def is_right(self, problem: Game24Problem, document: JsonValue) -> bool:
        """By Python's own parser and a walk over its tree."""
        return is_right(problem, document)


def is_right(problem: Game24Problem, document: JsonValue) -> bool:
    """Whether an answer is right, by Python's parser instead of our reader."""
    if not isinstance(document, str):
        return False
    expression, _, claim = document.partition("=")
    if "=" in document and not re.fullmatch(rf"\s*{re.escape(str(problem.target))}\s*", claim, re.ASCII):
        return False
    if not re.fullmatch(r"[-0-9+*/() \t\r\n]*", expression) or len(expression) > 5_000:
        return False
    written = sorted(_NUMBER.findall(expression))
    if written != sorted(map(str, problem.numbers)) or "**" in expression or "//" in expression:
        return False
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(f"({expression.strip()})", mode="eval")
        return _value(tree.body) == problem.target
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return False


def _value(node: ast.expr) -> Fraction:
    """The value of a parsed expression.

    Raises:
        ValueError: It is more than the four operations, signs and integers.
        ZeroDivisionError: It divides by zero.
    """
    match node:
        case ast.Constant(value=int(number)):
            return Fraction(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left) + _value(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _value(left) - _value(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left) * _value(right)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _value(left) / _value(right)
    raise ValueError("no arithmetic of integers")


def _change_one(pattern: re.Pattern[str], text: str, rng: random.Random, change: Callable[[str], str]) -> str:
    """A text with one match changed, chosen at random."""
    match = rng.choice(list(pattern.finditer(text)))
    return text[: match.start()] + change(match[0]) + text[match.end() :]


def _other_operation(answer: str, problem: Game24Problem, rng: random.Random) -> str:
    return _change_one(_SYMBOL, answer, rng, lambda symbol: rng.choice([s for s in "+-*/" if s != symbol]))


def _last_operation(answer: str, problem: Game24Problem, rng: random.Random) -> str:
    *_, match = _SYMBOL.finditer(answer)
    return answer[: match.start()] + {"+": "-", "-": "+", "*": "+", "/": "*"}[match[0]] + answer[match.end() :]


def _number_off_by_one(answer: str, problem: Game24Problem, rng: random.Random) -> str:
    return _change_one(_NUMBER, answer, rng, lambda number: str(int(number) + rng.choice((-1, 1))))


def _swapped_numbers(answer: str, problem: Game24Problem, rng: random.Random) -> str:
    one, other = rng.sample(list(_NUMBER.finditer(answer)), 2)
    first, second = sorted((one, other), key=lambda match: match.start())
    between = answer[first.end() : second.start()]
    return answer[: first.start()] + second[0] + between + first[0] + answer[second.end() :]


def _flattened(answer: str, problem: Game24Problem, rng: random.Random) -> str:
    return answer.replace("(", "").replace(")", "")


def _in_another_notation(symbol: str, other: str) -> Callable[[str, Game24Problem, random.Random], str]:
    def damage(answer: str, problem: Game24Problem, rng: random.Random) -> str:
        return answer.replace(symbol, other) if symbol in answer else f"{answer} {other} 1"

    return damage


def _appended(*endings: str) -> Callable[[str, Game24Problem, random.Random], str]:
    return lambda answer, problem, rng: f"({answer}){rng.choice(endings)}"


_DAMAGES: Final[dict[str, Callable[[str, Game24Problem, random.Random], str]]] = {
    "other_operation": _other_operation,
    "last_operation": _last_operation,
    "number_off_by_one": _number_off_by_one,
    "swapped_numbers": _swapped_numbers,
    "flattened": _flattened,
    "number_dropped": lambda answer, problem, rng: re.sub(r"[0-9]+ [-+*/] (?=[0-9(])", "", answer, count=1),
    "number_repeated": lambda answer, problem, rng: (
        f"{answer} + {(number := rng.choice(problem.numbers))} - {number}"
    ),
    "neutral_number_added": _appended(" + 0", " * 1", " - 0", " / 1"),
    "off_by_a_tiny_amount": _appended(" + 1/1000000000000", " * 1.0000000000001", " - 0.00000000001"),
    "division_by_zero": _appended(" / 0", " + 0 / 0", " + 1 / (1 - 1)"),
    "target_itself": lambda answer, problem, rng: str(problem.target),
    "other_value_claimed": lambda answer, problem, rng: (
        f"{answer} = {problem.target + rng.choice((-1, 1, 10, 100))}"
    ),
    "two_values_claimed": lambda answer, problem, rng: f"{answer} = {problem.target} = {problem.target}",
    "decimal_value_claimed": lambda answer, problem, rng: f"{answer} = {problem.target}.0000001",
    "operator_left_out": lambda answer, problem, rng: _SYMBOL.sub("", answer, count=1),
    "digits_run_together": lambda answer, problem, rng: re.sub(r" [-+*/] ", "", answer, count=1),
    "other_times_sign": _in_another_notation("*", "\u00d7"),
    "other_division": _in_another_notation("/", "//"),
    "power": _in_another_notation("*", "**"),
    "decimals": lambda answer, problem, rng: _change_one(_NUMBER, answer, rng, lambda number: f"{number}.0"),
    "leading_zeros": lambda answer, problem, rng: _change_one(
        _NUMBER, answer, rng, lambda number: f"0{number}"
    ),
    "open_parenthesis": lambda answer, problem, rng: f"({answer}",
    "closed_twice": lambda answer, problem, rng: f"{answer})",
    "factorial": lambda answer, problem, rng: _change_one(_NUMBER, answer, rng, lambda number: f"{number}!"),
    "second_line": lambda answer, problem, rng: f"{answer}\n{answer}",
}
