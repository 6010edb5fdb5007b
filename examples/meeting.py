"""The README's example: a critic of one's own, the embedded model, a certified answer."""

import modulo


@modulo.critic(proves="the slot overlaps no meeting")
def no_overlap(busy: list, slot: dict):
    for start, end in busy:
        if slot["start"] < end and start < slot["end"]:
            yield modulo.Violation("overlap", f"The slot overlaps the meeting from {start} to {end}.")


hour = {"type": "integer", "minimum": 9, "maximum": 17}
slot = {"type": "object", "properties": {"start": hour, "end": hour}, "required": ["start", "end"]}
outcome = modulo.solve_sync(
    [[9, 11], [12, 15], [16, 17]],
    generator=modulo.Local(schema=slot, seed=1),
    prompt=lambda busy: f"Busy hours: {busy}. Find one free hour from 9 to 17. JSON with start and end.",
    reformulator=modulo.parse_json,
    critics=[no_overlap],
    budget=modulo.Budget(rounds=30),
)
match outcome:
    case modulo.Certified(solution, certificate):
        print(solution, "-", certificate.claim.text)
    case modulo.Exhausted(stop_reason):
        print("not certified:", stop_reason)
