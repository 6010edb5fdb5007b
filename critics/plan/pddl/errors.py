"""What is wrong with PDDL texts; raised before anything is judged.

ProblemError
└── PddlError                    the text is no PDDL, or contradicts itself; with line and column
    └── UnsupportedPddlError     it is PDDL that this validator does not know how to judge
"""

from __future__ import annotations

from modulo.errors import ProblemError

__all__ = ["PddlError", "UnsupportedPddlError"]


class PddlError(ProblemError):
    """A domain or problem that cannot be judged, as the message says.

    Args:
        message: What is wrong and what to do.
        source: Which text: ``"domain"`` or ``"problem"``.
        line: Line, from 1.
        column: Column, from 1.
    """

    def __init__(self, message: str, *, source: str, line: int, column: int) -> None:
        self.message, self.source, self.line, self.column = message, source, line, column
        super().__init__(f"{source}, line {line}, column {column}: {message}")

    def __reduce__(self) -> tuple[object, ...]:
        return _made_again, (type(self), self.message, self.source, self.line, self.column)


class UnsupportedPddlError(PddlError):
    """PDDL that this validator does not know how to judge, and therefore does not."""


def _made_again(kind: type[PddlError], message: str, source: str, line: int, column: int) -> PddlError:
    return kind(message, source=source, line=line, column=column)
