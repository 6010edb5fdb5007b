"""A statement in the benchmark's templates, written for these tests, and its best days."""

from __future__ import annotations

from modulo.domains.meeting_planning import MeetingProblem, read_statement

STATEMENT = """You are visiting San Francisco for the day and want to meet as many friends as possible. Solve the \
problem by considering various different schedules and picking the best one to optimize your goals.

Travel distances (in minutes):
Nob Hill to Fisherman's Wharf: 11.
Nob Hill to Haight-Ashbury: 13.
Nob Hill to The Castro: 17.
Fisherman's Wharf to Nob Hill: 12.
Fisherman's Wharf to Haight-Ashbury: 22.
Fisherman's Wharf to The Castro: 27.
Haight-Ashbury to Nob Hill: 15.
Haight-Ashbury to Fisherman's Wharf: 23.
Haight-Ashbury to The Castro: 6.
The Castro to Nob Hill: 16.
The Castro to Fisherman's Wharf: 24.
The Castro to Haight-Ashbury: 6.

CONSTRAINTS: You arrive at Nob Hill at 9:00AM. Ines will be at Fisherman's Wharf from 11:30AM to \
1:00PM. You'd like to meet Ines for a minimum of 45 minutes. Jonas will be at Haight-Ashbury from \
12:30PM to 2:00PM. You'd like to meet Jonas for a minimum of 60 minutes. Kavya will be at The Castro \
from 10:00AM to 12:15PM. You'd like to meet Kavya for a minimum of 90 minutes.

Your response should start with 'SOLUTION:'."""
"""All but one of Ines and Kavya can be met; Jonas from 12:30PM or 12:37PM on."""

PROBLEM: MeetingProblem = read_statement(STATEMENT)
WITH_INES = [
    "You start at Nob Hill at 9:00AM.",
    "You travel to Fisherman's Wharf in 11 minutes and arrive at 9:11AM.",
    "You wait until 11:30AM.",
    "You meet Ines for 45 minutes from 11:30AM to 12:15PM.",
    "You travel to Haight-Ashbury in 22 minutes and arrive at 12:37PM.",
    "You meet Jonas for 60 minutes from 12:37PM to 1:37PM.",
]
WITH_KAVYA = [
    "You start at Nob Hill at 9:00AM.",
    "You travel to The Castro in 17 minutes and arrive at 9:17AM.",
    "You wait until 10:00AM.",
    "You meet Kavya for 100 minutes from 10:00AM to 11:40AM.",
    "You travel to Haight-Ashbury in 6 minutes and arrive at 11:46AM.",
    "You meet Jonas for 60 minutes from 12:45PM to 1:45PM.",
    "You travel to Nob Hill in 15 minutes and arrive at 2:00PM.",
]
"""Longer than need be, without saying that one waits, and with a way home: right all the same."""


def changed(lines: list[str], number: int, *sentences: str) -> list[str]:
    """The lines with other sentences in place of one of them, counted from 1."""
    return [*lines[: number - 1], *sentences, *lines[number:]]
