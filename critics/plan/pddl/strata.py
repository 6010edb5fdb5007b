"""Orders derived predicates so that each is known before its negation is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modulo.critics.plan.pddl.syntax import (
    And,
    Atom,
    Derived,
    Exists,
    Forall,
    Formula,
    Imply,
    Not,
    Or,
)

__all__ = ["atoms_in", "strata"]


def strata(rules: Sequence[Derived]) -> tuple[dict[str, int], str | None]:
    """The stratum of each derived predicate, and one that cannot have any, if there is one.

    A predicate is in a stratum no lower than those that it needs, and higher than those whose negation it needs.
    Source: Edelkamp and Hoffmann, "PDDL2.2" (2004), section 2.
    """
    level = {rule.predicate: 0 for rule in rules}
    needs = {
        (rule.predicate, atom.predicate, is_negative)
        for rule in rules
        for atom, is_negative in atoms_in(rule.body)
        if atom.predicate in level
    }
    changed = True
    while changed:
        changed = False
        for owner, needed, is_negative in needs:
            least = level[needed] + is_negative
            if level[owner] < least:
                level[owner] = least
                changed = True
                if least > len(level):
                    return level, owner
    return level, None


def atoms_in(formula: Formula, *, is_negative: bool = False) -> Iterator[tuple[Atom, bool]]:
    """Every atom of a formula, and whether it stands under an odd number of negations."""
    match formula:
        case Atom():
            yield formula, is_negative
        case Not(part):
            yield from atoms_in(part, is_negative=not is_negative)
        case And(parts) | Or(parts):
            for part in parts:
                yield from atoms_in(part, is_negative=is_negative)
        case Imply(condition, consequence):
            yield from atoms_in(condition, is_negative=not is_negative)
            yield from atoms_in(consequence, is_negative=is_negative)
        case Exists(_, body) | Forall(_, body):
            yield from atoms_in(body, is_negative=is_negative)
