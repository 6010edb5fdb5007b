"""Actions in words: an action's name and the objects behind it."""

from __future__ import annotations

import pytest

from modulo.domains.planning.segments import find_segments
from modulo.domains.planning.words import words_of
from modulo.domains.sokoban import DOMAIN
from tests.domains.planning.problems import BLOCKS


def actions_in(line: str) -> list[str]:
    words = words_of(BLOCKS)
    found = [segment for segment in find_segments(line, words) if segment.names_an_action(words)]
    return [f"({' '.join([segment.name, *segment.certain])})" for segment in found]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("unstack the block a from c", ["(unstack a c)"]),
        ("Pick up C, then STACK it: c on b", ["(pick-up c)", "(stack c b)"]),
        ("pick_up c and put-down c", ["(pick-up c)", "(put-down c)"]),
        ("pick up a", ["(pick-up a)"]),
        ("pick up a and hold it", ["(pick-up a)"]),
        ("pick up a block", []),
        ("stack a block on another", []),
        ("stack a on b", ["(stack a b)"]),
        ("stack them", []),
        ("unstacking a from c", []),
        ("the stack is a b", ["(stack a b)"]),
        ("", []),
    ],
)
def test_an_action_in_words_is_a_name_with_enough_objects_behind_it(line: str, expected: list[str]) -> None:
    assert actions_in(line) == expected


def test_names_with_hyphens_are_found_whole() -> None:
    words = words_of(DOMAIN.example())
    (segment,) = find_segments("Then move from f0-0f to f0-1f, that is right.", words)
    assert (segment.name, segment.objects) == ("move", ("f0-0f", "f0-1f", "right"))
