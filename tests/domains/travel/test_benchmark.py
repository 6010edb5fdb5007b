"""The benchmark's files: rows with their information, and rows with the database; strictly."""

from __future__ import annotations

import copy
import csv
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.domains.travel import DOMAIN, TravelProblem
from modulo.domains.travel.benchmark import problem_of, read_queries
from modulo.domains.travel.database import problems_with_database
from modulo.domains.travel.facts import meters_in, minutes_in
from modulo.domains.travel.rows import FLIGHT_COLUMNS, RESTAURANT_COLUMNS
from modulo.domains.travel.tables import read_table
from modulo.errors import ProblemError
from tests.domains.travel.trips import rejecting

FLIGHTS = (
    "Flight Number  Price DepTime ArrTime  ActualElapsedTime FlightDate OriginCityName DestCityName  Distance\n"
    "     F3500001    474   15:40   17:04 2 hours 24 minutes 2022-03-16       Eastport      Dunmore    1049.0\n"
    "     F3500002     89   05:40   07:04 2 hours 24 minutes 2022-03-16       Eastport      Dunmore    1049.0"
)
BACK = (
    "Flight Number  Price DepTime ArrTime  ActualElapsedTime FlightDate OriginCityName DestCityName  Distance\n"
    "     F3500003    346   19:00   22:43 2 hours 43 minutes 2022-03-18        Dunmore     Eastport    1049.0"
)


def table(columns: list[str], *rows: list[str]) -> str:
    """A table as ``DataFrame.to_string(index=False)`` prints it."""
    widths = [max(len(row[place]) for row in (columns, *rows)) for place in range(len(columns))]
    return "\n".join(
        " ".join(value.rjust(width) for value, width in zip(row, widths, strict=True))
        for row in (columns, *rows)
    )


ROW: dict[str, Any] = {
    "org": "Eastport",
    "dest": "Dunmore",
    "days": 3,
    "visiting_city_number": 1,
    "date": "['2022-03-16', '2022-03-17', '2022-03-18']",
    "people_number": 2,
    "local_constraint": (
        "{'house rule': 'parities', 'cuisine': ['French'], 'room type': None, 'transportation': None}"
    ),
    "budget": 6700,
    "query": "Could you plan a trip?",
    "level": "medium",
    "annotated_plan": "[...]",
    "reference_information": [
        {
            "Description": "Attractions in Dunmore",
            "Content": table(
                ["Name", "Latitude", "Longitude", "Address", "Phone", "Website", "City"],
                ["Museum", "42.277324", "-89.088142", "7 Main St, Dunmore", "Unknown", "Unknown", "Dunmore"],
                ["1918 Bridge, Old", "42.2", "-89.1", "Main St", "(815) 965-3433", "http://b.org/", "Dunmore"],
            ),
        },
        {
            "Description": "Restaurants in Dunmore",
            "Content": (
                "                       Name  Average Cost             Cuisines  Aggregate Rating     City\n"
                "39               Coco Table            72     Tea, French, BBQ               4.9  Dunmore\n"
                "251              1918 Grill            20        American, BBQ               4.5  Dunmore\n"
                "2470  Mango, Apple & Friend            49          Bakery, BBQ               3.9  Dunmore\n"
                "5459                 Subway            42  Tea, Chinese, Pizza               0.0  Dunmore\n"
                "8455                 Subway            26                Pizza               3.8  Dunmore"
            ),
        },
        {
            "Description": "Accommodations in Dunmore",
            "Content": table(
                [
                    "NAME",
                    "price",
                    "room type",
                    "house_rules",
                    "minimum nights",
                    "maximum occupancy",
                    "review rate number",
                    "city",
                ],
                [
                    "Loft, near the park \u2b50\ufe0f",
                    "1030.0",
                    "Entire home/apt",
                    "No smoking",
                    "2.0",
                    "9",
                    "2.0",
                    "Dunmore",
                ],
                [
                    "Private Room",
                    "210.5",
                    "Private room",
                    "No visitors & No parties",
                    "1.0",
                    "2",
                    "4.0",
                    "Dunmore",
                ],
            ),
        },
        {"Description": "Flight from Eastport to Dunmore on 2022-03-16", "Content": FLIGHTS},
        {
            "Description": "Self-driving from Eastport to Dunmore",
            "Content": "self-driving, from Eastport to Dunmore, duration: 10 hours 55 mins, "
            "distance: 1,144 km, cost: 57",
        },
        {
            "Description": "Taxi from Eastport to Dunmore",
            "Content": "taxi, from Eastport to Dunmore, duration: 10 hours 55 mins, distance: 1,144 km, cost: 1144",
        },
        {"Description": "Flight from Dunmore to Eastport on 2022-03-18", "Content": BACK},
        {"Description": "Self-driving from Dunmore to Eastport", "Content": "No valid information."},
        {
            "Description": "Taxi from Dunmore to Eastport",
            "Content": "taxi, from Dunmore to Eastport, no valid information.",
        },
    ],
}

