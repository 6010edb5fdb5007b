"""Plans for Blocksworld, judged by a validator of PDDL; the certificate is checked again without the generator.

Here two answers play a model. With a key, ``modulo.LLM("openai/gpt-5-mini")`` takes their place; with the extra
``planners``, so does ``FastDownward()`` of ``modulo.domains.planning.planner``, which needs no language model at all.
"""

import anyio

import modulo
from modulo.critics.plan import PlanLengthBound, PlanValidator
from modulo.domains import blocksworld

ANSWERS = [
    "Here is my plan:\n1. pick-up c\n2. stack c b",
    "Block a is in the way, so:\n\n```\n(unstack a c)\n(put-down a)\n(pick-up c)\n(stack c b)\n```",
]


def build(generator) -> modulo.Graph:
    graph = modulo.Graph("blocksworld")
    draft = graph.generator("planner", generator, prompt=blocksworld.prompt)
    plan = graph.reformulator("plan", blocksworld.parse_plan, reads=draft)
    graph.critic("valid", PlanValidator(), reads=plan, backprompts=draft)
    graph.critic("short", PlanLengthBound(10), reads=plan, backprompts=draft)
    return graph


async def main() -> None:
    graph = build(lambda request: ANSWERS[request.turn])
    problem, _ = blocksworld.generate(blocks=3, seed=0)
    outcome = await modulo.solve(graph, problem, budget=modulo.Budget(rounds=15, cost_usd=0.10))
    for attempt in outcome.attempts:
        print([violation.message for c in attempt.critiques for violation in c.violations] or "accepted")
    match outcome:
        case modulo.Certified(solution, certificate):
            print(solution)
            await modulo.verify(certificate, graph=graph)
            print("certified and verified:", certificate.claim.text)
        case modulo.Exhausted(stop_reason):
            print("not certified:", stop_reason)
        case modulo.Unsolvable(certificate):
            print("there is no plan:", certificate.claim.text)


if __name__ == "__main__":
    anyio.run(main)
