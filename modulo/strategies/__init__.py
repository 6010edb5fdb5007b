"""Strategies: what to generate next. One strategy a file; all of them run on the one loop."""

from modulo.strategies.refine import Refine

__all__ = ["Refine"]
