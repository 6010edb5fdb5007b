"""A real provider, with hard limits on money and time. Needs a key, e.g. OPENAI_API_KEY.

MODULO_MODEL=anthropic/claude-haiku-4-5 python examples/provider.py
"""

import os

import anyio

import modulo
from modulo.domains import graph_coloring


async def main() -> None:
    model = os.environ.get("MODULO_MODEL", "openai/gpt-5-mini")
    problem, _ = graph_coloring.generate(nodes=12, colors=3, density=0.5, seed=7)
    graph = graph_coloring.graph(modulo.LLM(model))
    budget = modulo.Budget(rounds=10, cost_usd=0.10, seconds=300)
    with modulo.Trace() as trace:
        outcome = await modulo.solve(graph, problem, budget=budget, trace=trace)
    print(type(outcome).__name__, outcome.stop_reason)
    print(f"{outcome.usage.calls} calls, {outcome.usage.tokens} tokens, ${outcome.usage.cost_usd:.4f}")


if __name__ == "__main__":
    anyio.run(main)
