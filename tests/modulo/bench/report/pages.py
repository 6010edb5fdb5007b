"""Reads pages with a parser that is none of ours, and holds them to be well-formed."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from modulo.bench.folder import StudyFolder
from modulo.bench.report import write_report

VOID = {"circle", "input", "line", "meta", "path", "polygon", "rect"}


class Page(HTMLParser):
    """A page as a parser sees it.

    Attributes:
        tags: Every element with its attributes, in order.
        texts: Texts with the elements around them.
    """

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"{tag} has an attribute twice"
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID, f"{tag} cannot close itself"
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self._open), data))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of that name."""
        return [attributes for name, attributes in self.tags if name == tag]

    def text(self, tag: str | None = None) -> str:
        """All text, or that within elements of that name."""
        return "".join(
            data for around, data in self.texts if "style" not in around and (tag is None or tag in around)
        )


def report_of(folder: StudyFolder) -> str:
    """The report of a study."""
    path = folder.path.parent / "report.html"
    write_report(folder, path)
    return path.read_text(encoding="utf-8")


def written(folder: StudyFolder) -> Path:
    """The file of the report of a study."""
    report_of(folder)
    return folder.path.parent / "report.html"
