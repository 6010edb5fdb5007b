"""Tables that can be scrolled on a small screen, by keyboard too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modulo.bench.report.html import Child, Html, element

__all__ = ["table"]


def table(
    caption: str,
    titles: Sequence[str],
    rows: Iterable[Sequence[Child]],
    *,
    headers: int = 1,
    class_: str | None = None,
) -> Html:
    """A table.

    Args:
        caption: What it shows.
        titles: Titles of its columns.
        rows: Its rows. A cell that is a ``td`` already stands as it is.
        headers: How many columns from the left name the row; all others are numbers.
        class_: Its class.
    """
    head = element("tr", *(element("th", title, scope="col") for title in titles))
    body = (element("tr", *(_cell(cell, i < headers) for i, cell in enumerate(row))) for row in rows)
    made = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *body),
        class_=class_,
    )
    return element("div", made, class_="scroll", tabindex=0, role="region", aria_label=caption)


def _cell(cell: Child, is_header: bool) -> Html:
    if isinstance(cell, Html) and cell.markup.startswith("<td"):
        return cell
    return element("th", cell, scope="row") if is_header else element("td", cell)