PLAN = [
    {
        "days": 1,
        "current_city": "from Eastport to Dunmore",
        "transportation": "Flight Number: F3500002, from Eastport to Dunmore, "
        "Departure Time: 05:40, Arrival Time: 07:04",
        "breakfast": "-",
        "attraction": "1918 Bridge, Old, Dunmore;",
        "lunch": "-",
        "dinner": "-",
        "accommodation": "Loft, near the park \u2b50\ufe0f, Dunmore",
    },
    {
        "days": 2,
        "current_city": "Dunmore",
        "transportation": "-",
        "breakfast": "1918 Grill, Dunmore",
        "attraction": "Museum, Dunmore;",
        "lunch": "Coco Table, Dunmore",
        "dinner": "Mango, Apple & Friend, Dunmore",
        "accommodation": "Loft, near the park \u2b50\ufe0f, Dunmore",
    },
    {
        "days": 3,
        "current_city": "from Dunmore to Eastport",
        "transportation": "Flight Number: F3500003, from Dunmore to Eastport, "
        "Departure Time: 19:00, Arrival Time: 22:43",
        "breakfast": "-",
        "attraction": "-",
        "lunch": "-",
        "dinner": "-",
        "accommodation": "-",
    },
    {},
    {},
]


def row(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(ROW), **changes}


def with_content(title: str, content: object) -> dict[str, Any]:
    changed = row()
    for part in changed["reference_information"]:
        if part["Description"] == title:
            part["Content"] = content
    return changed


def test_a_row_is_read_with_everything_that_its_information_has() -> None:
    trip = DOMAIN.read_problem(row())
    assert (trip.origin, trip.destination, trip.cities, trip.cities_to_visit) == (
        "Eastport",
        "Dunmore",
        ("Dunmore",),
        1,
    )
    assert (trip.people, trip.budget_cents, trip.constraints.house_rule) == (2, 670_000, "parties")
    assert set(trip.attractions) == {"Museum, Dunmore", "1918 Bridge, Old, Dunmore"}
    assert {entry: [place.price_cents for place in same] for entry, same in trip.restaurants.items()} == {
        "Coco Table, Dunmore": [7200],
        "1918 Grill, Dunmore": [2000],
        "Mango, Apple & Friend, Dunmore": [4900],
        "Subway, Dunmore": [4200, 2600],
    }
    loft, room = trip.reference.accommodations
    assert (loft.name, loft.price_cents, loft.minimum_nights) == (
        "Loft, near the park \u2b50\ufe0f",
        103_000,
        2,
    )
    assert (room.price_cents, room.forbids, room.maximum_occupancy) == (21_050, ("visitors", "parties"), 2)
    (there,) = trip.reference.roads
    assert (there.minutes, there.meters, there.taxi_cents, there.self_driving_cents) == (
        655,
        1_144_000,
        114_400,
        5700,
    )
    assert [flight.number for flight in trip.reference.flights] == ["F3500001", "F3500002", "F3500003"]


def test_a_plan_for_a_row_is_judged() -> None:
    trip = DOMAIN.read_problem(row())
    assert rejecting(trip, DOMAIN.read_candidate(PLAN, trip)) == set()
    assert rejecting(DOMAIN.read_problem(row(budget=100)), DOMAIN.read_candidate(PLAN, trip)) == {"budget"}


