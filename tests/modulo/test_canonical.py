from __future__ import annotations

import dataclasses
import enum
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, PlainSerializer, computed_field

from modulo.canonical import MAX_DEPTH, Codec, JsonValue, canonical_json, codec_for, parse_json, sha256_hex
from modulo.errors import ProblemError

SAFE = 2**53 - 1

texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-SAFE, SAFE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


class Suit(enum.Enum):
    HEARTS = "hearts"
    SPADES = "spades"


class Level(enum.StrEnum):
    HIGH = "high"


class Rank(enum.IntEnum):
    ACE = 1


class Shout(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


class Count(int):
    def __str__(self) -> str:
        return "99"


class Step(BaseModel):
    action: str
    cost: int | None = None


class Renamed(BaseModel):
    start: int = Field(alias="from")


class Square(BaseModel):
    side: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def area(self) -> int:
        return self.side**2


@dataclass(frozen=True, slots=True)
class Plan:
    name: str
    steps: tuple[Step, ...] = ()
    suit: Suit | None = None
    at: datetime | None = None


@dataclass
class Picky:
    number: int

    def __post_init__(self) -> None:
        if self.number > 5:
            raise KeyError("more than five")


class Pair(NamedTuple):
    left: int
    right: str


def nested(depth: int, wrap: Callable[[Any], Any] = lambda inner: [inner], core: Any = 1) -> Any:
    for _ in range(depth):
        core = wrap(core)
    return core


# ---------------------------------------------------------------------------------------------- canonical_json


@given(json_values)
def test_canonical_json_is_what_the_reference_implementation_writes(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


def test_every_character_is_written_as_rfc_8785_says() -> None:
    everything = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF)
    assert canonical_json(everything) == rfc8785.dumps(everything)


@given(json_values)
def test_canonical_json_reads_back_as_the_same_value(value: Any) -> None:
    data = canonical_json(value)
    read = parse_json(data)
    assert read == value
    assert canonical_json(read) == data


def test_the_examples_of_the_rfc_come_out_as_printed_there() -> None:
    # RFC 8785, sections 3.2.2 and 3.2.3
    values = parse_json(
        r'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        r' "string": "\u20ac$\u000F\u000aA'
        r"'"
        r'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}'
    )
    assert canonical_json(values).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    keys = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    order = [2, 4, 6, 7, 1, 5, 3]
    assert list(parse_json(canonical_json(keys)).values()) == order


@pytest.mark.parametrize(
    ("number", "text"),
    [  # RFC 8785, appendix B
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-1.7976931348623157e308, "-1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (9007199254740994.0, "9007199254740994"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (1e21, "1e+21"),
        (999999999999999700000.0, "999999999999999700000"),
        (1e-7, "1e-7"),
        (0.000001, "0.000001"),
    ],
)
def test_floats_are_written_as_ecmascript_does_and_read_back(number: float, text: str) -> None:
    assert canonical_json(number).decode() == text
    assert parse_json(text) == number
    assert canonical_json(parse_json(text)).decode() == text


@pytest.mark.parametrize(
    "value",
    [
        SAFE + 1,
        -SAFE - 1,
        10**4000,
        float("nan"),
        float("inf"),
        -float("inf"),
        "\ud800",
        "a\udfffb",
        {"\ud800": 1},
        {1: 2},
        {None: 1},
        {("a",): 1},
        {Level.HIGH: 1},
        {Shout("a"): 1},
        b"bytes",
        bytearray(b"x"),
        {1, 2},
        frozenset(),
        Suit.HEARTS,
        Level.HIGH,
        Rank.ACE,
        Shout("text"),
        Count(5),
        Decimal("1.5"),
        date(2026, 1, 1),
        1j,
        object(),
        Step(action="a"),
        Plan("p"),
        Pair(1, "a"),
        range(3),
        iter([1]),
    ],
    ids=lambda value: repr(value)[:40],
)
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v], lambda v: {"key": [1, v]}])
def test_what_json_cannot_carry_exactly_is_refused(value: Any, wrap: Callable[[Any], Any]) -> None:
    with pytest.raises(ProblemError):
        canonical_json(wrap(value))


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {"k": v}, lambda v: {"é": v}])
def test_nesting_is_accepted_to_a_fixed_depth_and_refused_beyond(wrap: Callable[[Any], Any]) -> None:
    assert canonical_json(nested(MAX_DEPTH, wrap, 0.5))
    with pytest.raises(ProblemError, match="nested too deeply"):
        canonical_json(nested(MAX_DEPTH + 1, wrap, 0.5))
    with pytest.raises(ProblemError, match="nested too deeply"):
        canonical_json(nested(100_000, wrap))


def test_a_circle_is_refused() -> None:
    circle: list[Any] = []
    circle += [circle, circle]
    with pytest.raises(ProblemError):
        canonical_json(circle)


