"""Our strategies, and with ``--peers`` those of other libraries, on the same problems at the same token budget.

    python tests/performance/strategy_peers.py [--peers [--peers-dir FOLDER]] [--model MODEL] [--problems N]

All colour the same graphs with the same model, through a proxy that counts tokens and refuses calls once a run has
spent its budget; that is the only limit on tokens that anybody has. What a run then presents as its answer is judged
here: right; wrong; wrong, with a score that tells so; or nothing. docs/studies/peers.md says how each is set up.

``--model scripted`` is a model of known skill that answers at once, for many problems in little time; ``local`` is
the embedded one, ``local:FILE.gguf`` another. The exit code tells whether every run came to its end, not what came of
it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from counting_proxy import Account, Backend, CountingProxy, forward_to
from peer_process import PeerFailed, PeerProcess
from peer_results import Result, print_results
from peers import environment, install
from reporting import describe_machine
from scripted_model import ScriptedModel, Skill

import modulo
from modulo.domains.graph_coloring import DOMAIN, Coloring, ColoringProblem, generate, parse_coloring, prompt
from modulo.generators.local_server import serve
from modulo.generators.local_weights import resolve_weights
from modulo.strategies.named import strategy_from_string

_OURS = {
    "modulo Refine": "refine:patience=null",
    "modulo Refine, domain's hints": "refine:patience=null",
    "modulo BestOfN": "best_of_n:n=1000,width=1",
    "modulo BestOfN, all at once": "best_of_n:n={samples}",
    "modulo SelfConsistency": "self_consistency:n={samples}",
    "modulo ABMCTS": "abmcts:patience=null",
}
_HINTED = "modulo Refine, domain's hints"
_THEIRS = (
    "dspy.BestOfN, checker",
    "dspy.BestOfN, checker, plain output",
    "dspy.BestOfN, own judge",
    "dspy.Refine, checker",
    "dspy.Refine, own judge",
    "treequest.ABMCTSA",
    "its_hub.BestOfN, checker",
    "its_hub.BestOfN, own judge",
    "its_hub.SelfConsistency",
    "its_hub.ParticleFiltering",
)
_REQUIREMENTS = ("dspy==3.4.1", "treequest==0.3.3", "its_hub==1.2.0", "backoff")
"""its_hub imports backoff without requiring it."""

_TEMPERATURE = 1.0
"""DSPy's strategies set it, whatever they are given."""

_TOKENS_PER_NODE = {"scripted": 4}
_TOKENS_PER_NODE_OF_REAL_MODELS = 9
_REMARK_TOKENS = 150
_PLENTY = 10**9
_WARMING_UP = 1
"""Tokens of a run before the others, not counted, in which libraries load what they load late: one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A problem, and what its runs are given."""

    number: int
    problem: ColoringProblem
    samples: int
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """What all setups share."""

    proxy: CountingProxy
    model: str
    tasks: Sequence[_Task]
    most_tokens: int
    max_seconds: float


