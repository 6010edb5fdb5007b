"""Blocksworld in English."""

from __future__ import annotations

from typing import Final

from modulo.domains.planning import Wording

__all__ = ["WORDING"]

WORDING: Final = Wording(
    rules="""\
There are blocks on a table, some on top of others, and a hand that moves them. The actions are:
(pick-up x): take block x from the table. The hand must be empty, x on the table, and nothing on top of x.
(put-down x): put block x, which the hand holds, onto the table.
(stack x y): put block x, which the hand holds, on top of block y. Nothing may be on top of y, nor may y be held.
(unstack x y): take block x from the top of block y. The hand must be empty, x on y, and nothing on top of x.
After pick-up and unstack the hand holds the block; after put-down and stack it is empty. A block is clear if \
nothing is on top of it and it is not held.""",
    facts={
        "ontable": "{} is on the table",
        "clear": "{} is clear",
        "handempty": "the hand is empty",
        "holding": "the hand holds {}",
        "on": "{} is on top of {}",
    },
    called=lambda name: f"block {name}",
)