def test_what_is_accepted_does_not_depend_on_how_deep_the_call_stack_is() -> None:
    def deeper(levels: int) -> bytes:
        return deeper(levels - 1) if levels else canonical_json(nested(MAX_DEPTH, core=0.5))

    assert deeper(sys.getrecursionlimit() // 3) == canonical_json(nested(MAX_DEPTH, core=0.5))


def test_sha256_hex_is_the_hash_of_the_bytes() -> None:
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


# -------------------------------------------------------------------------------------------------- parse_json


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1 column 1"),
        ("{", "line 1 column 2"),
        ('{"a": 1,\n "b": }', "line 2 column"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('[{"x": {"é": 1, "é": 1}}]', "'é' stands twice"),
        ("NaN", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ("1e400", "too large"),
        ("-1e400", "too large"),
        ("1" * 400, "too large"),
        ("9" * 10_000, "too large"),
        ("9007199254740993", "not carried exactly"),
        ("-12345678901234567890", "not carried exactly"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        (b"\xff\xfe\xff", "not JSON"),
        (b'"\xff"', "not JSON"),
    ],
)
def test_json_that_readers_would_take_differently_is_refused(text: str | bytes, says: str) -> None:
    with pytest.raises(ProblemError, match=says) as caught:
        parse_json(text)
    assert len(str(caught.value)) < 300


@given(st.binary(max_size=40) | st.text(max_size=40))
def test_parsing_anything_gives_a_value_or_a_problem_error(data: bytes | str) -> None:
    try:
        parse_json(data)
    except ProblemError:
        return


@pytest.mark.parametrize("number", [0, 1, -1, SAFE, -SAFE, SAFE - 1])
def test_integers_that_fit_stay_integers(number: int) -> None:
    assert type(parse_json(str(number))) is int
    assert parse_json(str(number)) == number


def test_a_lone_surrogate_is_read_because_traces_record_what_models_write() -> None:
    assert parse_json(r'"\ud800"') == "\ud800"


# ------------------------------------------------------------------------------------------------------ codecs


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (str, ""),
        (str, "grüße 😀"),
        (int, -3),
        (bool, True),
        (float, 1.0),
        (float, 0.1),
        (float, 1e20),
        (dict, {"b": [1, None], "a": 0.5}),
        (list, [1, "a"]),
        (None, None),
        (type(None), None),
        (Any, {"a": [True, None, "x"]}),
        (object, [1]),
        (JsonValue, {"a": 1}),
        (dict[str, JsonValue], {"a": [1]}),
        (list[int], [1, 2]),
        (list[float], [1.0, 1e16, 0.5]),
        (tuple, (1, "a")),
        (tuple[int, str], (1, "a")),
        (tuple[int, ...], ()),
        (dict[int, str], {1: "a"}),
        (Sequence[int], [1]),
        (Mapping[str, int], {"a": 1}),
        (Pair, Pair(1, "a")),
        (Suit, Suit.SPADES),
        (Level, Level.HIGH),
        (Literal["a", 3], 3),
        (int | None, None),
        (int | str, "1"),
        (Annotated[int, Field(gt=0)], 4),
        (Annotated[int, []], 4),
        (datetime, datetime(2026, 2, 3, 4, 5, 6, 7)),
        (datetime, datetime(2026, 2, 3, tzinfo=UTC)),
        (date, date(2026, 2, 3)),
        (timedelta, timedelta(days=1, microseconds=3)),
        (Decimal, Decimal("1.10")),
        (UUID, UUID(int=7)),
        (bytes, b"abc"),
        (Step, Step(action="go", cost=3)),
        (list[Step], [Step(action="go"), Step(action="stop")]),
        (dict[Suit, Step], {Suit.HEARTS: Step(action="go")}),
        (Renamed, Renamed(**{"from": 3})),
        (Square, Square(side=3)),
        (Plan, Plan("p", (Step(action="go"),), Suit.HEARTS, datetime(2026, 1, 1, tzinfo=UTC))),
        (Plan | Step, Step(action="go")),
        (list[Plan | None], [None, Plan("p")]),
    ],
    ids=str,
)
def test_a_value_survives_the_way_to_canonical_json_and_back(annotation: Any, value: Any) -> None:
    codec = codec_for(annotation)
    data = codec.encode(value)
    read = codec.decode(data)
    assert read == value
    assert type(read) is type(value)
    assert codec.encode(read) == data
    assert data == canonical_json(parse_json(data))


