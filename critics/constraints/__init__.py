"""Critics made of named constraints: each says on its own what is wrong, and a certificate lists which ones held.

Constraints are plain functions that yield violations (``constraint``), composed with ``all_of``, ``in_order``,
``any_of``, ``implies`` and ``at_most``. ``Satisfies`` is the hard critic that demands them; ``Preferences`` is the
soft critic of those that are only wished for (``optional``).

Constraints over declared variables (``ConstraintSystem``) are for ``SolvesSystem``, which also explains and mends
with a solver, and for ``NoSolutionExists``; ``modulo.critics.constraints.solving`` has what they are written in.
"""

from modulo.critics.constraints.composing import all_of, any_of, at_most, implies, in_order
from modulo.critics.constraints.constraint import Constraint, ConstraintFailed, constraint
from modulo.critics.constraints.preferences import Preference, Preferences, optional
from modulo.critics.constraints.satisfies import Satisfies
from modulo.critics.constraints.solving import ConstraintSystem, NoSolutionExists, SolvesSystem

__all__ = [
    "Constraint",
    "ConstraintFailed",
    "ConstraintSystem",
    "NoSolutionExists",
    "Preference",
    "Preferences",
    "Satisfies",
    "SolvesSystem",
    "all_of",
    "any_of",
    "at_most",
    "constraint",
    "implies",
    "in_order",
    "optional",
]