def test_information_as_lists_of_rows_is_read() -> None:
    trip = DOMAIN.read_problem(row())
    information = {
        "Attractions in Dunmore": [
            {"Name": place.name, "City": "Dunmore", "Latitude": 1.5} for place in trip.reference.attractions
        ],
        "Restaurants in Dunmore": [
            {
                "Name": "Subway",
                "Average Cost": 42,
                "Cuisines": "Tea, Pizza",
                "Aggregate Rating": 3.4,
                "City": "Dunmore",
            }
        ],
        "Accommodations in Dunmore": [
            {
                "NAME": "Room",
                "price": 210.0,
                "room type": "Private room",
                "house_rules": "No visitors & No smoking",
                "minimum nights": 1.0,
                "maximum occupancy": 2,
                "review rate number": 4.0,
                "city": "Dunmore",
            }
        ],
        "Flight from Eastport to Dunmore on 2022-03-16": "There is no flight from Eastport to Dunmore on 2022-03-16.",
    }
    read = DOMAIN.read_problem(row(reference_information=information))
    assert read.reference.attractions == trip.reference.attractions
    assert read.reference.restaurants[0].cuisines == ("Tea", "Pizza")
    assert read.reference.accommodations[0].price_cents == 21_000


@pytest.mark.parametrize(
    "document",
    [
        row(days=4),
        row(days="3"),
        row(days=True),
        row(people_number=0),
        row(budget=-1),
        row(budget=10.5),
        row(date="2022-03-16"),
        row(date="['2022-03-16', '2022-03-18', '2022-03-17']"),
        row(date="__import__('os')"),
        row(date="[" * 10_000),
        row(local_constraint="{'house rule': None}"),
        row(
            local_constraint="{'house rule': 'juggling', 'cuisine': None, 'room type': None, 'transportation': None}"
        ),
        row(
            local_constraint="{'house rule': None, 'cuisine': None, 'room type': 'tent', 'transportation': None}"
        ),
        row(
            local_constraint="{'house rule': None, 'cuisine': None, 'room type': None, 'transportation': 'no taxi'}"
        ),
        row(
            local_constraint={
                "house rule": None,
                "cuisine": None,
                "room type": None,
                "transportation": None,
                "pool": 1,
            }
        ),
        row(more=1),
        row(reference_information=None),
        row(reference_information="[]]"),
        row(reference_information=[{"Description": "Hotels in Dunmore", "Content": ""}]),
        row(reference_information=[{"Description": "Attractions in Dunmore"}]),
        row(reference_information=ROW["reference_information"] + ROW["reference_information"][:1]),
        with_content("Flight from Eastport to Dunmore on 2022-03-16", FLIGHTS.replace("15:40", "25:40")),
        with_content("Flight from Eastport to Dunmore on 2022-03-16", FLIGHTS.replace("474", "$74")),
        with_content("Flight from Eastport to Dunmore on 2022-03-16", FLIGHTS.replace("Price", "Money")),
        with_content("Flight from Eastport to Dunmore on 2022-03-16", FLIGHTS.replace("   474", "474")),
        with_content("Flight from Eastport to Dunmore on 2022-03-16", ["F1"]),
        with_content("Accommodations in Dunmore", [{"NAME": "Room", "price": 1.0}]),
        with_content("Taxi from Eastport to Dunmore", "taxi, from Eastport to Dunmore, cost: 5"),
        with_content(
            "Taxi from Eastport to Dunmore",
            "taxi, from Eastport to Dunmore, duration: 10 hours 55 mins, distance: 1,144 km, cost: 1143",
        ),
        with_content(
            "Taxi from Eastport to Dunmore",
            "taxi, from Eastport to Dunmore, duration: 10 hours 55 mins, distance: 1,145 km, cost: 1145",
        ),
        with_content(
            "Taxi from Eastport to Dunmore",
            "taxi, from Dunmore to Eastport, duration: 10 hours 55 mins, distance: 1,144 km, cost: 1144",
        ),
    ],
)
def test_a_row_that_cannot_be_read_to_the_end_is_refused(document: Any) -> None:
    with pytest.raises(ProblemError):
        DOMAIN.read_problem(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["-", "[]", "{'a': 1}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([*ROW]), JSON, st.integers(0, 8), st.text() | JSON)
def test_any_other_row_is_a_trip_or_refused(key: str, value: Any, part: int, content: Any) -> None:
    for document in (row(**{key: value}), value):
        with suppress(ProblemError):
            DOMAIN.read_problem(document)
    with_part = row()
    with_part["reference_information"][part]["Content"] = content
    with suppress(ProblemError):
        DOMAIN.read_problem(with_part)


def test_tables_are_read_with_and_without_their_index() -> None:
    rows = list(
        read_table(table(["Flight Number", *FLIGHT_COLUMNS[1:]], ["F1", "9", *"abcdefg"]), FLIGHT_COLUMNS)
    )
    assert rows == [dict(zip(FLIGHT_COLUMNS, ["F1", "9", *"abcdefg"], strict=True))]
    unindexed = table(
        [*RESTAURANT_COLUMNS], ["1918 Grill", "20", "BBQ", "4.5", "A"], ["39 Steps", "1", "Tea", "1.0", "A"]
    )
    assert [row["Name"] for row in read_table(unindexed, RESTAURANT_COLUMNS)] == ["1918 Grill", "39 Steps"]
    stripped = unindexed.lstrip()
    assert [row["Name"] for row in read_table(stripped, RESTAURANT_COLUMNS)] == ["1918 Grill", "39 Steps"]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1 hour 1 min", 61),
        ("10 hours 55 mins", 655),
        ("1 hour 0 mins", 60),
        ("30 mins", 30),
        ("1 day 2 hours", 26 * 60),
        ("2 days", 2880),
        ("", None),
        ("soon", None),
        ("1 hour or so", None),
        ("-1 hours", None),
    ],
)
def test_durations_are_read(text: str, minutes: int | None) -> None:
    assert minutes_in(text) == minutes


