"""Constraints of one's own: each named, composed, some only wished for; and a solver that knows when none will do."""

import modulo
from modulo.critics.constraints import (
    ConstraintSystem,
    NoSolutionExists,
    Preferences,
    Satisfies,
    SolvesSystem,
    any_of,
    constraint,
    implies,
    optional,
)
from modulo.critics.schema import FitsSchema, TolerantJson

TALK = {"properties": {"room": {"type": "string"}, "hour": {"type": "integer"}}, "required": ["room", "hour"]}


@constraint(says="the room is free")
def free(problem: dict, talk: dict):
    if [talk["room"], talk["hour"]] in problem["taken"]:
        yield modulo.Violation("taken", f"{talk['room']} is taken at {talk['hour']}.", location="room")


@constraint(says="it is in the hall")
def in_hall(problem: dict, talk: dict):
    if talk["room"] != "hall":
        yield modulo.Violation("not_hall", f"{talk['room']} is too small.", hint="take the hall")


@constraint(says="it is before noon")
def morning(problem: dict, talk: dict):
    if talk["hour"] >= 12:
        yield modulo.Violation("late", "It begins after noon.", hint="begin before 12")


@constraint(says="many are coming")
def crowded(problem: dict, talk: dict):
    if problem["guests"] <= 30:
        yield modulo.Violation("few", "Few are coming.")


def plan_a_talk() -> None:
    graph = modulo.Graph("talks")
    guesses = ["the attic at two", "{'room': 'attic', 'hour': 14,}", '{"room": "hall", "hour": 14}']
    guess = graph.generator("guess", lambda request: guesses[request.turn])
    talk = graph.reformulator("talk", TolerantJson(), reads=guess)
    graph.critic("form", FitsSchema(TALK), reads=talk)
    graph.critic("rules", Satisfies(free, implies(crowded, any_of(in_hall, morning))), reads=talk)
    graph.soft_critic("taste", Preferences(optional(morning, weight=2)), reads=talk)
    outcome = modulo.solve_sync(graph, {"guests": 80, "taken": [["hall", 9]]})
    for attempt in outcome.attempts:
        print(attempt.text, [violation.message for c in attempt.critiques for violation in c.violations])
    match outcome:
        case modulo.Certified(solution, certificate):
            print("certified:", solution, "-", certificate.claim.text)
        case modulo.Exhausted(stop_reason):
            print("not certified:", stop_reason)


def shifts(days: int) -> ConstraintSystem:
    """Who works when, declared once; a solver explains what fails, and proves that nothing will do."""
    system = ConstraintSystem()
    on = [system.choice(f"day {day}", ["ann", "bob"]) for day in range(1, days + 1)]
    system.require("ann is away at the end", on[-1] != "ann")
    system.require("bob is away at first", on[0] != "bob")
    for day in range(1, days):
        system.require(f"no change after day {day}", on[day - 1] == on[day])
    return system


def plan_shifts() -> None:
    outcome = modulo.solve_sync(
        3,
        generator=lambda request: ['{"day 1": "ann", "day 2": "ann", "day 3": "bob"}', "impossible"][
            request.turn
        ],
        reformulator=lambda text: modulo.NO_SOLUTION if text == "impossible" else modulo.parse_json(text),
        critics=[SolvesSystem(shifts), NoSolutionExists(shifts)],
    )
    for critique in outcome.attempts[0].critiques:
        print(*(violation.message for violation in critique.violations), sep="\n")
    match outcome:
        case modulo.Unsolvable(certificate):
            print("unsolvable:", certificate.claim.text)


def main() -> None:
    plan_a_talk()
    plan_shifts()


if __name__ == "__main__":
    main()
