"""Problems that several tests plan trips for."""

from __future__ import annotations

from typing import Final

from modulo.domains.trip_planning import read_statement

__all__ = ["ANSWER", "OSLO", "STATEMENT"]

STATEMENT: Final = """\
You plan to visit 3 European cities for 17 days in total. You only take direct flights to commute between cities. \
You plan to stay in Oslo for 5 days. From day 1 to day 5, there is a annual show you want to attend in Oslo. \
You plan to stay in Munich for 7 days. You want to spend 7 days in Riga.

Here are the cities that have direct flights:
Oslo and Riga, from Riga to Munich, Oslo and Munich.

Find a trip plan of visiting the cities for 17 days by taking direct flights to commute between them."""

OSLO: Final = read_statement(STATEMENT)
"""Oslo first, then Riga, then Munich: no flight leads from Munich to Riga."""

ANSWER: Final = """\
Here is the trip plan for visiting the 3 European cities for 17 days:

**Day 1-5:** Arriving in Oslo and visit Oslo for 5 days.
**Day 5:** Fly from Oslo to Riga.
**Day 5-11:** Visit Riga for 7 days.
**Day 11:** Fly from Riga to Munich.
**Day 11-17:** Visit Munich for 7 days."""
"""The one plan of OSLO."""
