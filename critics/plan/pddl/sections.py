"""Takes ``(define (domain NAME) (:keyword ...) ...)`` apart, and checks requirements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from modulo.critics.plan.pddl.forms import Form, Group, Source, Word
from modulo.critics.plan.pddl.typed_lists import read_name, read_title

__all__ = ["SUPPORTED_REQUIREMENTS", "Sections", "read_definition", "read_pairs", "read_requirements"]

SUPPORTED_REQUIREMENTS: Final = frozenset(
    f":{name}"
    for name in [
        "strips",
        "typing",
        "negative-preconditions",
        "disjunctive-preconditions",
        "equality",
        "existential-preconditions",
        "universal-preconditions",
        "quantified-preconditions",
        "conditional-effects",
        "adl",
        "fluents",
        "numeric-fluents",
        "action-costs",
        "durative-actions",
        "duration-inequalities",
        "derived-predicates",
        "timed-initial-literals",
    ]
)
"""What the validator judges, declared or not: files use more than they declare."""
_SUPPORTED: Final = ", ".join(sorted(SUPPORTED_REQUIREMENTS))

Sections = Mapping[str, list[Group]]
"""Sections of a definition by keyword."""


def read_definition(
    source: Source, kind: str, *, once: Collection[str], many: Collection[str]
) -> tuple[str, Sections]:
    """The name and the sections of a domain or problem.

    Args:
        source: The text.
        kind: ``"domain"`` or ``"problem"``.
        once: Keywords of sections that may stand once.
        many: Keywords of sections that may stand any number of times.

    Raises:
        PddlError: It is no such definition, or has a section that is unknown or stands twice.
    """
    form = source.group()
    if form.head != "define" or len(form.items) < 2:
        source.fail(form, f"a {kind} is (define ({kind} NAME) ...)")
    title = form.items[1]
    if not isinstance(title, Group) or title.head != kind or len(title.items) != 2:
        source.fail(title, f"({kind} NAME) should stand here")
    sections: dict[str, list[Group]] = {keyword: [] for keyword in (*once, *many)}
    for item in form.items[2:]:
        if not isinstance(item, Group) or not item.head:
            source.fail(item, "a section such as (:init ...) should stand here")
        if item.head not in sections:
            _refuse_section(source, item)
        if sections[item.head] and item.head in once:
            source.fail(item, f"({item.head} ...) stands here a second time")
        sections[item.head].append(item)
    read = read_title if kind == "problem" else read_name
    return read(source, title.items[1], f"the {kind}"), sections


def _refuse_section(source: Source, section: Group) -> None:
    if section.head in (":constraints", ":event", ":process", ":axiom", ":method", ":task", ":class"):
        source.unsupported(section, f"({section.head} ...)")
    source.fail(section, f"there is no section {section.head[:40]} in a {source.name}")


def read_requirements(source: Source, sections: Sections) -> tuple[str, ...]:
    """The requirements of a domain or problem.

    Raises:
        UnsupportedPddlError: One of them is not supported.
    """
    found = []
    for section in sections[":requirements"]:
        for item in section.items[1:]:
            if not isinstance(item, Word) or not item.text.startswith(":"):
                source.fail(item, "a requirement such as :typing should stand here")
            if item.text not in SUPPORTED_REQUIREMENTS:
                source.unsupported(item, f"{item.text[:80]}; supported are {_SUPPORTED}")
            found.append(item.text)
    return tuple(found)


def read_pairs(source: Source, items: Sequence[Form], keywords: Collection[str]) -> dict[str, Form]:
    """The parts of an action, ``:keyword form :keyword form``.

    Raises:
        PddlError: A keyword is unknown, stands twice or has nothing behind it.
    """
    found: dict[str, Form] = {}
    for at in range(0, len(items), 2):
        word = items[at]
        if not isinstance(word, Word) or word.text not in keywords:
            names = ", ".join(sorted(keywords))
            source.fail(word, f"one of {names} should stand here")
        if word.text in found:
            source.fail(word, f"{word.text} stands here a second time")
        if at + 1 == len(items):
            source.fail(word, f"nothing follows {word.text}")
        found[word.text] = items[at + 1]
    return found
