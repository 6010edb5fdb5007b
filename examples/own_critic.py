"""A critic in 15 lines: typed problem, typed candidate, hints, and a table of what it must say."""

from dataclasses import dataclass

import modulo


@dataclass(frozen=True)
class Knapsack:
    weights: dict[str, int]
    capacity: int
    least_items: int


@modulo.critic(proves="the items exist, are enough and fit into the knapsack")
def fits(problem: Knapsack, items: list[str]):
    for item in sorted(set(items) - problem.weights.keys()):
        yield modulo.Violation("unknown_item", f"There is no item {item}.", location=item)
    if len(set(items)) < max(problem.least_items, len(items)):
        yield modulo.Violation("too_few", f"Choose at least {problem.least_items} different items.")
    weight = sum(problem.weights.get(item, 0) for item in items)
    if weight > problem.capacity:
        heaviest = max(items, key=lambda item: problem.weights.get(item, 0))
        yield modulo.Violation("too_heavy", f"{weight} is over {problem.capacity}.", hint=f"drop {heaviest}")


def items_of(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def main() -> None:
    problem = Knapsack(weights={"rope": 3, "tent": 7, "stove": 4, "map": 1}, capacity=8, least_items=3)
    guesses = ["rope, tent, stove", "rope, lamp", "rope, stove, map"]
    outcome = modulo.solve_sync(
        problem,
        generator=lambda request: guesses[request.turn],  # any function of a request will do
        reformulator=items_of,
        critics=[fits],
    )
    for attempt in outcome.attempts:
        print(attempt.text, [violation.message for c in attempt.critiques for violation in c.violations])
    match outcome:
        case modulo.Certified(solution, certificate):
            print("certified:", solution, "-", certificate.claim.text)
        case modulo.Exhausted(stop_reason):
            print("not certified:", stop_reason)
        case modulo.Unsolvable(certificate):
            print("there is no solution:", certificate.claim.text)


if __name__ == "__main__":
    main()
