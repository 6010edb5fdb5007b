"""The README's example: a critic for a domain of one's own."""

import modulo


@modulo.critic(proves="the slot is free")
def is_free(busy: list, slot: list):
    if list(map(type, slot)) != [int, int] or slot[0] >= slot[1]:
        yield modulo.Violation("malformed", f"{slot} is no [start, end] in whole hours.")
        return
    for start, end in busy:
        if slot[0] < end and start < slot[1]:
            yield modulo.Violation("overlap", f"{slot} overlaps {start}-{end}.", hint=f"free from {end}")


if __name__ == "__main__":
    guesses = ["[9, 10]", "from 11 on", "[11, 12]"]  # a model's; here a function plays one
    outcome = modulo.solve_sync(
        [[9, 11], [12, 15]],
        generator=lambda request: guesses[request.turn],  # or modulo.LLM("openai/gpt-5-mini")
        reformulator=modulo.parse_json,
        critics=[is_free],
        budget=modulo.Budget(rounds=5, cost_usd=0.10),
    )
    match outcome:
        case modulo.Certified(solution, certificate):
            print(f"{solution} after {len(outcome.attempts)} attempts: {certificate.claim.text}")
        case modulo.Exhausted(stop_reason):
            print("not certified:", stop_reason)
