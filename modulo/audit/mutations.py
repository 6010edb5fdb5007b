"""Right answers with one small thing changed, without knowing what they mean."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from modulo.audit.paths import Path, paths, replaced, value_at
from modulo.canonical import JsonValue
from modulo.specimens import Variant

__all__ = ["mutation", "text_mutation"]

_TOKEN: Final = re.compile(r"\w+(?:[-.]\w+)*|\S")
_NUMBER: Final = re.compile(r"(?<![\w.])\d{1,15}(?:\.\d{1,15})?(?![\w.])")
_JUNK: Final = (
    "junk",
    ")",
    "}",
    "]",
    "\nand so on",
    " 0",
    "\n42",
    ";",
    "\x00",
    "\n(noop)",
    ", true",
    "\n---\nDone!",
)

Change: TypeAlias = Callable[[Any, random.Random], Any]


def mutation(answer: JsonValue, rng: random.Random) -> Variant | None:
    """An answer changed in one place; None if the change that was drawn does not apply to it."""
    if isinstance(answer, str):
        return text_mutation(answer, rng)
    name, change = rng.choice(_DOCUMENT_CHANGES)
    changed = change(answer, rng)
    return None if changed is _NOT_APPLICABLE else Variant(name, changed)


def text_mutation(text: str, rng: random.Random) -> Variant | None:
    """The same for texts, and for documents as they stand in texts."""
    name, change = rng.choice(_TEXT_CHANGES)
    changed = change(text, rng)
    return None if changed is _NOT_APPLICABLE or changed == text else Variant(name, changed)


_NOT_APPLICABLE: Final = object()


def _container(answer: Any, rng: random.Random, least: int) -> Path | None:
    """The place of a list or object with enough parts."""
    found = [
        path
        for path in paths(answer)
        if isinstance(part := value_at(answer, path), (dict, list, tuple)) and len(part) >= least
    ]
    return rng.choice(found) if found else None


def _deleted(answer: Any, rng: random.Random) -> Any:
    place = _container(answer, rng, 1)
    if place is None:
        return _NOT_APPLICABLE
    part = value_at(answer, place)
    at = rng.randrange(len(part))
    return replaced(answer, place, _without(part, at))


def _without_last(answer: Any, rng: random.Random) -> Any:
    place = _container(answer, rng, 1)
    if place is None:
        return _NOT_APPLICABLE
    part = value_at(answer, place)
    return replaced(answer, place, _without(part, len(part) - 1))


def _without(part: Any, at: int) -> Any:
    if isinstance(part, dict):
        gone = list(part)[at]
        return {key: value for key, value in part.items() if key != gone}
    return [*part[:at], *part[at + 1 :]]


def _duplicated(answer: Any, rng: random.Random) -> Any:
    place = _container(answer, rng, 1)
    if place is None:
        return _NOT_APPLICABLE
    part = value_at(answer, place)
    if isinstance(part, dict):
        key = rng.choice(list(part))
        return replaced(answer, place, {**part, f"{key} ": part[key]})
    at = rng.randrange(len(part))
    return replaced(answer, place, [*part[: at + 1], *part[at:]])


def _swapped(answer: Any, rng: random.Random) -> Any:
    place = _container(answer, rng, 2)
    if place is None:
        return _NOT_APPLICABLE
    part = value_at(answer, place)
    keys = list(part) if isinstance(part, dict) else list(range(len(part)))
    one, other = rng.sample(keys, 2)
    changed = replaced(part, (one,), part[other])
    changed[other] = part[one]
    return replaced(answer, place, changed)


def _renamed_key(answer: Any, rng: random.Random) -> Any:
    places = [
        path for path in paths(answer) if isinstance(value_at(answer, path), dict) and value_at(answer, path)
    ]
    if not places:
        return _NOT_APPLICABLE
    place = rng.choice(places)
    part = value_at(answer, place)
    old = rng.choice(list(part))
    new = rng.choice([old.upper(), old.lower(), f"{old} ", f"{old}_", old[:-1]])
    return replaced(answer, place, {new if key == old else key: value for key, value in part.items()})


def _replaced_by_other(answer: Any, rng: random.Random) -> Any:
    places = paths(answer)
    place, other = rng.choice(places), rng.choice(places)
    return replaced(answer, place, value_at(answer, other))


def _perturbed(answer: Any, rng: random.Random) -> Any:
    places = [path for path in paths(answer) if type(value_at(answer, path)) in (int, float)]
    if not places:
        return _NOT_APPLICABLE
    place = rng.choice(places)
    number = value_at(answer, place)
    tiny = number * (1 + 2e-16) if number else 5e-324
    wrapped = [number + 2**bits for bits in (8, 16, 32)]
    steps = [
        number + 1,
        number - 1,
        -number,
        number + 1e-9,
        number - 1e-9,
        tiny,
        number * 10,
        rng.choice(wrapped),
    ]
    return replaced(answer, place, rng.choice(steps))


def _shifted(answer: Any, rng: random.Random) -> Any:
    """One number less and another more, so that their sum stays."""
    places = [path for path in paths(answer) if type(value_at(answer, path)) in (int, float)]
    if len(places) < 2:
        return _NOT_APPLICABLE
    one, other = rng.sample(places, 2)
    changed = replaced(answer, one, value_at(answer, one) + 1)
    return replaced(changed, other, value_at(answer, other) - 1)


def _other_text(answer: Any, rng: random.Random) -> Any:
    places = [path for path in paths(answer) if path and isinstance(value_at(answer, path), str)]
    if not places:
        return _NOT_APPLICABLE
    place = rng.choice(places)
    text = value_at(answer, place)
    changes = [text.swapcase(), text[:-1], text[1:], text + text[-1:], f"{text} ", f" {text}", f"{text}x"]
    changes += [f"{text}\n", f'"{text}"', f"'{text}'", f"`{text}`"]
    return replaced(answer, place, rng.choice(changes))


def _extended(answer: Any, rng: random.Random) -> Any:
    place = _container(answer, rng, 0)
    if place is None:
        return _NOT_APPLICABLE
    part = value_at(answer, place)
    extra: JsonValue = rng.choice([None, True, 0, "junk", [], {}])
    changed = {**part, "extra": extra} if isinstance(part, dict) else [*part, extra]
    return replaced(answer, place, changed)


_DOCUMENT_CHANGES: Final[tuple[tuple[str, Change], ...]] = (
    ("deleted", _deleted),
    ("truncated", _without_last),
    ("duplicated", _duplicated),
    ("swapped", _swapped),
    ("renamed_key", _renamed_key),
    ("replaced", _replaced_by_other),
    ("perturbed_number", _perturbed),
    ("shifted_numbers", _shifted),
    ("other_text", _other_text),
    ("trailing_junk", _extended),
)


def _pieces_deleted(pieces: Sequence[str], rng: random.Random) -> list[str]:
    at = rng.randrange(len(pieces))
    return [*pieces[:at], *pieces[at + 1 :]]


def _pieces_duplicated(pieces: Sequence[str], rng: random.Random) -> list[str]:
    at = rng.randrange(len(pieces))
    return [*pieces[: at + 1], *pieces[at:]]


def _pieces_swapped(pieces: Sequence[str], rng: random.Random) -> list[str]:
    one, other = rng.randrange(len(pieces)), rng.randrange(len(pieces))
    changed = list(pieces)
    changed[one], changed[other] = changed[other], changed[one]
    return changed


def _by_lines(change: Callable[[Sequence[str], random.Random], list[str]]) -> Change:
    def changed(text: str, rng: random.Random) -> Any:
        lines = text.split("\n")
        return "\n".join(change(lines, rng)) if len(lines) > 1 else _NOT_APPLICABLE

    return changed


def _token_deleted(text: str, rng: random.Random) -> Any:
    return _with_token(text, rng, lambda _token, _others: "")


def _token_duplicated(text: str, rng: random.Random) -> Any:
    return _with_token(text, rng, lambda token, _others: f"{token} {token}")


def _token_replaced(text: str, rng: random.Random) -> Any:
    return _with_token(text, rng, lambda _token, others: rng.choice(others))


def _with_token(text: str, rng: random.Random, change: Callable[[str, list[str]], str]) -> Any:
    found = list(_TOKEN.finditer(text))
    if not found:
        return _NOT_APPLICABLE
    chosen = rng.choice(found)
    new = change(chosen[0], [token[0] for token in found])
    return text[: chosen.start()] + new + text[chosen.end() :]


def _tokens_swapped(text: str, rng: random.Random) -> Any:
    found = list(_TOKEN.finditer(text))
    if len(found) < 2:
        return _NOT_APPLICABLE
    one, other = sorted(rng.sample(found, 2), key=lambda token: token.start())
    between = text[one.end() : other.start()]
    return text[: one.start()] + other[0] + between + one[0] + text[other.end() :]


def _number_perturbed(text: str, rng: random.Random) -> Any:
    found = list(_NUMBER.finditer(text))
    if not found:
        return _NOT_APPLICABLE
    chosen = rng.choice(found)
    number = chosen[0]
    new = rng.choice([f"{number}0", f"-{number}", f"{number}.000000001", f"{float(number) + 1:g}", "0"])
    return text[: chosen.start()] + new + text[chosen.end() :]


def _truncated(text: str, rng: random.Random) -> Any:
    return text[: rng.randrange(len(text))] if text else _NOT_APPLICABLE


def _with_junk(text: str, rng: random.Random) -> Any:
    return text + rng.choice(_JUNK)


def _other_case(text: str, rng: random.Random) -> Any:
    return _with_token(text, rng, lambda token, _others: token.swapcase())


_TEXT_CHANGES: Final[tuple[tuple[str, Change], ...]] = (
    ("line_deleted", _by_lines(_pieces_deleted)),
    ("line_duplicated", _by_lines(_pieces_duplicated)),
    ("lines_swapped", _by_lines(_pieces_swapped)),
    ("token_deleted", _token_deleted),
    ("token_duplicated", _token_duplicated),
    ("token_replaced", _token_replaced),
    ("tokens_swapped", _tokens_swapped),
    ("perturbed_number", _number_perturbed),
    ("truncated", _truncated),
    ("trailing_junk", _with_junk),
    ("other_case", _other_case),
)
