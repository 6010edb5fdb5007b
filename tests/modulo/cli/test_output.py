"""What is printed for people."""

from __future__ import annotations

import pytest

from modulo.cli.output import critique_lines, printable
from modulo.critique import Critique, Violation


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, größer, 日本\n\tfine", "plain, größer, 日本\n\tfine"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("back\rspace\x08", "back\\rspace\\x08"),
        ("\u202eright to left", "\\u202eright to left"),
        ("\ud800", "\\ud800"),
    ],
)
def test_characters_that_steer_a_terminal_are_shown_and_not_sent(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_what_critics_say_of_a_models_text_does_not_steer_the_terminal() -> None:
    said = Critique.reject(Violation("unknown", "there is no \x1b[2J", location="\x1b[H"))
    failed = Critique.undecided("\x1b[2J")
    assert "\x1b" not in "".join(critique_lines((said, failed)))
