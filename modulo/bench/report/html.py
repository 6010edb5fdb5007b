"""HTML as values: a plain text becomes text of the page, whatever it holds, and only ``Html`` becomes markup."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

__all__ = ["Child", "Html", "element", "joined"]

_VOID: Final = frozenset({"circle", "input", "line", "meta", "path", "polygon", "polyline", "rect"})
_ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
"""What may not stand in an HTML document, or not in UTF-8; carriage returns, which a parser would change; and what
turns the direction of the text that follows, so that something else is read than stands there."""


class Html:
    """A piece of markup. Made by ``element`` alone, so that no text is taken for markup by a slip.

    Attributes:
        markup: The markup.
    """

    __slots__ = ("markup",)

    def __init__(self, markup: str) -> None:
        self.markup = markup


Child: TypeAlias = "Html | str | int | None"


def element(name: str, /, *children: Child, **attributes: str | float | bool | None) -> Html:
    """An element of HTML or SVG.

    Args:
        name: Its name.
        *children: What it holds: elements as they are, everything else as text; None is nothing.
        **attributes: Its attributes: ``class_`` is ``class``, and other underscores are hyphens. None and False leave
            one out, True gives it without a value.
    """
    opened = "".join([f"<{name}", *(_attribute(key, value) for key, value in attributes.items())])
    if name in _VOID and not children:
        return Html(f"{opened}/>")
    return Html(f"{opened}>{joined(*children).markup}</{name}>")


def joined(*children: Child) -> Html:
    """Several children, one after the other."""
    return Html("".join(map(_markup, children)))


def _markup(child: Child) -> str:
    if child is None:
        return ""
    return child.markup if isinstance(child, Html) else _escaped(str(child))


def _attribute(key: str, value: str | float | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-") if key != "viewBox" else key
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{_escaped(str(value))}"'


def _escaped(text: str) -> str:
    return _UNPRINTABLE.sub(_named, text).translate(_ESCAPED)


def _named(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
