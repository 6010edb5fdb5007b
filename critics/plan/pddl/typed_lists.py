"""Reads names, numbers and typed lists: ``a b - block c - (either x y)``."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from fractions import Fraction
from typing import Final

from modulo.critics.plan.pddl.forms import Form, Group, Source, Word, is_number
from modulo.critics.plan.pddl.syntax import EVERY_OBJECT, Exact, Parameter

__all__ = [
    "MAX_DIGITS",
    "exact",
    "read_name",
    "read_number",
    "read_parameters",
    "read_title",
    "read_typed_list",
    "split_dashes",
]

MAX_DIGITS: Final = 100
"""Longest number, in characters."""
# PDDL's names begin with a letter and have letters, digits, - and _; benchmarks and models write more than that.
_NAME: Final = re.compile(r"[a-z0-9_][a-z0-9_.@+/%'*&!$~^<>=-]*")


def read_name(source: Source, form: Form, what: str) -> str:
    """The name that a word is.

    Raises:
        PddlError: It is none.
    """
    if not isinstance(form, Word):
        source.fail(form, f"the name of {what} should stand here")
    if not _NAME.fullmatch(form.text) or is_number(form.text):
        source.fail(form, f"{form.text[:40]!r} is no name for {what}")
    return form.text


def read_title(source: Source, form: Form, what: str) -> str:
    """The name of a problem, which is a number in some benchmarks.

    Raises:
        PddlError: It is none.
    """
    if isinstance(form, Word) and is_number(form.text):
        return form.text
    return read_name(source, form, what)


def exact(text: str) -> Exact:
    """The value of a decimal number, as exactly as it is written."""
    value = Fraction(text.removesuffix(".") or "0")
    return int(value) if value.denominator == 1 else value


def read_number(source: Source, form: Form) -> Exact:
    """The value of a word that is a number.

    Raises:
        PddlError: It is none, or too long.
    """
    if not isinstance(form, Word) or not is_number(form.text):
        source.fail(form, "a number should stand here, such as 3 or 0.25")
    if len(form.text) > MAX_DIGITS:
        source.fail(form, f"a number of more than {MAX_DIGITS} characters")
    return exact(form.text)


def read_parameters(source: Source, items: Sequence[Form], types: Container[str]) -> tuple[Parameter, ...]:
    """The variables of a typed list.

    Args:
        source: The text.
        items: The list.
        types: The types that there are.

    Raises:
        PddlError: Something else than a variable, or an unknown type.
    """
    found = []
    for word, names in read_typed_list(source, items, types):
        if not word.text.startswith("?") or not _NAME.fullmatch(word.text[1:]):
            source.fail(word, f"{word.text[:40]!r} is no variable; variables begin with a question mark")
        found.append(Parameter(word.text, names))
    return tuple(found)


def read_typed_list(
    source: Source, items: Sequence[Form], types: Container[str] | None
) -> list[tuple[Word, tuple[str, ...]]]:
    """The words of a typed list with their types.

    Args:
        source: The text.
        items: The list.
        types: The types that there are; None takes any name for one.

    Raises:
        PddlError: It is no such list, or names an unknown type.
    """
    items = split_dashes(items)
    found: list[tuple[Word, tuple[str, ...]]] = []
    untyped: list[Word] = []
    at = 0
    while at < len(items):
        item = items[at]
        if not isinstance(item, Word):
            source.fail(item, "a name or variable should stand here, not a parenthesis")
        if item.text != "-":
            untyped.append(item)
            at += 1
            continue
        if not untyped or at + 1 == len(items):
            source.fail(item, "a '-' stands between names and their type")
        names = _read_type(source, items[at + 1], types)
        found += [(word, names) for word in untyped]
        untyped = []
        at += 2
    return found + [(word, EVERY_OBJECT) for word in untyped]


def split_dashes(items: Sequence[Form]) -> list[Form]:
    """``a -block`` as ``a - block``, as benchmarks write it: no name begins with a dash."""
    found: list[Form] = []
    for item in items:
        if isinstance(item, Word) and item.text[0] == "-" and len(item.text) > 1:
            found += [Word("-", item.start), Word(item.text[1:], item.start + 1)]
        else:
            found.append(item)
    return found


def _read_type(source: Source, form: Form, types: Container[str] | None) -> tuple[str, ...]:
    if isinstance(form, Group) and form.head == "either":
        if len(form.items) == 1:
            source.fail(form, "(either) names no type")
        return tuple([_read_type_name(source, item, types) for item in form.items[1:]])
    return (_read_type_name(source, form, types),)


def _read_type_name(source: Source, form: Form, types: Container[str] | None) -> str:
    name = read_name(source, form, "a type")
    if types is not None and name not in types:
        source.fail(form, f"there is no type {name}")
    return name