def main() -> None:
    """Run everything and print what came of it."""
    arguments = _arguments()
    machine = describe_machine()
    drawn = [
        generate(nodes=arguments.nodes, colors=3, density=0.7, seed=seed) for seed in range(arguments.problems)
    ]
    backend, model = _backend(arguments, drawn)
    with CountingProxy(backend, now=time.perf_counter) as proxy:
        comparison = _Comparison(
            proxy=proxy,
            model=model,
            tasks=[_task(i, problem, proxy, model, arguments.tokens) for i, (problem, _) in enumerate(drawn)],
            most_tokens=arguments.tokens,
            max_seconds=arguments.deadline,
        )
        results = [_run_ours(name, comparison) for name in _ours(arguments)]
        has_failed = False
        if arguments.peers:
            theirs, has_failed = _run_peers(comparison, arguments)
            results += theirs
    machine["load_after"] = os.getloadavg()
    _print(results, machine, arguments)
    sys.exit(1 if has_failed or any(result.ends["deadline"] for result in results) else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--problems", type=int, default=60, help="how many graphs")
    parser.add_argument("--nodes", type=int, default=6, help="of each graph")
    parser.add_argument("--tokens", type=int, default=3000, help="budget of each problem, prompts included")
    parser.add_argument("--model", default="scripted", help="scripted, local, or local:FILE.gguf")
    parser.add_argument("--deadline", type=float, default=60.0, help="seconds for each problem")
    parser.add_argument(
        "--peers", action="store_true", help="other libraries too; they are installed from PyPI"
    )
    parser.add_argument("--peers-dir", type=Path, help="folder in which their environment is kept for reuse")
    parser.add_argument("--only", default="", help="only setups whose name contains this")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a table")
    return parser.parse_args()


def _backend(
    arguments: argparse.Namespace, drawn: Sequence[tuple[ColoringProblem, Coloring]]
) -> tuple[Backend, str]:
    if arguments.model == "scripted":
        return ScriptedModel(drawn, Skill()), "scripted"
    server = serve(resolve_weights(arguments.model))
    return forward_to(server.base_url, server.api_key, seed=0, max_seconds=arguments.deadline), server.model


def _ours(arguments: argparse.Namespace) -> Sequence[str]:
    # The scripted model does not read hints, so that nothing would be learned of them.
    is_left_out = {_HINTED} if arguments.model == "scripted" else set()
    return [name for name in _OURS if arguments.only in name and name not in is_left_out]


def _task(number: int, problem: ColoringProblem, proxy: CountingProxy, model: str, tokens: int) -> _Task:
    """Strategies that take a number of samples are told how many the budget pays for in the worst case."""
    question = prompt(problem)
    account = proxy.open(_PLENTY, number)
    body = {"model": model, "messages": [{"role": "user", "content": question}], "max_tokens": 1}
    _, answer = proxy.answer(account.base_url.partition("//")[2].partition("/")[2] + "/chat/completions", body)
    asking = int(answer["usage"]["prompt_tokens"])
    nodes = len(problem.nodes)
    answering = nodes * _TOKENS_PER_NODE.get(model, _TOKENS_PER_NODE_OF_REAL_MODELS)
    judging = asking + answering + _REMARK_TOKENS + 60
    samples = max(1, tokens // (asking + answering))
    return _Task(
        number=number,
        problem=problem,
        samples=samples,
        settings={
            "model": model,
            "prompt": question,
            "schema": DOMAIN.answer_schema(problem),
            "nodes": problem.nodes,
            "edges": problem.edges,
            "colors": problem.colors,
            "temperature": _TEMPERATURE,
            "answer_tokens": answering,
            "remark_tokens": _REMARK_TOKENS,
            "samples": samples,
            "judged_samples": max(1, tokens // (asking + answering + judging)),
            "particles": max(1, tokens // ((nodes + 1) * (asking + answering))),
        },
    )


def _run_ours(name: str, comparison: _Comparison) -> Result:
    print(f"{name} ...", file=sys.stderr)
    return anyio.run(_run_all_of_ours, name, comparison)


async def _run_all_of_ours(name: str, comparison: _Comparison) -> Result:
    result = Result(name=name)
    await _solved(name, comparison.tasks[0], comparison.proxy.open(_WARMING_UP, 0), comparison)
    for task in comparison.tasks:
        account = comparison.proxy.open(comparison.most_tokens, task.number)
        started = time.perf_counter()
        outcome = await _solved(name, task, account, comparison)
        seconds = time.perf_counter() - started
        result.add(await _end_of(outcome, task.problem), account, seconds)
    return result


async def _solved(name: str, task: _Task, account: Account, comparison: _Comparison) -> modulo.Outcome[Any]:
    return await modulo.solve(
        DOMAIN.graph(_generator(task, account, comparison)),
        task.problem,
        strategy=strategy_from_string(_OURS[name].format(samples=task.samples)),
        backprompter=DOMAIN.backprompter() if name == _HINTED else modulo.ChatBackprompter(),
        budget=modulo.Budget(seconds=comparison.max_seconds),
    )


def _generator(task: _Task, account: Account, comparison: _Comparison) -> modulo.LLM:
    return modulo.LLM(
        f"openai/{comparison.model}",
        api_base=account.base_url,
        api_key="none",
        schema=DOMAIN.answer_schema(task.problem),
        temperature=_TEMPERATURE,
        max_output_tokens=task.settings["answer_tokens"],
    )


async def _end_of(outcome: modulo.Outcome[Any], problem: ColoringProblem) -> str:
    if isinstance(outcome, modulo.Certified):
        return await _judged(problem, outcome.solution)
    return "deadline" if outcome.stop_reason == "seconds_limit" else "nothing"


def _run_peers(comparison: _Comparison, arguments: argparse.Namespace) -> tuple[list[Result], bool]:
    results, has_failed = [], False
    with ExitStack() as stack:
        folder = arguments.peers_dir or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        python = environment(folder)
        try:
            install(python, _REQUIREMENTS)
        except subprocess.CalledProcessError as error:
            print(f"the peers cannot be installed: {error}\n{error.stderr or ''}", file=sys.stderr)
            return [], True
        log = stack.enter_context((folder / "peers.log").open("ab"))
        for name in (name for name in _THEIRS if arguments.only in name):
            print(f"{name} ...", file=sys.stderr)
            try:
                with PeerProcess(python, name, log) as peer:
                    results.append(_run_theirs(name, peer, comparison))
            except PeerFailed as error:
                has_failed = True
                print(f"{name} is left out: {error}; see {log.name}", file=sys.stderr)
    return results, has_failed


def _run_theirs(name: str, peer: PeerProcess, comparison: _Comparison) -> Result:
    result = Result(name=name)
    _presented(peer, comparison.tasks[0], comparison.proxy.open(_WARMING_UP, 0), comparison)
    for task in comparison.tasks:
        account = comparison.proxy.open(comparison.most_tokens, task.number)
        presented = _presented(peer, task, account, comparison)
        account.is_closed = True
        if presented is None:
            result.add("deadline", account, comparison.max_seconds)
            continue
        if presented["error"]:
            result.errors[presented["error"]] += 1
        result.add(_end_of_theirs(presented, task.problem), account, presented["seconds"])
    return result


def _presented(peer: PeerProcess, task: _Task, account: Account, comparison: _Comparison) -> Any:
    run = {**task.settings, "base_url": account.base_url}
    return peer.present(run, max_seconds=comparison.max_seconds)


def _end_of_theirs(presented: Any, problem: ColoringProblem) -> str:
    if presented["text"] is None:
        return "nothing"
    try:
        coloring = parse_coloring(presented["text"], problem)
    except ValueError:
        end = "wrong"
    else:
        end = anyio.run(_judged, problem, coloring)
    tells = presented["score"] is not None and presented["score"] < 1
    return "wrong, low score shown" if end == "wrong" and tells else end


async def _judged(problem: ColoringProblem, coloring: Coloring) -> str:
    checked: Any = await modulo.check(DOMAIN.graph_for_checking(), problem, coloring)
    return "right" if checked.verdict == "accept" else "wrong"


def _print(results: Sequence[Result], machine: dict[str, Any], arguments: argparse.Namespace) -> None:
    settings = {name: getattr(arguments, name) for name in ("model", "problems", "nodes", "tokens", "deadline")}
    if arguments.json:
        rows = [result.document() for result in results]
        print(json.dumps({"machine": machine, "settings": settings, "rows": rows}, indent=2))
        return
    title = (
        f"{arguments.problems} graphs of {arguments.nodes} nodes, {arguments.model}, "
        f"{arguments.tokens:,} tokens each; "
        f"load {machine['load_before'][0]:.1f} before and {machine['load_after'][0]:.1f} after"
    )
    print_results(title, results)


if __name__ == "__main__":
    main()
