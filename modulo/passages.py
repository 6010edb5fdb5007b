"""A search in texts, for models that can call tools."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Final

from modulo.errors import ConfigurationError
from modulo.numeric import is_whole_number
from modulo.tool import Tool

__all__ = ["text_search"]

_LONGEST_QUERY: Final = 500
_LONGEST_PASSAGE: Final = 1000
_LONGEST_TITLE: Final = 200
_MOST_FOUND: Final = 100
_MOST_ESCAPED: Final = 6
"""Characters that JSON writes for one, at most."""
_UP_TO_LAST_SPACE: Final = re.compile(r".*\s", re.DOTALL)
_BETWEEN_PARAGRAPHS: Final = re.compile(r"\n\s*\n")


def text_search(
    texts: Mapping[str, str], *, most: int = 5, name: str = "search", description: str | None = None
) -> Tool:
    """A tool that finds passages of texts by the words in them, the best first.

    A passage is a paragraph, or a part of a long one. One is found if it or the title of its text has any of the
    words, or others of the same English stem, however their accents are encoded. The index is SQLite's FTS5, in
    memory: 100 MB of text take some ten seconds to read in.

    Args:
        texts: The texts, each by its title. Words in scripts that write without spaces are not found.
        most: Most passages that one call tells.
        name: The tool's name, as models see it.
        description: What is found there, for the model to read; by default, the titles.

    Raises:
        ConfigurationError: There is no text, a setting makes no sense, or this Python's SQLite lacks FTS5.

    Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009).
    """
    if not is_whole_number(most) or not 1 <= most <= _MOST_FOUND:
        raise ConfigurationError(f"text_search: most is a whole number from 1 to {_MOST_FOUND}, not {most!r}")
    passages = _Passages(texts)
    if description is None:
        titles = ", ".join(texts)
        description = f"Finds passages by the words in them, best first. Searched are: {titles[:1000]}"

    def search(problem: object, query: str) -> list[dict[str, str]]:
        return passages.found(query, most)

    return Tool(
        search,
        name=name,
        description=description,
        parameters={
            "properties": {
                "query": {"type": "string", "maxLength": _LONGEST_QUERY, "description": "Words to look for."}
            },
            "required": ["query"],
        },
        max_characters=2 + most * (_MOST_ESCAPED * (_LONGEST_PASSAGE + _LONGEST_TITLE) + 40),
    )


class _Passages:
    """An index of passages. Tools are called on several threads, and a connection is for one at a time."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        if not isinstance(texts, Mapping) or not all(isinstance(one, str) for one in (*texts, *texts.values())):
            raise ConfigurationError("text_search: texts are a mapping of titles to texts")
        self._lock = Lock()
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        try:
            self._index.execute(
                "CREATE VIRTUAL TABLE passages USING fts5(title, passage, tokenize='porter unicode61')"
            )
        except sqlite3.OperationalError as error:
            raise ConfigurationError(f"text_search needs an SQLite with FTS5, and here: {error}") from error
        rows = (
            (_as_indexed(title), passage)
            for title, text in texts.items()
            for passage in _passages_of(_as_indexed(text))
        )
        if not self._index.executemany("INSERT INTO passages VALUES (?, ?)", rows).rowcount > 0:
            raise ConfigurationError("text_search: there is nothing in the texts")

    def found(self, query: str, most: int) -> list[dict[str, str]]:
        # In quotation marks, a word is never one of the query language.
        words = " OR ".join(f'"{word}"' for word in _words_of(_as_indexed(query)))
        if not words:
            raise ValueError("the query has no word to look for")
        with self._lock:
            rows = self._index.execute(
                "SELECT title, passage FROM passages WHERE passages MATCH ? ORDER BY rank, rowid LIMIT ?",
                (words, most),
            ).fetchall()
        return [{"title": title[:_LONGEST_TITLE], "passage": passage} for title, passage in rows]


def _as_indexed(text: str) -> str:
    """The text with each accent in its letter, and without halves of surrogate pairs, which SQLite does not take."""
    return unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode()


def _words_of(text: str) -> list[str]:
    """The words of a text; vowel signs and accents that stand by themselves are parts of them."""
    return "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text).split()


def _passages_of(text: str) -> Iterator[str]:
    for paragraph in _BETWEEN_PARAGRAPHS.split(text):
        start, end = 0, len(paragraph)
        while start < end:
            stop = min(start + _LONGEST_PASSAGE, end)
            if stop < end and not paragraph[stop].isspace():
                # Between two words, unless there is one that long.
                words = _UP_TO_LAST_SPACE.match(paragraph, start, stop)
                stop = words.end() if words else stop
            if passage := paragraph[start:stop].strip():
                yield passage
            start = stop
