"""The README's example: a critic of one's own, two wrong guesses, a certified answer."""

import modulo


@modulo.critic(proves="the slot overlaps no meeting")
def no_overlap(busy: list, slot: list):
    for start, end in busy:
        if slot[0] < end and start < slot[1]:
            yield modulo.Violation(
                "overlap", f"{slot} overlaps the meeting {start}-{end}.", hint=f"free from {end}"
            )


guesses = ["[9, 10]", "from 11 on", "[11, 12]"]  # a model's; here a function plays one
outcome = modulo.solve_sync(
    [[9, 11], [12, 15]],
    generator=lambda request: guesses[request.turn],  # or modulo.LLM("openai/gpt-5-mini")
    reformulator=modulo.parse_json,
    critics=[no_overlap],
    budget=modulo.Budget(rounds=5, cost_usd=0.10),
)
match outcome:
    case modulo.Certified(solution, certificate):
        print(f"{solution} after {len(outcome.attempts)} attempts: {certificate.claim.text}")
    case modulo.Exhausted(stop_reason):
        print("not certified:", stop_reason)
