"""Our strategies and those of other libraries on the same problems, with the same model and as many tokens.

    python tests/performance/strategy_peers.py [--problems N] [--tokens N] [--model MODEL] [--peers-dir FOLDER]

Every library colours the same graphs with a model on this machine, and is given the same sound checker as its reward.
What it presents as its answer is judged here: right, wrong (though presented as the answer), or nothing presented.
Tokens are counted by a proxy in front of the model, which refuses once they are spent; our own runs end in the same
way. Our prompts and TreeQuest's are held to a JSON schema; the other libraries send their own. The exit code tells
whether all of them ran, not what came of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from counting_proxy import CountingProxy
from peers import environment, install
from rich.console import Console
from rich.table import Table

import modulo
from modulo.domains.graph_coloring import DOMAIN, ColoringProblem, generate, parse_coloring, prompt
from modulo.generators.local_server import serve
from modulo.generators.local_weights import resolve_weights
from modulo.generators.models import generator_from_string
from modulo.strategies.named import strategy_from_string

_OURS = ("refine:patience=null", "best_of_n:n=1000,width=1")
_THEIRS = {
    "dspy.BestOfN": "dspy",
    "dspy.Refine": "dspy",
    "treequest.ABMCTSA": "treequest",
    "its_hub.BestOfN": "its_hub",
}
_MOST_OUTPUT_TOKENS = 150


@dataclass(slots=True)
class _Result:
    """What came of one strategy on all problems."""

    name: str
    ends: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    seconds: float = 0.0


def main() -> None:
    """Run everything and print the table."""
    arguments = _arguments()
    problems = [generate(nodes=6, colors=3, density=0.7, seed=seed)[0] for seed in range(arguments.problems)]
    results = [anyio.run(_run_ours, name, problems, arguments) for name in _OURS]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        python = environment(arguments.peers_dir or Path(folder))
        for name, package in _THEIRS.items():
            try:
                install(python, (package, "litellm", "backoff"))
                results.append(_run_theirs(name, problems, arguments, python))
            except subprocess.CalledProcessError as error:
                failed = True
                print(f"{name} is left out: {error}\n{error.stderr or ''}", file=sys.stderr)
    _show(results)
    sys.exit(1 if failed else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--problems", type=int, default=10, help="how many graphs")
    parser.add_argument("--tokens", type=int, default=3000, help="budget of each problem, prompts included")
    parser.add_argument("--model", default="local", help="local, or local:FILE.gguf")
    parser.add_argument("--peers-dir", type=Path, help="folder in which the environment is kept for reuse")
    return parser.parse_args()


async def _run_ours(name: str, problems: Sequence[ColoringProblem], arguments: argparse.Namespace) -> _Result:
    result = _Result(f"modulo {name.partition(':')[0]}")

    async def until_spent(tree: modulo.Tree) -> str | None:
        spent = sum(a.generation.usage.tokens for a in tree.attempts if a.generation and a.generation.usage)
        return "the token budget is spent" if spent >= arguments.tokens else None

    for seed, problem in enumerate(problems):
        generator = generator_from_string(
            arguments.model,
            schema=DOMAIN.answer_schema(problem),
            problem_type=DOMAIN.problem_type,
            temperature=0.7,
            max_output_tokens=_MOST_OUTPUT_TOKENS,
            seed=1000 * seed,
        )
        started = time.perf_counter()
        outcome = await modulo.solve(
            DOMAIN.graph(generator),
            problem,
            strategy=strategy_from_string(name),
            backprompter=DOMAIN.backprompter(),
            budget=modulo.Budget(),
            gate=until_spent,
        )
        result.seconds += time.perf_counter() - started
        result.tokens += outcome.usage.tokens
        is_certified = isinstance(outcome, modulo.Certified)
        result.ends["right" if is_certified else "nothing"] += 1
    return result


def _run_theirs(
    name: str, problems: Sequence[ColoringProblem], arguments: argparse.Namespace, python: Path
) -> _Result:
    result = _Result(name)
    server = serve(resolve_weights(arguments.model))
    for problem in problems:
        with CountingProxy(server.base_url, server.api_key, most_tokens=arguments.tokens) as proxy:
            started = time.perf_counter()
            answer = _presented(python, name, problem, proxy, server.model)
            result.seconds += time.perf_counter() - started
            result.tokens += proxy.tokens
        result.ends[_judged(problem, answer)] += 1
    return result


def _presented(
    python: Path, name: str, problem: ColoringProblem, proxy: CountingProxy, model: str
) -> str | None:
    """What a library presents as its answer; None if it presents nothing."""
    settings = {
        "peer": name,
        "base_url": proxy.base_url,
        "model": model,
        "max_tokens": _MOST_OUTPUT_TOKENS,
        "prompt": prompt(problem),
        "schema": DOMAIN.answer_schema(problem),
        "nodes": problem.nodes,
        "edges": problem.edges,
        "colors": problem.colors,
    }
    program = Path(__file__).with_name("strategy_peer.py")
    done = subprocess.run(
        [str(python), "-P", str(program)],
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: str | None = json.loads(done.stdout.splitlines()[-1])["answer"]
    return answer


def _judged(problem: ColoringProblem, answer: str | None) -> str:
    if answer is None:
        return "nothing"
    try:
        coloring = parse_coloring(answer, problem)
    except ValueError:
        return "wrong"
    checked: Any = anyio.run(modulo.check, DOMAIN.graph_for_checking(), problem, coloring)
    return "right" if checked.verdict == "accept" else "wrong"


def _show(results: Sequence[_Result]) -> None:
    table = Table("", "right", "wrong, presented as the answer", "nothing presented", "tokens", "seconds")
    for result in results:
        ends = (str(result.ends[end]) for end in ("right", "wrong", "nothing"))
        table.add_row(result.name, *ends, f"{result.tokens:,}", f"{result.seconds:.0f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
