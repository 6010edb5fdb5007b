"""Statements in the benchmark's templates, spelling mistakes included, written for these tests."""

from __future__ import annotations

PREAMBLE = (
    "You are an expert at scheduling meetings. You are given a few constraints on the existing schedule of each "
    "participant, the meeting duration, and possibly some preferences on the meeting time. Note there exists a "
    "solution that works with existing schedule of every participant. Here are a few example tasks and solutions:"
    "\n\nTASK: "
)
ONE_DAY = (
    PREAMBLE
    + """You need to schedule a meeting for Rosa, Igor, Hana and Nils for half an hour between the work hours of \
9:00 to 17:00 on Monday. \n
Here are the existing schedules for everyone during the day: \nRosahas no meetings the whole day.
Igor's calendar is wide open the entire day.
Hana is busy on Monday during 9:00 to 9:30, 10:00 to 13:00; \nNils has blocked their calendar on Monday during \
9:30 to 10:00, 14:00 to 15:30, 16:30 to 17:00; \n
Igor do not want to meet on Monday after 14:00. Find a time that works for everyone's schedule and constraints. \n\
SOLUTION: """
)
"""13:00 to 14:00 is free."""
SEVERAL_DAYS = (
    PREAMBLE
    + """You need to schedule a meeting for Kofi and Lena for one hour between the work hours of 9:00 to 17:00 on \
either Monday, Tuesday or Wednesday. \n
Here are the existing schedules for everyone during the days: \nKofi is free the entire week.
Lena has meetings on Monday during 9:00 to 12:00, Tuesday during 10:30 to 11:00, 12:00 to 17:00, Wednesday during \
9:00 to 16:00; \n
Kofi would like to avoid more meetings on Monday. Tuesday before 10:00. Lena would rather not meet on Tuesday after \
15:00. Lena can not meet on Monday before 10:00. Find a time that works for everyone's schedule and constraints. \n\
SOLUTION: """
)
"""Tuesday 11:00 and Wednesday 16:00 are free."""
EARLIEST = (
    PREAMBLE
    + """You need to schedule a meeting for Olga and Pedro for half an hour between the work hours of 9:00 to 17:00 \
on either Monday or Tuesday. \n
Here are the existing schedules for everyone during the days: \nOlga is busy on Monday during 9:00 to 16:00, Tuesday \
during 9:00 to 9:30; \nPedro has meetings on Tuesday during 11:00 to 12:00; \n
Olga would rather not meet on Monday. The group would like to meet at their earlist availability.
Find a time that works for everyone's schedule and constraints. \nSOLUTION: """
)
"""Tuesday 9:30 is the earliest."""
