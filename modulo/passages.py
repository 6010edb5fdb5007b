"""A search in texts, for models that can call tools."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Final

from modulo.errors import ConfigurationError
from modulo.numeric import is_whole_number
from modulo.tool import Tool

__all__ = ["text_search"]

_LONGEST_QUERY: Final = 500
_LONGEST_PASSAGE: Final = 1000
_MOST_FOUND: Final = 100
_WORD: Final = re.compile(r"\w+")
_BETWEEN_PARAGRAPHS: Final = re.compile(r"\n\s*\n")


def text_search(
    texts: Mapping[str, str], *, most: int = 5, name: str = "search", description: str | None = None
) -> Tool:
    """A tool that finds passages of texts by the words in them, the best first.

    A passage is a paragraph, or a part of a long one. One is found if it has any of the words, or others of the same
    English stem. The index is SQLite's FTS5, in memory: 100 MB of text take some ten seconds to read in.

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
        max_characters=most * (_LONGEST_PASSAGE + 200),
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
            (_sendable(title), passage)
            for title, text in texts.items()
            for passage in _passages_of(_sendable(text))
        )
        if not self._index.executemany("INSERT INTO passages VALUES (?, ?)", rows).rowcount > 0:
            raise ConfigurationError("text_search: there is nothing in the texts")

    def found(self, query: str, most: int) -> list[dict[str, str]]:
        # In quotation marks, a word is never one of the query language.
        words = " OR ".join(f'"{word}"' for word in _WORD.findall(_sendable(query)))
        if not words:
            raise ValueError("the query has no word to look for")
        with self._lock:
            rows = self._index.execute(
                "SELECT title, passage FROM passages WHERE passages MATCH ? ORDER BY rank, rowid LIMIT ?",
                (words, most),
            ).fetchall()
        return [{"title": title, "passage": passage} for title, passage in rows]


def _sendable(text: str) -> str:
    """The text without halves of surrogate pairs, which SQLite does not take."""
    return text.encode("utf-8", "replace").decode()


def _passages_of(text: str) -> Iterator[str]:
    for paragraph in _BETWEEN_PARAGRAPHS.split(text):
        rest = paragraph.strip()
        while len(rest) > _LONGEST_PASSAGE:
            # Between two words, unless there is one that long.
            end = rest.rfind(" ", 1, _LONGEST_PASSAGE) + 1 or _LONGEST_PASSAGE
            yield rest[:end].strip()
            rest = rest[end:].strip()
        if rest:
            yield rest
