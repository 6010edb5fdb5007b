"""Plain data crosses as it is; nothing else crosses; bytes from the other side are never more than data."""

import math
import os
import struct
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critics.code.inside.wire import (
    MAX_DEPTH,
    MAX_FRAME_BYTES,
    MAX_INT_BYTES,
    MAX_NODES,
    MAX_SAME_HASH,
    Unsendable,
    WireError,
    dump,
    load,
    read_frame,
    write_frame,
)

TEXT = st.text(st.characters(exclude_categories=()))
HASHABLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT | st.binary(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=4),
    max_leaves=8,
)
VALUES = st.recursive(
    HASHABLE | st.complex_numbers(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=5)
        | st.sets(HASHABLE, max_size=5)
    ),
    max_leaves=20,
)


def same(one: Any, other: Any) -> bool:
    """Equal, with the same types all the way down."""
    if type(one) is not type(other) or repr(one) != repr(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@given(VALUES)
def test_plain_data_comes_out_as_it_went_in(value: Any) -> None:
    assert load(dump(value)) == value
    assert dump(load(dump(value))) is not None


@given(
    st.lists(
        st.integers() | st.floats(allow_nan=False) | st.booleans() | TEXT | st.binary() | st.none(), max_size=10
    )
)
def test_types_and_signs_survive(value: list[Any]) -> None:
    assert same(load(dump(value)), value)


def test_floats_keep_what_equality_does_not_show() -> None:
    assert math.isnan(load(dump(math.nan)))
    assert math.copysign(1, load(dump(-0.0))) == -1
    assert load(dump(math.inf)) == math.inf


@pytest.mark.parametrize("value", [{12, 13, 14, 15, 16}, {1, 2, 3}, {30, 4, 11, 9}, set()])
def test_sets_whose_hashes_do_not_collide_iterate_as_displays_of_constants_do(value: set[int]) -> None:
    assert list(load(dump(value))) == list(value)


class Text(str):
    pass


class Number(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Text("x"), f"{__name__}.Text"),
        (Number(1), f"{__name__}.Number"),
        (Pair(1, 2), f"{__name__}.Pair"),
        (Counter("ab"), "collections.Counter"),
        (OrderedDict(), "collections.OrderedDict"),
        (deque(), "collections.deque"),
        (Decimal(1), "decimal.Decimal"),
        (Fraction(1, 2), "fractions.Fraction"),
        (bytearray(b"x"), "bytearray"),
        (range(3), "range"),
        ((x for x in ()), "generator"),
        (print, "builtin_function_or_method"),
        (object(), "object"),
        (int, "type"),
        (Ellipsis, "ellipsis"),
        (NotImplemented, "NotImplementedType"),
    ],
)
def test_other_types_are_refused_by_name_however_deep_they_stand(value: object, name: str) -> None:
    for wrapped in (value, [1, value], {"k": (value,)}):
        with pytest.raises(Unsendable) as caught:
            dump(wrapped)
        assert caught.value.kind == name


def test_an_overridden_equality_does_not_travel_as_a_key() -> None:
    with pytest.raises(Unsendable):
        dump({Number(1): 1})


def test_dicts_of_the_standard_library_are_sent_as_dicts_only_when_asked() -> None:
    kinds = (Counter, OrderedDict, defaultdict)
    sent = load(dump([Counter("aab"), OrderedDict(x=1)], also_dicts=kinds))
    assert sent == [{"a": 2, "b": 1}, {"x": 1}]
    assert [type(item) for item in sent] == [dict, dict]


def test_a_subclass_of_such_a_dict_is_refused_all_the_same() -> None:
    class Yes(Counter[str]):
        pass

    with pytest.raises(Unsendable):
        dump(Yes(), also_dicts=(Counter,))


def test_cycles_and_depth_are_refused_on_both_sides() -> None:
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    deep: Any = 1
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    for value in (cyclic, deep):
        with pytest.raises(Unsendable, match="nested"):
            dump(value)
    with pytest.raises(WireError, match="deep"):
        load(b"l\0\0\0\1" * (MAX_DEPTH + 1) + b"N")


def test_what_is_just_within_the_depth_crosses() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert load(dump(value)) == value


def test_sizes_are_limited_before_anything_is_copied() -> None:
    piece = "x" * (MAX_FRAME_BYTES // 4)
    with pytest.raises(Unsendable, match="bytes"):
        dump([piece] * 1000)
    with pytest.raises(Unsendable, match="values"):
        dump([None] * (MAX_NODES + 1))
    with pytest.raises(Unsendable, match="int"):
        dump(1 << (8 * MAX_INT_BYTES))
    with pytest.raises(WireError):
        load(b"N" * (MAX_FRAME_BYTES + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"NN",
        b"i\0\0\0\0",
        b"i\0\0\0\2\1",
        b"f\0",
        b"s\0\0\0\1\xff",
        b"l\xff\xff\xff\xffN",
        b"l\0\0\0\2N",
        b"d\0\0\0\1N",
        b"d\0\0\0\1l\0\0\0\0N",
        b"d\0\0\0\2NNNN",
        b"S\0\0\0\2NN",
        b"S\0\0\0\1l\0\0\0\0",
        b"Z\0\0\0\1S\0\0\0\0",
        b"\x80\x04N.",
    ],
)
def test_bytes_that_are_no_value_are_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        load(data)


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_bytes_are_a_value_or_an_error_of_our_own(data: bytes) -> None:
    try:
        value = load(data)
    except WireError:
        return
    load(dump(value))


@given(VALUES, st.data())
def test_a_damaged_value_is_another_value_or_an_error(value: Any, data: st.DataObject) -> None:
    good = bytearray(dump(value))
    place = data.draw(st.integers(0, len(good) - 1))
    good[place] = data.draw(st.integers(0, 255))
    try:
        load(bytes(good))
    except WireError:
        return


def test_frames_follow_each_other_and_end_with_their_writer() -> None:
    reading, writing = os.pipe()
    try:
        write_frame(writing, ("returned", [1, 2]))
        write_frame(writing, None)
        os.write(writing, struct.pack(">I", MAX_FRAME_BYTES + 1))
        assert read_frame(reading) == ("returned", [1, 2])
        assert read_frame(reading) is None
        with pytest.raises(WireError, match="too long"):
            read_frame(reading)
        os.write(writing, b"\0\0")
        os.close(writing)
        with pytest.raises(EOFError):
            read_frame(reading)
    finally:
        os.close(reading)


def test_keys_made_to_collide_are_refused_before_they_take_long() -> None:
    period = 2**61 - 1
    for made in (set, frozenset, dict.fromkeys):
        few = made(number * period for number in range(1, MAX_SAME_HASH + 1))
        assert load(dump(few)) == few
        with pytest.raises(WireError, match="same hash"):
            load(dump(made(number * period for number in range(1, MAX_SAME_HASH + 2))))
    honest = {2**power for power in range(10_000)}
    assert load(dump(honest)) == honest