@pytest.mark.parametrize(
    ("text", "meters"),
    [
        ("98.6", 98_600),
        ("1,144", 1_144_000),
        ("901", 901_000),
        ("1,14", None),
        ("1e3", None),
        ("", None),
        ("-1", None),
    ],
)
def test_distances_are_read_exactly(text: str, meters: int | None) -> None:
    assert meters_in(text) == meters


def test_rows_of_files_are_read_by_number(tmp_path: Path) -> None:
    lines = tmp_path / "rows.jsonl"
    lines.write_text("\n".join(json.dumps(row(budget=budget)) for budget in (6700, 100)))
    assert DOMAIN.read_problem_file(Path(f"{lines}#2")).budget_cents == 10_000
    table_file = tmp_path / "rows.csv"
    with table_file.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(ROW))
        writer.writeheader()
        writer.writerow({**ROW, "reference_information": repr(ROW["reference_information"])})
    assert DOMAIN.read_problem_file(Path(f"{table_file}#1")) == DOMAIN.read_problem(row())
    for number in ("0", "3", "x", "", "9" * 30):
        with pytest.raises(ProblemError):
            DOMAIN.read_problem_file(Path(f"{lines}#{number}"))


DATABASE = {
    "background/citySet_with_states.txt": (
        "Eastport\tSouthmark\nDunmore\tNorthmark\nGlenrock\tNorthmark\nIronwood\tNorthmark\n"
    ),
    "flights/clean_Flights_2022.csv": (
        "Flight Number,Price,DepTime,ArrTime,ActualElapsedTime,FlightDate,OriginCityName,DestCityName,Distance\n"
        "F1,100,08:00,09:00,1 hours,2022-03-16,Eastport,Dunmore,300.0\n"
        "F2,100,08:00,09:00,1 hours,2022-03-15,Eastport,Dunmore,300.0\n"
        "F3,100,08:00,09:00,1 hours,2022-03-16,Eastport,Paris,300.0\n"
        "F4,,08:00,09:00,1 hours,2022-03-16,Eastport,Dunmore,300.0\n"
        "F5,100,08:00,09:00,1 hours,2022-03-20,Glenrock,Eastport,300.0\n"
    ),
    "restaurants/clean_restaurant_2022.csv": (
        ",Name,City,Cuisines,Average Cost,Aggregate Rating\n"
        '0,Table,Dunmore,"Tea, BBQ",46,4.8\n'
        "1,Home,Eastport,Tea,10,0.0\n2,Far,Paris,Tea,x,0.0\n3,NA,Dunmore,Tea,1,0.0\n"
    ),
    "attractions/attractions.csv": (
        "Name,Latitude,Longitude,Address,Phone,Website,City\n"
        '"Bridge, Old",1.0,2.0,"A, B",Unknown,Unknown,Glenrock\nPark,1.0,2.0,A,Unknown,Unknown,Paris\n'
    ),
    "accommodations/clean_accommodations_2022.csv": (
        ",NAME,room type,price,minimum nights,review rate number,house_rules,maximum occupancy,city\n"
        "0,Loft,Private room,131.0,1.0,2.0,No smoking & No pets,1,Glenrock\n"
        "1,Flat,Private room,1.0,1.0,2.0,,1,Glenrock\n"
    ),
    "googleDistanceMatrix/distance.csv": (
        "origin,destination,cost,duration,distance\n"
        'Dunmore,Glenrock,,10 hours 55 mins,"1,144 km"\n'
        'Glenrock,Dunmore,,,\nEastport,Dunmore,,1 day 1 hour,"2,000 km"\n'
        "Paris,London,,a while,far\nEastport,Glenrock,,1 min,98.6 km\n"
    ),
}


