"""Logistics in English."""

from __future__ import annotations

from typing import Final

from modulo.domains.planning import Wording

__all__ = ["WORDING"]

WORDING: Final = Wording(
    rules="""\
Packages are to be brought to other locations, by truck within a city and by airplane between airports. The actions \
are:
(load-truck package truck location): both must be at the location; then the package is in the truck.
(unload-truck package truck location): the package must be in the truck, the truck at the location; then the package \
is at the location.
(load-airplane package airplane location): both must be at the location; then the package is in the airplane.
(unload-airplane package airplane location): the package must be in the airplane, the airplane at the location; then \
the package is at the location.
(drive-truck truck from to city): the truck must be at the first location, and both locations in that city.
(fly-airplane airplane from to): the airplane must be at the first location, and both must be airports.""",
    facts={
        "obj": "{} is a package",
        "truck": "{} is a truck",
        "airplane": "{} is an airplane",
        "airport": "{} is an airport",
        "city": "",
        "location": "",
        "at": "{} is at {}",
        "in": "{} is in {}",
        "in-city": "{} is in the city {}",
    },
)
