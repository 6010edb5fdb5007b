"""Prompts for puzzles, and expressions out of chat text.

The reformulator converts form only: it finds the expression that stands there, in other characters perhaps, and
mends nothing. A text with two different answers is malformed, unless it plainly marks one of them as the answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

from modulo.canonical import JsonValue
from modulo.critics.arithmetic import Expression, Number, Operation, read_equation
from modulo.domains.game24.claims import is_claim
from modulo.domains.game24.derivation import Derivation, read_derivation
from modulo.domains.game24.problem import Game24Problem
from modulo.errors import Malformed
from modulo.json_in_text import json_object_in
from modulo.problem import NO_SOLUTION, NoSolution

__all__ = ["answer_schema", "parse_expression", "prompt"]

MAX_CHARACTERS: Final = 20_000
"""Longest answer that is read."""
_MOST_COMBINED: Final = 4
"""Most numbers for which the schema lists every combination; for five, that takes 25 kB."""
_FORM = 'answer with one JSON object such as {"expression": "(10 - 4) * (13 - 9)"}.'

_EXAMPLES: Final = (("4, 9, 10, 13", "(10 - 4) * (13 - 9)"), ("5, 6, 8, 12", "(6 / (8 - 5)) * 12"))
_CHARACTERS: Final = str.maketrans(
    {
        **dict.fromkeys("\u00d7\u22c5\u00b7\u2219\u2715\u2716\u2217", "*"),
        **dict.fromkeys("\u00f7\u2215\u2044", "/"),
        **dict.fromkeys("\u2212\u2013\u2014\ufe63\uff0d", "-"),
        **dict.fromkeys("\u00a0\u2009\u202f", " "),
        **dict.fromkeys("[{\uff08", "("),
        **dict.fromkeys("]}\uff09", ")"),
        "\uff0b": "+",
        "\uff1d": "=",
    }
)
"""Other characters for what an expression is made of."""
_LATEX: Final = (
    ("\\times", "*"),
    ("\\cdot", "*"),
    ("\\div", "/"),
    ("\\left", ""),
    ("\\right", ""),
    ("\\,", " "),
    *((mark, " ") for mark in ("\\(", "\\)", "\\[", "\\]")),
)
_TIMES = re.compile(r"(?<=[0-9)])( ?)[xX]( ?)(?=[0-9(])")
_BOXED = re.compile(r"\\boxed\{([^{}\n]*)\}")
_MARK = re.compile(
    r"\b(?:final answer|answer|solution|final expression)\b(?: is)?[ *_`]*:[ *_`]*", re.IGNORECASE
)
_ITEM = re.compile(r"^[ \t]*(?:[0-9]{1,3}[.)]|[-*•])[ \t]+(?=\S)", re.MULTILINE)
_RUN = re.compile(r"[-0-9+*/^%!().=\u221a \t]+")
_DIGIT = re.compile(r"[0-9]")
_OPERATOR = re.compile(r"[-+*/^%!\u221a]")


def prompt(problem: Game24Problem) -> str:
    """The problem in words, with the answer's format."""
    numbers = ", ".join(map(str, problem.numbers))
    return (
        f"Make {problem.target} from the numbers {numbers}.\n"
        "Use every number exactly once. Use only + - * / and parentheses.\n"
        f"Example: {_example(problem)}.\n"
        "Answer with one such JSON object and nothing else."
    )


def _example(problem: Game24Problem) -> str:
    """A puzzle with its answer, and not this one."""
    numbers, answer = _EXAMPLES[sorted(problem.numbers) == [4, 9, 10, 13]]
    return f'to make 24 from {numbers} the answer is {{"expression": "{answer}"}}'


def answer_schema(problem: Game24Problem) -> Mapping[str, JsonValue]:
    """The JSON schema of an answer: of up to four numbers, every way to combine each of them once, or a claim."""
    return {
        "type": "object",
        "properties": {"expression": {"type": "string", "pattern": f"^({_pattern(problem)}|no solution)$"}},
        "required": ["expression"],
        "additionalProperties": False,
    }


