"""Judges a plan a second time, from the JSON alone, to test the critics against.

Nothing here is shared with the critics but the meaning of the problem's fields. It follows the text of the
constraints constraint by constraint, slowly and without hints.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

__all__ = ["is_right"]

_KEYS = {
    "days",
    "current_city",
    "transportation",
    "breakfast",
    "attraction",
    "lunch",
    "dinner",
    "accommodation",
}


def is_right(problem: Mapping[str, Any], days: object) -> bool:
    """Whether a plan keeps to all thirteen constraints.

    Args:
        problem: The problem as a JSON object.
        days: The plan as a JSON list.
    """
    if not isinstance(days, list) or len(days) != len(problem["dates"]):
        return False
    for number, day in enumerate(days, start=1):
        if not isinstance(day, dict) or set(day) != _KEYS or day["days"] is True or day["days"] != number:
            return False
        if not isinstance(day["days"], int) or not all(isinstance(day[key], str) for key in _KEYS - {"days"}):
            return False
    try:
        return _Trip(problem, days).is_right()
    except _Wrong:
        return False


class _Wrong(Exception):
    """A constraint is broken."""


def _need(holds: object) -> None:
    if not holds:
        raise _Wrong


def _says_something(entry: str) -> bool:
    return entry.strip() != "" and entry.strip() != "-"


class _Trip:
    def __init__(self, problem: Mapping[str, Any], days: list[dict[str, Any]]) -> None:
        self.problem, self.days = problem, days
        self.people = problem["people"]
        self.least_rest = Fraction(problem["budget_cents"])
        self.eaten: list[list[Mapping[str, Any]]] = []
        self.nights: list[str] = []
        self.means: list[str] = []

    def is_right(self) -> bool:
        here = self.problem["origin"]
        visited: list[str] = []
        for number, day in enumerate(self.days):
            start, here = self._day(number, day, here)
            if start != here:
                visited.append(here)
        _need(here == self.problem["origin"] and visited.pop() == here)
        _need(len(set(visited)) == len(visited) == self.problem["cities_to_visit"])
        _need(set(visited) <= set(self.problem["cities"]))
        self._stays()
        self._means()
        self._repetitions()
        wanted = self.problem["constraints"]["cuisines"] or []
        for cuisine in wanted:
            _need(any(all(cuisine in row["cuisines"] for row in rows) for rows in self.eaten if rows))
        return self.least_rest >= 0

    def _day(self, number: int, day: dict[str, Any], here: str) -> tuple[str, str]:
        words = self._spaced(day["current_city"])
        travels = words.startswith("from ")
        start, _, end = words[5:].partition(" to ") if travels else (words, "", words)
        start, end = self._city(start), self._city(end)
        _need(start == here and (travels or number > 0) and (not travels or start != end))
        _need(travels or number + 1 < len(self.days))
        _need(travels == _says_something(day["transportation"]))
        if travels:
            self._travel(self._spaced(day["transportation"]), start, end, self.problem["dates"][number])
        meals = [day[meal] for meal in ("breakfast", "lunch", "dinner") if _says_something(day[meal])]
        _need(travels or len(meals) == 3)
        for meal in meals:
            self._meal(meal, {start, end})
        self._sights(day["attraction"], {start, end}, needed=not travels)
        if number + 1 < len(self.days) or _says_something(day["accommodation"]):
            self._night(day["accommodation"], end)
        return start, end

    def _spaced(self, text: str) -> str:
        return " ".join(text.split())

    def _entry(self, row: Mapping[str, Any]) -> str:
        return self._tidy(row["name"] + "," + row["city"])

    def _tidy(self, text: str) -> str:
        *name, city = self._city(self._spaced(text)).split(",")
        return ", ".join([*([",".join(name).strip()] if name else []), city.strip()])

    def _city(self, text: str) -> str:
        suffix = "(" + self.problem["destination"] + ")"
        return text[: -len(suffix)].rstrip() if text.endswith(suffix) else text

    def _rows(self, kind: str, entry: str, cities: set[str]) -> list[Mapping[str, Any]]:
        wanted = self._tidy(entry)
        rows = [
            row
            for row in self.problem["reference"][kind]
            if self._entry(row) == wanted and row["city"] in cities
        ]
        _need(rows)
        return rows

    def _meal(self, entry: str, cities: set[str]) -> None:
        rows = self._rows("restaurants", entry, cities)
        self.least_rest -= max(row["price_cents"] for row in rows) * self.people
        self.eaten.append([row for row in rows if row["city"] != self.problem["origin"]])

    def _sights(self, entry: str, cities: set[str], *, needed: bool) -> None:
        if not _says_something(entry):
            _need(not needed)
            return
        for sight in entry.removesuffix(";").split(";") if entry.rstrip() == entry else self._loose(entry):
            self._rows("attractions", sight, cities)

    def _loose(self, entry: str) -> list[str]:
        parts = entry.split(";")
        return parts[:-1] if parts[-1].strip() == "" else parts

    def _night(self, entry: str, city: str) -> None:
        rows = self._rows("accommodations", entry, {city})
        wishes = self.problem["constraints"]
        for row in rows:
            _need(wishes["house_rule"] not in row["forbids"])
            kind = row["room_type"]
            _need(
                {
                    None: True,
                    "shared room": kind == "Shared room",
                    "not shared room": kind != "Shared room",
                    "private room": kind == "Private room",
                    "entire room": kind == "Entire home/apt",
                }[wishes["room_type"]]
            )
        rooms = [
            row["price_cents"] * math.ceil(Fraction(self.people, row["maximum_occupancy"])) for row in rows
        ]
        self.least_rest -= max(rooms)

    def _travel(self, text: str, start: str, end: str, date: str) -> None:
        parts = text.split(", ")
        if parts[0].lower() in ("taxi", "self-driving"):
            parts[:2] = [" ".join(parts[:2])]
        if parts[0].startswith("Flight Number: "):
            self._fly(parts, start, end, date)
        else:
            self._drive(parts, start, end)

    def _goes(self, way: str, start: str, end: str) -> None:
        _need(way.startswith("from "))
        origin, _, destination = way[5:].partition(" to ")
        _need((self._city(origin), self._city(destination)) == (start, end))

    def _fly(self, parts: list[str], start: str, end: str, date: str) -> None:
        _need(len(parts) == 4)
        self._goes(parts[1], start, end)
        prices = [
            row["price_cents"]
            for row in self.problem["reference"]["flights"]
            if (row["origin"], row["destination"], row["date"]) == (start, end, date)
            and parts[0] == f"Flight Number: {row['number']}"
            and parts[2:] == [f"Departure Time: {row['departure']}", f"Arrival Time: {row['arrival']}"]
        ]
        _need(prices)
        self.means.append("Flight")
        self.least_rest -= max(prices) * self.people

    def _drive(self, parts: list[str], start: str, end: str) -> None:
        kind, _, way = parts[0].partition(" ")
        _need(kind.lower() in ("taxi", "self-driving"))
        self._goes(way, start, end)
        rate, seats = (Fraction(1), 4) if kind.lower() == "taxi" else (Fraction(1, 20), 5)
        roads = [
            row
            for row in self.problem["reference"]["roads"]
            if (row["origin"], row["destination"]) == (start, end)
        ]
        _need(any(self._agrees(parts[1:], row, rate) for row in roads))
        self.means.append("Taxi" if kind.lower() == "taxi" else "Self-driving")
        fares = [math.floor(Fraction(row["meters"], 1000) * rate) for row in roads]
        self.least_rest -= max(fares) * 100 * math.ceil(Fraction(self.people, seats))

    def _agrees(self, facts: list[str], row: Mapping[str, Any], rate: Fraction) -> bool:
        """Whether what is stated, in this order, is a tenth off at most; or a minute, a kilometre, a dollar."""
        kilometers = Fraction(row["meters"], 1000)
        true = {
            "duration": Fraction(row["minutes"]),
            "distance": kilometers,
            "cost": Fraction(math.floor(kilometers * rate)),
        }
        said = [fact.partition(": ")[::2] for fact in facts]
        keys = [key.lower() for key, _ in said]
        return keys == [key for key in true if key in keys] and all(
            abs(self._amount(value) - true[key.lower()]) <= max(true[key.lower()] / 10, Fraction(1))
            for key, value in said
        )

    def _amount(self, text: str) -> Fraction:
        """Minutes, kilometres or dollars."""
        units = {"day": 1440, "days": 1440, "hour": 60, "hours": 60, "min": 1, "mins": 1, "km": 1}
        words = text.replace(",", "").replace("$", "").split()
        total = Fraction(0)
        for number, unit in zip(words[::2], [*words[1::2], "min"], strict=False):
            _need(unit in units and number.replace(".", "", 1).isdecimal())
            total += Fraction(number) * units[unit]
        return total

    def _means(self) -> None:
        if "Self-driving" in self.means:
            _need("Flight" not in self.means and "Taxi" not in self.means)
        refused = self.problem["constraints"]["transportation"]
        _need(refused != "no flight" or "Flight" not in self.means)
        _need(refused != "no self-driving" or "Self-driving" not in self.means)

    def _stays(self) -> None:
        names = [self._tidy(day["accommodation"]) for day in self.days]
        first = 0
        for last, name in enumerate(names):
            if names[last + 1 : last + 2] == [name]:
                continue
            for row in self.problem["reference"]["accommodations"]:
                _need(self._entry(row) != name or last - first + 1 >= row["minimum_nights"])
            first = last + 1

    def _repetitions(self) -> None:
        meals = [day[meal] for day in self.days for meal in ("breakfast", "lunch", "dinner")]
        sights = [sight for day in self.days for sight in day["attraction"].split(";")]
        for entries in (meals, sights):
            counts = Counter(self._tidy(entry) for entry in entries if _says_something(entry))
            _need(max(counts.values(), default=1) == 1)