@given(
    st.builds(
        Plan,
        texts,
        st.lists(st.builds(Step, action=texts, cost=st.none() | st.integers(-SAFE, SAFE)), max_size=3).map(
            tuple
        ),
        st.none() | st.sampled_from(Suit),
        st.none() | st.datetimes(timezones=st.just(UTC)),
    )
)
def test_every_plan_survives_the_way_to_canonical_json_and_back(plan: Plan) -> None:
    codec = codec_for(Plan)
    assert codec.decode(codec.encode(plan)) == plan


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (str, 5),
        (str, b"a"),
        (str, Shout("a")),
        (str, Level.HIGH),
        (int, "5"),
        (int, 5.0),
        (int, True),
        (int, Count(5)),
        (int, SAFE + 1),
        (bool, 1),
        (float, "1.0"),
        (float, True),
        (float, float("nan")),
        (None, 0),
        (type(None), False),
        (dict, [1]),
        (list, (1,)),
        (Any, Step(action="go")),
        (Any, {"a": {1}}),
        (list[int], ["1"]),
        (list[int], [1.5]),
        (list[int], (1,)),
        (list[float], [float("inf")]),
        (tuple[int, str], (1, 2)),
        (tuple[int, str], [1, "a"]),
        (tuple[int, str], (1, "a", "b")),
        (Suit, "hearts"),
        (Literal["a"], "b"),
        (int | None, "3"),
        (Annotated[int, Field(gt=0)], -1),
        (datetime, "2026-01-01T00:00:00"),
        (bytes, b"\xff"),
        (Step, {"action": "go"}),
        (Step, Plan("p")),
        (Step, Step.model_construct(action=5)),
        (list[Step], [Step(action="go"), {"action": "go"}]),
        (Plan, Plan(5)),  # type: ignore[arg-type]
        (Plan, Plan("p", [Step(action="go")])),  # type: ignore[arg-type]
        (Plan, Plan("\ud800")),
        (Plan, None),
        (Picky, Step(action="go")),
        (list, nested(MAX_DEPTH + 1)),
        (list[Any], nested(MAX_DEPTH + 1)),
    ],
    ids=lambda x: repr(x)[:60],
)
def test_a_value_of_another_type_is_refused(annotation: Any, value: Any) -> None:
    with pytest.raises(ProblemError) as caught:
        codec_for(annotation).encode(value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("annotation", "data"),
    [
        (str, b"5"),
        (int, b'"5"'),
        (int, b"true"),
        (int, b"5.5"),
        (bool, b"1"),
        (float, b'"1"'),
        (None, b"0"),
        (dict, b"[]"),
        (Any, b"{"),
        (list[int], b'["1"]'),
        (list[int], b"[true]"),
        (tuple[int, str], b"[1]"),
        (Suit, b'"clubs"'),
        (datetime, b"0"),
        (Step, b'{"action": 5}'),
        (Step, b"[]"),
        (Step, b"{"),
        (Picky, b'{"number": 6}'),
        (Plan, b'{"name": "p", "steps": [{"action": "go", "cost": "3"}]}'),
    ],
    ids=str,
)
def test_bytes_of_another_type_are_refused_and_never_coerced(annotation: Any, data: bytes) -> None:
    with pytest.raises(ProblemError):
        codec_for(annotation).decode(data)


@pytest.mark.parametrize("annotation", [set, set[int], frozenset[str], dict[str, list[set[int]]]], ids=str)
def test_sets_are_refused_because_their_order_is_not_fixed(annotation: Any) -> None:
    with pytest.raises(ProblemError, match="set, whose order is not fixed"):
        codec_for(annotation)


def test_a_field_that_is_a_set_is_refused_unless_it_is_put_in_order() -> None:
    unordered = dataclasses.make_dataclass("Unordered", [("items", frozenset[str])])
    ordered = dataclasses.make_dataclass(
        "Ordered", [("items", Annotated[frozenset[str], PlainSerializer(sorted)])]
    )
    with pytest.raises(ProblemError, match="holds a set"):
        codec_for(unordered)
    value = ordered(frozenset({"b", "c", "a"}))
    assert codec_for(ordered).encode(value) == b'{"items":["a","b","c"]}'
    assert codec_for(ordered).decode(b'{"items":["a","b","c"]}') == value


def unresolved() -> type:
    @dataclass
    class Odd:
        other: Nowhere  # type: ignore[name-defined]  # noqa: F821

    return Odd


@pytest.mark.parametrize(
    "annotation", [object(), 3, [int], "Nowhere", unresolved(), type, Callable, iter], ids=repr
)
def test_a_type_that_has_no_json_is_refused_in_one_line_when_its_codec_is_made(annotation: Any) -> None:
    with pytest.raises(ProblemError) as caught:
        codec_for(annotation).encode(annotation)
    assert "\n" not in str(caught.value)


def test_a_codec_is_made_once() -> None:
    assert codec_for(list[Step]) is codec_for(list[Step])


@pytest.mark.parametrize("annotation", [float, float | None, int, Any], ids=str)
def test_an_integer_is_isolated_as_the_number_that_its_bytes_are_read_as(annotation: Any) -> None:
    codec = codec_for(annotation)
    data = codec.encode(5)
    assert type(codec.isolated(5, data)) is type(codec.decode(data))


def test_isolated_values_share_nothing_that_can_change() -> None:
    value = {"list": [1]}
    codec: Codec[Any] = codec_for(dict)
    copy = codec.isolated(value, codec.encode(value))
    copy["list"].append(2)
    assert value == {"list": [1]}


def test_whatever_a_type_raises_of_its_own_comes_out_as_a_problem_error() -> None:
    with pytest.raises(ProblemError, match="more than five"):
        codec_for(Picky).decode(b'{"number":6}')
