"""Problems of our own, in the form of HumanEval, for trying things out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from modulo.critics.code import CodeProblem

__all__ = ["PROBLEMS"]


def _problem(entry_point: str, prompt: str, *assertions: str) -> CodeProblem:
    test = "\n".join(["def check(candidate):", *(f"    assert {assertion}" for assertion in assertions)])
    return CodeProblem(prompt=prompt, entry_point=entry_point, test=test + "\n")


PROBLEMS: Final[Mapping[str, CodeProblem]] = {
    problem.entry_point: problem
    for problem in (
        _problem(
            "longest_run",
            "from typing import List\n\n\ndef longest_run(values: List[int]) -> int:\n"
            '    """Length of the longest run of equal neighbours; 0 for an empty list.\n'
            "    >>> longest_run([1, 1, 2, 2, 2, 1])\n    3\n"
            '    """\n',
            "candidate([]) == 0",
            "candidate([5]) == 1",
            "candidate([1, 1, 2, 2, 2, 1]) == 3",
            "candidate([4, 4, 4, 4]) == 4",
            "candidate([1, 2, 3]) == 1",
            "candidate([7, 7, 1, 7, 7, 7]) == 3",
        ),
        _problem(
            "caesar",
            "def caesar(text: str, shift: int) -> str:\n"
            '    """Move every letter a-z and A-Z by shift places in the alphabet, round its end; case is kept,\n'
            "    everything else stays as it is. The shift may be negative.\n"
            "    >>> caesar('Zebra!', 2)\n    'Bgdtc!'\n"
            '    """\n',
            "candidate('Zebra!', 2) == 'Bgdtc!'",
            "candidate('', 5) == ''",
            "candidate('abc xyz', 0) == 'abc xyz'",
            "candidate('abc', -1) == 'zab'",
            "candidate('Hello, World', 26) == 'Hello, World'",
            "candidate('xyz', 55) == 'abc'",
        ),
        _problem(
            "merge_spans",
            "from typing import List, Tuple\n\n\n"
            "def merge_spans(spans: List[Tuple[int, int]]) -> List[Tuple[int, int]]:\n"
            '    """Merge spans (first, last) of whole numbers that overlap or touch; the result is sorted.\n'
            "    (1, 3) and (4, 6) touch, since no number lies between them.\n"
            "    >>> merge_spans([(8, 9), (1, 3), (4, 6)])\n    [(1, 6), (8, 9)]\n"
            '    """\n',
            "candidate([(8, 9), (1, 3), (4, 6)]) == [(1, 6), (8, 9)]",
            "candidate([]) == []",
            "candidate([(2, 2)]) == [(2, 2)]",
            "candidate([(1, 10), (2, 3), (5, 5)]) == [(1, 10)]",
            "candidate([(5, 6), (1, 2)]) == [(1, 2), (5, 6)]",
            "candidate([(1, 2), (2, 4), (4, 4), (6, 7)]) == [(1, 4), (6, 7)]",
        ),
        _problem(
            "balanced",
            "def balanced(text: str) -> bool:\n"
            '    """Whether all brackets (), [] and {} in a text are closed in the right order.\n'
            "    >>> balanced('a(b[c]{d})')\n    True\n    >>> balanced('(]')\n    False\n"
            '    """\n',
            "candidate('a(b[c]{d})') is True",
            "candidate('(]') is False",
            "candidate('') is True",
            "candidate('((') is False",
            "candidate('}{') is False",
            "candidate('no brackets') is True",
            "candidate('([)]') is False",
        ),
    )
}
"""The problems, by the name of their function."""
