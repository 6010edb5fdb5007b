"""Critics of texts: whether they match a regular expression, or belong to the language of a grammar."""

from modulo.critics.text.grammar import ParsesAs
from modulo.critics.text.pattern import MatchesPattern

__all__ = ["MatchesPattern", "ParsesAs"]
