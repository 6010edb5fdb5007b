"""Markup is only what was made as markup."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.bench.report.html import element, joined
from tests.modulo.bench.report.pages import Page

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--",
    "<![CDATA[",
    "&lt;b&gt;",
    "</pre></style></title></textarea>",
    '" onload="alert(1)',
    "' x='",
    "&amp",
    "&#x3c;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text: str) -> None:
    page = Page(element("p", text, title=text).markup)
    assert page.text() == text
    assert page.tags == [("p", {"title": text})]


@given(st.text())
def test_any_text_can_stand_in_a_page(text: str) -> None:
    markup = element("p", text, title=text).markup
    markup.encode()
    assert len(Page(markup).tags) == 1


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Cn"))))
def test_printable_text_is_shown_as_it_is(text: str) -> None:
    assert unescape(element("p", text).markup) == f"<p>{text}</p>"


def test_what_cannot_be_shown_is_shown_as_an_escape() -> None:
    assert element("p", "a\0b\ud800c\x1b[31m\r").markup == r"<p>a\u0000b\ud800c\u001b[31m\u000d</p>"
    assert element("p", "a\u202eb").markup == r"<p>a\u202eb</p>"


def test_attributes_may_be_left_out_and_children_too() -> None:
    made = element("input", id="a", checked=True, hidden=False, title=None, aria_label="x", class_="c")
    assert made.markup == '<input id="a" checked aria-label="x" class="c"/>'
    assert joined(None, 1, "<", made).markup == f"1&lt;{made.markup}"