def write_database(folder: Path, **changes: str) -> Path:
    for name, text in DATABASE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changes.get(path.stem, text))
    return folder


def five_days() -> dict[str, Any]:
    dates = [f"2022-03-{day}" for day in range(16, 21)]
    return row(days=5, date=dates, dest="Northmark", visiting_city_number=2, reference_information=None)


def trips(tmp_path: Path, *rows: dict[str, Any], **changes: str) -> tuple[TravelProblem, ...]:
    lines = tmp_path / "rows.jsonl"
    lines.write_text("\n".join(map(json.dumps, rows)))
    return problems_with_database(list(read_queries(lines)), write_database(tmp_path, **changes))


def test_each_row_gets_its_slice_of_the_database(tmp_path: Path) -> None:
    long, short = trips(tmp_path, five_days(), row())
    assert long.cities == ("Dunmore", "Glenrock", "Ironwood")
    assert [flight.number for flight in long.reference.flights] == ["F1", "F5"]
    assert [(way.origin, way.destination, way.meters) for way in long.reference.roads] == [
        ("Dunmore", "Glenrock", 1_144_000),
        ("Eastport", "Glenrock", 98_600),
    ]
    assert list(long.restaurants) == ["Table, Dunmore", "Home, Eastport"]
    assert list(long.attractions) == ["Bridge, Old, Glenrock"]
    assert [place.forbids for place in long.reference.accommodations] == [("smoking", "pets")]
    assert short.cities == ("Dunmore",)
    assert [flight.number for flight in short.reference.flights] == ["F1"]
    assert short.reference.roads == short.reference.attractions == ()


@pytest.mark.parametrize(
    ("table_name", "before", "after"),
    [
        ("clean_restaurant_2022", "46", "cheap"),
        ("clean_restaurant_2022", "Average Cost", "Cost"),
        ("clean_restaurant_2022", ",46,4.8", ",46"),
        ("clean_accommodations_2022", "No pets", "Bring pets"),
        ("clean_accommodations_2022", "131.0", "131.001"),
        ("clean_accommodations_2022", ",1.0,2.0,No smoking", ",1.5,2.0,No smoking"),
        ("distance", "10 hours 55 mins", "a while"),
        ("distance", "1,144 km", "1,144 miles"),
        ("citySet_with_states", "Dunmore\t", "Dunmore "),
        ("citySet_with_states", "Northmark", "Westmark"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(
    tmp_path: Path, table_name: str, before: str, after: str
) -> None:
    text = next(text for name, text in DATABASE.items() if Path(name).stem == table_name)
    with pytest.raises(ProblemError):
        trips(tmp_path, five_days(), **{table_name: text.replace(before, after)})


def test_a_table_that_is_missing_is_named(tmp_path: Path) -> None:
    write_database(tmp_path)
    (tmp_path / "attractions" / "attractions.csv").unlink()
    lines = tmp_path / "rows.jsonl"
    lines.write_text(json.dumps(row()))
    with pytest.raises(ProblemError, match=r"attractions\.csv"):
        problems_with_database(list(read_queries(lines)), tmp_path)


def test_a_row_without_information_needs_the_database(tmp_path: Path) -> None:
    lines = tmp_path / "rows.jsonl"
    lines.write_text(json.dumps(five_days()))
    (query,) = read_queries(lines)
    with pytest.raises(ProblemError, match="no database was given"):
        problem_of(query)