def _pattern(problem: Game24Problem) -> str:
    if len(problem.numbers) <= _MOST_COMBINED:
        return _combinations(tuple(sorted(problem.numbers)))
    operand = rf"\(*({'|'.join(map(str, sorted(set(problem.numbers))))})\)*"
    return rf"{operand}( [-+*/] {operand}){{{len(problem.numbers) - 1}}}"


@lru_cache(maxsize=1024)
def _combinations(numbers: tuple[int, ...]) -> str:
    """A regular expression of all binary trees over some numbers, with parentheses around inner operations."""
    if len(numbers) == 1:
        return str(numbers[0])
    ways = [
        f"{_group(left)} [-+*/] {_group(right)}"
        for size in range(1, len(numbers))
        for left, right in _divisions(numbers, size)
    ]
    return f"({'|'.join(ways)})"


def _group(numbers: tuple[int, ...]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else rf"\({_combinations(numbers)}\)"


def _divisions(numbers: tuple[int, ...], size: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Every choice of so many of the numbers, with the others."""
    for left in sorted(set(combinations(numbers, size))):
        yield left, tuple(sorted((Counter(numbers) - Counter(left)).elements()))


def parse_expression(text: str, problem: Game24Problem) -> str | NoSolution:
    r"""The expression in a chat answer, in plain characters, with ``= n`` behind it where that stands there.

    A JSON object, prose, lists of steps, marks such as ``Answer:`` or ``\boxed{}``, signs such as that of
    multiplication, other brackets and reasoning in ``<think>`` tags are understood. Where steps such as
    ``10 - 4 = 6 (left: 6 9 13)`` stand at the very start, the expression may be one of the numbers that are left.

    Returns:
        The expression; or ``NO_SOLUTION`` if all that the answer says is that there is none.

    Raises:
        Malformed: It holds no expression, or several of which none is marked, or one that cannot be read.
    """
    if len(text) > MAX_CHARACTERS:
        raise Malformed(
            f"An answer of more than {MAX_CHARACTERS:,} characters is not read.", code="too_long", hint=_FORM
        )
    derived = read_derivation(text, problem)
    if derived is None:
        return _stated_in(text, len(problem.numbers))
    return _behind(*derived, problem)


def _behind(derivation: Derivation, rest: str, problem: Game24Problem) -> str | NoSolution:
    """The expression that a derivation comes to with what stands behind it, unless that is a whole one itself."""
    finished = derivation.expression()
    try:
        stated = _stated_in(rest, len(derivation.numbers))
    except Malformed:
        if finished is None:
            raise
        return finished
    if isinstance(stated, NoSolution):
        return stated if finished is None else finished
    expression = read_equation(stated)[0]
    if finished is not None:
        is_whole = sum(isinstance(item, Number) for item in expression) >= len(problem.numbers)
        return stated if is_whole else finished
    return derivation.completed(stated, expression) or stated


def _stated_in(text: str, count: int) -> str | NoSolution:
    """The expression of so many numbers in a text, or the claim that there is none."""
    said = text.rpartition("</think>")[2]
    stated = _json_answer(said)
    if stated is not None:
        said = stated
    if is_claim(said):
        return NO_SOLUTION
    marked = _marked(said)
    return _only(marked or [said], count)


def _json_answer(text: str) -> str | None:
    """The expression of the one JSON object in a text; None where there is none that names one."""
    if '"expression"' not in text:
        return None
    expression = json_object_in(text, form=_FORM).get("expression")
    if not isinstance(expression, str):
        raise Malformed("The JSON object has no text called expression.", hint=_FORM)
    return expression


def _marked(text: str) -> list[str]:
    """What stands behind the marks of a text: in boxes, or else on the line after each ``Answer:``."""
    boxed = _BOXED.findall(text)
    if boxed:
        return boxed
    found = []
    for mark in _MARK.finditer(text):
        rest = text[mark.end() :].lstrip().partition("\n")[0]
        if _OPERATOR.search(rest) or is_claim(rest):
            found.append(rest)
    return found


@dataclass(frozen=True, slots=True)
class _Found:
    """Something that looks like an expression.

    Attributes:
        text: As it will be judged; None if it cannot be read.
        numbers: How many numbers are in it.
        fault: Why it cannot be read.
    """

    text: str | None
    numbers: int
    fault: Malformed | None = None


def _only(texts: Sequence[str], count: int) -> str:
    """The one expression in some texts: of those that use enough numbers, if any does."""
    found = [one for text in texts for one in _expressions(text)]
    whole = [one for one in found if one.numbers >= count] or found
    for one in whole:
        if one.fault is not None:
            raise one.fault
    # A claim of a value comes with its expression, wherever else that stands without one.
    texts_found = sorted((one.text or "" for one in whole), key=lambda text: "=" in text)
    different = {_squeezed(text) for text in texts_found}
    claims = {_squeezed(text) for text in texts_found if "=" in text}
    if not different:
        raise Malformed("The answer holds no expression.", code="no_expression", hint=_FORM)
    if len({text.partition("=")[0] for text in different}) > 1 or len(claims) > 1:
        raise Malformed(
            "The answer holds different expressions or values; give exactly one.",
            code="several_expressions",
            hint=_FORM,
        )
    return texts_found[-1]


def _squeezed(text: str) -> str:
    return re.sub(r"[ \t]", "", text)


def _expressions(text: str) -> Iterator[_Found]:
    for mark, plain in _LATEX:
        text = text.replace(mark, plain)
    text = _TIMES.sub(r"\1*\2", _ITEM.sub("", text.translate(_CHARACTERS)))
    for run in _RUN.finditer(text):
        bare = _trimmed(run[0])
        if _OPERATOR.search(bare.lstrip("-")) and _DIGIT.search(bare):
            yield _read(bare, touches_word=_touches_word(text, run))


def _touches_word(text: str, run: re.Match[str]) -> bool:
    """Whether a letter stands right next to it, so that it may be a part of something else."""
    before, after = text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]
    glued_before = before.isalnum() and run[0][0] not in " \t.=("
    glued_after = after.isalnum() and run[0][-1] not in " \t.=("
    return glued_before or glued_after


def _trimmed(run: str) -> str:
    """A run of characters without what belongs to the sentence around it."""
    run = run.strip(" \t.").removesuffix("(").strip(" \t.")
    while len(run) > 4 and run.startswith("**") and run.endswith("**"):
        run = run[2:-2].strip(" \t.")
    return run.strip(" \t=")


def _read(text: str, *, touches_word: bool) -> _Found:
    count = len(re.findall(r"[0-9]+", text.partition("=")[0]))
    if touches_word:
        return _Found(None, count, Malformed(f"This cannot be read: {text:.80}", hint=_FORM))
    try:
        sides = read_equation(text)
    except Malformed as error:
        return _Found(None, count, Malformed(f"{text:.80} cannot be read: {error.message}", hint=_FORM))
    return _stated(text.split("="), sides)


def _stated(texts: list[str], sides: Sequence[Expression]) -> _Found:
    """The expression of an equation, or of the derivation that it is, with the value that is claimed last."""
    numbers = [sum(isinstance(item, Number) for item in side) for side in sides]
    main = max(range(len(sides)), key=numbers.__getitem__)
    claims = [
        text.strip() for place, text in enumerate(texts) if place != main and not _has_operation(sides[place])
    ]
    expression = texts[main].strip()
    if len(set(claims)) > 1:
        fault = Malformed("The answer says that its expression has two values.", hint=_FORM)
        return _Found(None, numbers[main], fault)
    if numbers.count(numbers[main]) > 1 and numbers[main] > 1:
        fault = Malformed("The answer equates two expressions; give one.", hint=_FORM)
        return _Found(None, numbers[main], fault)
    return _Found(f"{expression} = {claims[0]}" if claims else expression, numbers[main])


def _has_operation(side: Expression) -> bool:
    return any(isinstance(item, Operation) and item.symbol != "negate" for item in side)
