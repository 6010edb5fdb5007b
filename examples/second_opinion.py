"""Two implementations of one judgement: only what both say counts, and a bug in one of them comes to light.

For plans, ``NVersion(PlanValidator(), UnifiedPlanningValidator())`` does the same with two validators of PDDL.
"""

import json
import tempfile
from itertools import pairwise
from pathlib import Path

import modulo
from modulo.critics.n_version import NVersion


@modulo.critic(proves="the list is the sorted input")
def sorted_by_comparing(problem: list[int], answer: list[int]):
    for left, right in pairwise(answer):
        if left > right:
            yield modulo.Violation("order", f"{left} stands before {right}.")
    if set(answer) != set(problem):  # a bug: it does not count
        yield modulo.Violation("items", "These are not the items of the input.")


@modulo.critic(proves="the list is the sorted input")
def sorted_by_sorting(problem: list[int], answer: list[int]):
    if answer != sorted(problem):
        yield modulo.Violation("differs", "The sorted input is another list.")


def main() -> None:
    guesses = ["[3, 1, 1]", "[1, 3]", "[1, 1, 3]"]  # a model's
    with tempfile.TemporaryDirectory() as folder:
        outcome = modulo.solve_sync(
            [3, 1, 1],
            generator=lambda request: guesses[request.turn],
            reformulator=modulo.parse_json,
            critics=[NVersion(sorted_by_comparing, sorted_by_sorting, saves_to=folder)],
        )
        for attempt in outcome.attempts:
            print(attempt.text, attempt.critiques[0].verdict, "(failed)" if attempt.error else "")
        for path in Path(folder).iterdir():
            case = json.loads(path.read_text())
            said = {critic["id"].split(":")[1]: critic["critique"]["verdict"] for critic in case["critics"]}
            print("to be looked into:", case["problem"], case["candidate"], said)
    if isinstance(outcome, modulo.Certified):
        print("certified:", outcome.solution, "-", outcome.certificate.claim.text)


if __name__ == "__main__":
    main()
