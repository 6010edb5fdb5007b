"""The search in texts that models can call: what is found, in which order, and what queries it takes."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import anyio
import pytest

from modulo import ConfigurationError, Tool, text_search
from modulo.clock import SystemClock

pytestmark = pytest.mark.anyio

CRANES = "A crane lifts one block at a time.\n\nNothing may lie on a block that is lifted."
LAKES = "Water is still in the lake."
TEXTS = {"cranes": CRANES, "lakes": LAKES}
OTHERS = {str(number): f"Something else of number {number}." for number in range(20)}
"""Words that are in most passages count for nothing."""


async def said(tool: Tool, query: str) -> str:
    return await tool.call("problem", json.dumps({"query": query}), SystemClock())


async def found(tool: Tool, query: str) -> list[Any]:
    passages: list[Any] = json.loads(await said(tool, query))
    return passages


async def test_paragraphs_are_found_by_their_words_and_by_others_of_the_same_stem() -> None:
    (passage,) = await found(text_search(TEXTS), "lakes")
    assert passage == {"title": "lakes", "passage": LAKES}


async def test_what_has_more_of_the_words_comes_first() -> None:
    first, second = await found(text_search(TEXTS | OTHERS), "lift crane block")
    assert first["passage"].startswith("A crane")
    assert second["passage"].startswith("Nothing")


async def test_no_more_passages_are_told_than_wanted() -> None:
    assert len(await found(text_search(TEXTS, most=1), "block")) == 1


async def test_nothing_found_is_an_empty_list() -> None:
    assert await found(text_search(TEXTS), "volcano") == []


@pytest.mark.parametrize(
    "query", ['"', "a AND", "title:lake NOT", "NEAR(lake", "lake*", "^lake", "\ud800 lake", "a\0lake"]
)
async def test_no_query_is_one_of_the_query_language(query: str) -> None:
    assert isinstance(json.loads(await said(text_search(TEXTS), query + " water")), list)


async def test_a_query_without_words_is_told_to_the_model() -> None:
    assert (await said(text_search(TEXTS), " ?! ")).startswith("error: ValueError: the query has no word")


async def test_a_long_paragraph_is_cut_between_words_and_nothing_of_it_is_lost() -> None:
    words = [f"word{number}" for number in range(500)]
    passages = await found(text_search({"long": " ".join(words)}, most=100), " ".join(words[::40]))
    assert all(len(passage["passage"]) <= 1000 for passage in passages)
    assert sorted(" ".join(passage["passage"] for passage in passages).split()) == sorted(words)


@pytest.mark.parametrize("space", ["\n", "\t", "\u3000", " \n "])
async def test_any_space_is_between_words(space: str) -> None:
    words = [f"word{number}" for number in range(500)]
    passages = await found(text_search({"long": space.join(words)}, most=100), " ".join(words[::40]))
    assert len(passages) > 3
    assert sorted(" ".join(passage["passage"] for passage in passages).split()) == sorted(words)


async def test_a_paragraph_of_many_megabytes_is_read_in_at_once() -> None:
    text = "lake " * 2_000_000
    with anyio.fail_after(60):  # in quadratic time, it would take hours
        assert len(await found(text_search({"long": text}), "lake")) == 5


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("word", ["Zürich", "Ångström", "한국어", "हिन्दी", "นี่"])
async def test_accents_are_found_however_they_are_encoded(word: str, form: Any) -> None:
    other = "NFD" if form == "NFC" else "NFC"
    tool = text_search({"city": f"It is in {unicodedata.normalize(form, word)} now."} | OTHERS)
    (passage,) = await found(tool, unicodedata.normalize(other, word))
    assert passage["title"] == "city"


@pytest.mark.parametrize("filling", ['"', "\\", "\x01", "é", "🜁", "x"])
async def test_what_is_told_is_always_whole_json(filling: str) -> None:
    texts = {filling * 5000 + str(number): f"lake {filling * 980}" for number in range(3)}
    passages = await found(text_search(texts, most=3), "lake")
    assert len(passages) == 3
    assert {len(passage["title"]) for passage in passages} == {200}
    assert {passage["passage"] for passage in passages} == {f"lake {filling * 980}"}


async def test_titles_are_searched_too() -> None:
    (passage,) = await found(text_search({"On volcanoes": "They are hot."} | OTHERS), "volcano")
    assert passage["passage"] == "They are hot."


async def test_a_word_longer_than_a_passage_is_cut() -> None:
    tool = text_search({"long": "a" * 2500 + " end"})
    assert [passage["passage"] for passage in await found(tool, "end")] == ["a" * 500 + " end"]


async def test_many_calls_at_once_get_each_their_own_answer() -> None:
    tool = text_search({str(number): f"the number word{number}" for number in range(200)})
    for begin in range(0, 200, 4):
        answers: dict[int, list[Any]] = {}

        async def ask(number: int, answers: dict[int, list[Any]] = answers) -> None:
            answers[number] = await found(tool, f"word{number}")

        async with anyio.create_task_group() as group:
            for number in range(begin, begin + 4):
                group.start_soon(ask, number)
        assert {number: answer[0]["title"] for number, answer in answers.items()} == {
            number: str(number) for number in range(begin, begin + 4)
        }


def test_models_are_told_the_titles() -> None:
    spec = text_search(TEXTS).spec()
    assert spec.name == "search"
    assert "cranes, lakes" in spec.description
    assert text_search(TEXTS, name="look", description="Looks.").spec().description == "Looks."


@pytest.mark.parametrize("texts", [{}, {"a": " \n "}, [LAKES], {"a": 1}, LAKES])
def test_texts_are_titles_with_something_in_them(texts: Any) -> None:
    with pytest.raises(ConfigurationError, match="text_search"):
        text_search(texts)


@pytest.mark.parametrize("most", [0, -1, 101, 1.5, True, "5"])
def test_how_many_is_a_number_that_makes_sense(most: Any) -> None:
    with pytest.raises(ConfigurationError, match="most is a whole number"):
        text_search(TEXTS, most=most)
