"""Programs of which the beginning is set: how it is written before an answer, and put together with it.

As everywhere in this package, programs are texts that nothing here parses or runs: parts begin at lines that define
or import something. Lines in quotes can look so, too; what comes of that is a worse program, and judged as one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["Part", "begun_text", "joined", "names_in", "parts_of", "read_begun", "words_of"]

_BEGUN: Final = re.compile(r"\[BEGINNING (\d{1,6})\]\n")
_REST: Final = "[REST]\n"
_PART: Final = re.compile(
    r"@|(?:async[ \t]+)?def[ \t]+(\w+)|class[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]*)?=(?!=)"
    r"|(from[ \t]+\S+[ \t]+import\b.*|import[ \t]+\w.*)|if[ \t]+__name__"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a program: a definition, an import, or what stands before the first of them.

    Attributes:
        text: Its lines, each with its line end.
        names: What it defines, or imports.
        is_definition: Whether it defines something, and imports nothing.
    """

    text: str
    names: frozenset[str] = frozenset()
    is_definition: bool = False


def parts_of(program: str) -> Sequence[Part]:
    """The parts that a program consists of, in order; decorators are with what they decorate."""
    found, lines, head, after_decorator = list[Part](), list[str](), None, False
    for line in program.splitlines(keepends=True):
        begins = _PART.match(line)
        if begins and not after_decorator and lines:
            found.append(_part(lines, head))
            lines, head = [], None
        if begins:
            head, after_decorator = begins, line.startswith("@")
        lines.append(line)
    return [*found, _part(lines, head)] if lines else found


def names_in(parts: Sequence[Part]) -> set[str]:
    """Everything that some parts define or import."""
    return {name for part in parts for name in part.names}


def words_of(text: str) -> set[str]:
    """All words of a text, those in comments included."""
    return set(re.findall(r"[A-Za-z_]\w*", text))


def begun_text(program: str) -> str:
    """The beginning of a program, to be put before a model's answer."""
    return f"[BEGINNING {len(program)}]\n{program}{_REST}"


def read_begun(text: str) -> tuple[str, str] | None:
    """The beginning that was put before an answer, and the answer; None if there is none."""
    found = _BEGUN.match(text)
    if found is None:
        return None
    end = found.end() + int(found[1])
    if not text.startswith(_REST, end):
        return None
    return text[found.end() : end], text[end + len(_REST) :]


def joined(beginning: str, rest: str) -> str:
    """The program of a beginning and what follows it, without what follows where it defines something anew."""
    known = names_in(parts_of(beginning))
    kept = [part.text for part in parts_of(rest) if not (part.is_definition and part.names <= known)]
    return beginning.rstrip("\n") + "\n\n\n" + "".join(kept).strip("\n") + "\n"


def _part(lines: Sequence[str], head: re.Match[str] | None) -> Part:
    text = "".join(lines)
    if head is None:
        return Part(text)
    if head[4]:
        return Part(text, frozenset(words_of(text) - {"import", "from", "as"}))
    names = [name for name in head.groups()[:3] if name]
    return Part(text, frozenset(names), is_definition=bool(names))
