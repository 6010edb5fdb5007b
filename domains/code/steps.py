"""Programs function by function, for searches over programs that are finished in part."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from modulo.critics.code import CodeProblem
from modulo.critique import Critique
from modulo.domains.code.begun import Part, begun_text, names_in, parts_of, read_begun, words_of
from modulo.domains.code.wording import prompt
from modulo.steps import Beginning, Steps

__all__ = ["CodeSteps"]

_SUITES: Final = ("pytest", "unittest", "properties")
"""Formats whose tests have names, which violations give at their end."""
_ABOUT_A_TEST: Final = frozenset(("wrong_result", "exception", "test_raised"))
_IMPORT: Final = re.compile(r"^from solution import (?:\(([^)]*)\)|([^\n(]*))", re.MULTILINE)
_ATTRIBUTE: Final = re.compile(r"\bsolution\.([A-Za-z_]\w*)")
_TEST: Final = re.compile(r"([ \t]*)(?:async )?def (test\w*)")
_FAILED: Final = re.compile(r" \[(?:\w+\.)*(test\w*)")


class CodeSteps(Steps[CodeProblem, str]):
    """Beginnings of programs whose functions pass their own tests, as the tests of the whole program have shown.

    For problems whose tests have names, and call at least two functions of the program by theirs. Nothing is run:
    what ``PassesTests`` said of a whole program tells which tests failed, and their text what they need.

    **Sound for:** a program is left at the first function with which some failed test has all that it mentions, where
    nothing up to there mentions what comes later: that test fails whatever the rest is. This holds of functions that
    share nothing that they change; that the rest defines nothing anew, the reformulator sees to.

    **Does not check:** programs that have not come to their tests, or of which tests failed that have no name, as
    hidden ones: they have no beginnings. Beginnings that mention what comes later are passed over. Tests that reach
    functions without their names, made of parts of text perhaps, mislead it.
    """

    def applies_to(self, problem: CodeProblem) -> bool:
        """Whether the tests have names, and are about several functions."""
        return problem.format in _SUITES and len(_tested(problem)) > 1

    def beginnings(self, problem: CodeProblem, candidate: str) -> Sequence[Beginning]:
        """None: nothing is known of a program that was not tested."""
        return ()

    def beginnings_judged(
        self,
        problem: CodeProblem,
        candidate: str,
        critiques: Sequence[Critique],
        beginning: Beginning | None = None,
    ) -> Sequence[Beginning]:
        """A beginning up to each tested function, until some test has failed that needs no more."""
        parts, tested = parts_of(candidate), _tested(problem)
        failed = _failed(problem.test, critiques, names_in(parts).union(tested))
        return () if failed is None else tuple(_beginnings(parts, tested, failed))

    def prompt(self, problem: CodeProblem, beginning: Beginning) -> str:
        """The problem, the part of the program that there is, and which functions are missing."""
        begun = read_begun(beginning.text)
        assert begun is not None, "its text is ours"
        known = names_in(parts_of(begun[0]))
        missing = ", ".join(name for name in _tested(problem) if name not in known)
        return (
            f"{prompt(problem)}\n\nThis part of the program is finished, and was tested:\n\n"
            f"```python\n{begun[0].rstrip()}\n```\n\nWrite only the rest of the program, in one Python code block. "
            f"{f'These functions are missing: {missing}.' if missing else ''}".rstrip()
        )


def _tested(problem: CodeProblem) -> Sequence[str]:
    """The functions that tests have of the program, in the order of their text."""
    of_prompt = names_in(parts_of(problem.prompt)) - {problem.entry_point}
    return [name for name in _imported(problem.test) if name not in of_prompt]


@lru_cache(maxsize=64)
def _imported(test: str) -> Sequence[str]:
    listed = [name for found in _IMPORT.finditer(test) for name in (found[1] or found[2]).split(",")]
    names = [name.split()[0] for name in listed if name.strip()]
    return [*dict.fromkeys(name for name in names + _ATTRIBUTE.findall(test) if name.isidentifier())]


@lru_cache(maxsize=64)
def _words_of_tests(test: str) -> Mapping[str, set[str]]:
    """What each test mentions, all that stands outside of tests included, which may belong to any of them."""
    # What is imported under another name is mentioned by no test, so any test may need it.
    text = _IMPORT.sub(lambda found: found[0] if " as " in found[0] else "", test)
    words, current, indent = defaultdict[str, set[str]](set), "", 0
    for line in text.splitlines():
        begins = _TEST.match(line)
        if begins:
            current, indent = begins[2], len(begins[1])
        elif line.strip() and len(line) - len(line.lstrip()) <= indent:
            current = ""
        words[current] |= words_of(line)
    outside = words.pop("", set())
    return {name: mentioned | outside for name, mentioned in words.items()}


def _failed(test: str, critiques: Sequence[Critique], names: Collection[str]) -> list[set[str]] | None:
    """Which of some names each failed test mentions; None where it is not known which tests failed."""
    words, found = _words_of_tests(test), list[set[str]]()
    for critique in critiques:
        if not any(violation.code in _ABOUT_A_TEST for violation in critique.violations):
            continue  # another critic's
        for violation in critique.violations:
            tests = _FAILED.findall(violation.message)
            needed = words.get(tests[-1], set()).intersection(names) if tests else set()
            if violation.code not in _ABOUT_A_TEST or not needed:
                return None
            found.append(needed)
    return found or None


def _beginnings(
    parts: Sequence[Part], tested: Sequence[str], failed: Sequence[set[str]]
) -> Iterator[Beginning]:
    known, mentioned, text = set[str](), set[str](), ""
    later = names_in(parts)
    for part in parts:
        known |= part.names
        mentioned |= words_of(part.text)
        text += part.text
        if part.names.isdisjoint(tested) or mentioned & (later - known):
            continue
        if any(needed <= known for needed in failed):
            return
        score = len(known.intersection(tested)) / (len(tested) + 1)
        state = hashlib.blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()
        yield Beginning(text=begun_text(text), state=state, score=score)
