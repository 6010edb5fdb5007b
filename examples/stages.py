"""Two generators and three critics: an outline is certified before the summary that is built on it.

The last critic has a back edge: where the summary cannot mention an item of the outline, the outline is
withdrawn and made anew, and so is everything built on it.
"""

import modulo

NOTES = "ship friday; tests are red; database migration pending; cake in the kitchen"


@modulo.critic(proves="every item of the outline stands in the notes")
def items_are_in_notes(notes: str, outline: list[str]):
    for item in outline:
        if item not in notes:
            yield modulo.Violation("invented", f"'{item}' does not stand in the notes.", location=item)


@modulo.critic(proves="the summary has at most 60 characters")
def is_short(notes: str, summary: str):
    if len(summary) > 60:
        yield modulo.Violation("too_long", f"{len(summary)} characters are more than 60.")


@modulo.critic(proves="the summary mentions every item of the outline")
def covers_outline(notes: str, summary: str, outline: list[str]):
    for item in outline:
        if item not in summary:
            yield modulo.Violation("missing", f"'{item}' is missing or does not fit; choose other items.")


def outline_of(text: str) -> list[str]:
    return [line.removeprefix("- ").strip() for line in text.splitlines() if line.strip()]


def build(outliner: modulo.Generator, writer: modulo.Generator) -> modulo.Graph:
    graph = modulo.Graph("summary")
    draft = graph.generator("outliner", outliner, prompt=lambda notes: f"Outline in two lines: {notes}")
    outline = graph.reformulator("outline", outline_of, reads=draft)
    graph.critic("in_notes", items_are_in_notes, reads=outline, backprompts=draft)
    summary = graph.generator(
        "writer", writer, reads=outline, prompt=lambda notes, outline: f"One sentence that says: {outline}"
    )
    graph.critic("short", is_short, reads=summary, backprompts=summary)
    graph.critic("covers", covers_outline, reads=[summary, outline], backprompts=draft)
    return graph


def main() -> None:
    from modulo.testing import ScriptedGenerator

    outliner = ScriptedGenerator(
        ["- rocket\n- ship friday", "- ship friday\n- cake", "- ship friday\n- tests are red"]
    )
    writer = ScriptedGenerator(["We ship friday.", "We ship friday though tests are red."])
    graph = build(outliner, writer)
    print(graph.to_mermaid())
    trace = modulo.Trace()
    outcome = modulo.solve_sync(graph, NOTES, budget=modulo.Budget(rounds=10), trace=trace)
    for attempt in outcome.attempts:
        found = [violation.code for critique in attempt.critiques for violation in critique.violations]
        print(f"round {attempt.round}: {attempt.node}: {found or 'accepted'}")
    match outcome:
        case modulo.Certified(solution, certificate):
            print(f"certified: {solution}\n{certificate.claim.text}")
        case modulo.Exhausted(stop_reason):
            print("not certified:", stop_reason)
        case modulo.Unsolvable(certificate):
            print("there is no solution:", certificate.claim.text)


if __name__ == "__main__":
    main()
