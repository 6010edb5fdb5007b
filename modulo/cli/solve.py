"""``modulo solve``: run the loop on a problem of a domain."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

import anyio
import click

from modulo.api import EventStream, stream
from modulo.backprompt import ChatBackprompter, Granularity
from modulo.budget import Budget
from modulo.cli import BAD_INPUT, NOT_CERTIFIED
from modulo.cli.output import (
    NO_ROOM,
    critique_lines,
    had_no_room,
    outcome_json,
    print_json,
    printable,
    read_problem,
    signature_file,
    usage_words,
)
from modulo.cli.progress import Progress, progress
from modulo.domain import Domain, find_domain, read_file
from modulo.errors import ConfigurationError
from modulo.generators.models import generator_from_string
from modulo.numeric import MAX_INTEGER
from modulo.options import DEFAULT_BUDGET, Select
from modulo.outcome import Certified, Exhausted, Outcome
from modulo.protocols import Backprompter, Strategy
from modulo.signing import sign
from modulo.strategies.named import STRATEGY_NAMES, name_of, strategy_from_string
from modulo.strategies.refine import Refine
from modulo.tool_loop import with_tools_of
from modulo.trace import Trace

F = TypeVar("F", bound=Callable[..., Any])

COUNT = click.IntRange(max=MAX_INTEGER)
MOST_WIDTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """Where results go."""

    trace: Path | None
    certificate: Path | None
    private_key: bytes | None
    as_json: bool


def _budget_options(command: F) -> F:
    for flag, kind, text in (
        ("--seconds", float, "Most wall-clock seconds."),
        ("--cost-usd", float, "Most US dollars."),
        ("--tokens", COUNT, "Most tokens, prompts and answers together."),
        ("--calls", COUNT, "Most calls to the model, retries included."),
        ("--attempts", COUNT, "Most candidates judged."),
        ("--rounds", COUNT, f"Most rounds; {DEFAULT_BUDGET.rounds} if no limit at all is given."),
    ):
        command = click.option(flag, type=kind, metavar="N", help=text)(command)
    return command


def _backprompt_options(command: F) -> F:
    granularity = click.Choice(get_args(Granularity))
    command = click.option(
        "--history", type=COUNT, metavar="N", help="Answers that the conversation keeps; all by default."
    )(command)
    return click.option("--granularity", type=granularity, help="How much a backprompt says.")(command)


def _model_options(command: F) -> F:
    command = click.option("--max-output-tokens", type=COUNT, metavar="N", help="Longest answer.")(command)
    command = click.option("--reasoning-effort", metavar="EFFORT", help="For reasoning models.")(command)
    command = click.option("--temperature", type=float, metavar="T", help="Sampling temperature.")(command)
    command = click.option(
        "--tools", is_flag=True, help="Let the model consult the domain's tools before it answers."
    )(command)
    return click.option(
        "--model",
        required=True,
        metavar="MODEL",
        help="local, local:FILE.gguf, transcript:FILE, planner:fast-downward, or a litellm model string such as "
        "openai/gpt-5-mini.",
    )(command)


@click.command()
@click.argument("domain")
@click.option(
    "--problem", type=click.Path(path_type=Path), metavar="FILE", help="The problem; built in if none."
)
@_model_options
@click.option(
    "--strategy",
    metavar="STRATEGY",
    help=f"What to try next, as NAME or NAME:SETTING=VALUE,..; the domain knows. {', '.join(STRATEGY_NAMES)}.",
)
@click.option(
    "--width", type=click.IntRange(1, MOST_WIDTH), metavar="K", help="Conversations at the same time."
)
@_backprompt_options
@_budget_options
@click.option("--seed", type=int, metavar="N", help="For everything random, the model's sampler included.")
@click.option("--select", type=click.Choice(get_args(Select)), default="first", show_default=True)
@click.option("--require-audit", is_flag=True, help="Refuse critics without a current audit.")
@click.option("--trace", type=click.Path(path_type=Path), metavar="FILE", help="Write the run's events there.")
@click.option(
    "--certificate", type=click.Path(path_type=Path), metavar="FILE", help="Write the certificate there."
)
@click.option(
    "--sign",
    "private_key",
    type=click.Path(path_type=Path),
    metavar="KEYFILE",
    help="Sign the certificate, in FILE.sig, with this Ed25519 key (PEM).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def solve(
    domain: str,
    problem: Path | None,
    model: str,
    temperature: float | None,
    reasoning_effort: str | None,
    max_output_tokens: int | None,
    tools: bool,
    strategy: str | None,
    width: int | None,
    granularity: str | None,
    history: int | None,
    seed: int | None,
    select: str,
    require_audit: bool,
    trace: Path | None,
    certificate: Path | None,
    private_key: Path | None,
    as_json: bool,
    **limits: float | None,
) -> int:
    """Run the loop on a problem of DOMAIN until an answer is certified or the budget is gone."""
    found = find_domain(domain)
    value = found.example() if problem is None else read_problem(found, problem)
    if temperature is None and model.partition(":")[0] == "local":
        temperature = found.local_temperature
    generator = generator_from_string(
        model,
        schema=found.answer_schema(value),
        problem_type=found.problem_type,
        temperature=temperature,
        reasoning_effort=reasoning_effort,
        max_output_tokens=max_output_tokens,
        seed=seed,
    )
    if tools:
        generator = with_tools_of(found, generator)
    files = _Files(
        trace=trace, certificate=certificate, private_key=_key(private_key, certificate), as_json=as_json
    )
    outcome = anyio.run(
        _solve,
        files,
        found.graph(generator).with_audits(found.audits(), required=require_audit),
        value,
        {
            "strategy": _strategy(found, strategy, width),
            "backprompter": _backprompter(found, granularity, history),
            "budget": _budget(limits),
            "seed": seed or 0,
            "select": select,
        },
    )
    is_saved = _save(files, outcome)
    if as_json:
        print_json(outcome_json(outcome))
    else:
        click.echo("\n".join(_outcome_lines(outcome)))
    if not is_saved:
        return BAD_INPUT
    return 0 if isinstance(outcome, Certified) else NOT_CERTIFIED


async def _solve(files: _Files, graph: Any, problem: Any, options: dict[str, Any]) -> Outcome[Any]:
    _refuse_bad_paths(files)
    trace = Trace(files.trace) if files.trace else None
    try:
        with progress(quiet=files.as_json) as shown:
            async with stream(graph, problem, trace=trace, **options) as events:
                return await _follow(events, shown)
    finally:
        if trace:
            trace.close()


async def _follow(events: EventStream, shown: Progress) -> Outcome[Any]:
    """Show events until the end; Ctrl-C ends the run in good order."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_cancel_on_interrupt, events)
        error: Exception | None = None
        try:
            async for event in events:
                shown.show(event)
        except Exception as caught:  # noqa: BLE001
            error = caught  # raised after the group, so that it is no group of errors
        tasks.cancel_scope.cancel()
    if error is not None:
        raise error
    return await events.outcome()


async def _cancel_on_interrupt(events: EventStream) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            events.cancel()


def _key(path: Path | None, certificate: Path | None) -> bytes | None:
    """The private key in a file, tried out before the first call."""
    if path is None:
        return None
    if certificate is None:
        raise click.UsageError("--sign needs --certificate: the signature is written beside it")
    key = read_file(path)
    sign(b"", key)
    return key


def _refuse_bad_paths(files: _Files) -> None:
    """Find out before the first call that a result could not be written after the last."""
    path = files.certificate
    if path is None:
        return
    if not path.parent.is_dir():
        raise ConfigurationError(f"--certificate: there is no folder {path.parent}")
    for new in (path, signature_file(path)) if files.private_key else (path,):
        if new == files.trace:
            raise ConfigurationError(f"--certificate and --trace both name {new}; name two files")
        if new.exists():
            raise ConfigurationError(f"--certificate: {new} exists already; name a new file")
    if not os.access(path.parent, os.W_OK):
        raise ConfigurationError(f"--certificate: nothing can be written to {path.parent}")


def _strategy(domain: Domain[Any], name: str | None, width: int | None) -> Strategy:
    chosen = domain.strategy()
    if name is not None and name != name_of(chosen):  # a domain's own has the settings that suit it
        chosen = strategy_from_string(name)
    if width is None:
        return chosen
    if not isinstance(chosen, Refine):
        raise click.UsageError(f"--width does not apply to {type(chosen).__name__}")
    return replace(chosen, width=width)


def _backprompter(domain: Domain[Any], granularity: Any, history: int | None) -> Backprompter:
    chosen = domain.backprompter()
    given = {"granularity": granularity, "history": history}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        return chosen
    base = chosen if isinstance(chosen, ChatBackprompter) else ChatBackprompter()
    return replace(base, **changes)


def _budget(limits: dict[str, Any]) -> Budget:
    return DEFAULT_BUDGET if all(limit is None for limit in limits.values()) else Budget(**limits)


def _save(files: _Files, outcome: Outcome[Any]) -> bool:
    """Write the certificate and its signature, if they are wanted. Whether nothing is missing then."""
    if files.certificate is None or isinstance(outcome, Exhausted):
        return True
    try:
        outcome.certificate.save(files.certificate)
        if files.private_key:
            signature_file(files.certificate).write_bytes(outcome.certificate.sign(files.private_key))
    except OSError as error:
        # The answer was paid for: say that the file is missing, and print the answer all the same.
        click.echo(f"modulo: {error.filename} cannot be written: {error.strerror}", err=True)
        return False
    return True


def _outcome_lines(outcome: Outcome[Any]) -> list[str]:
    spent = usage_words(outcome.usage, outcome.unconfirmed, outcome.seconds)
    if isinstance(outcome, Exhausted):
        error = f": {printable(outcome.error)}" if outcome.error else ""
        lines = [f"not certified ({outcome.stop_reason}){error}", f"spent: {spent}"]
        if had_no_room(outcome.stop_reason, len(outcome.attempts)):
            lines.append(f"no call was made: {NO_ROOM}")
        judged = [attempt for attempt in outcome.attempts if attempt.critiques]
        if judged:
            lines += ["the last attempt was not accepted:", *critique_lines(judged[-1].critiques)]
        return lines
    claim = outcome.certificate.claim
    answer = outcome.certificate.solution if isinstance(outcome, Certified) else "no solution exists"
    return [
        printable(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)),
        f"certified ({claim.soundness}): {claim.text}",
        f"spent: {spent}",
    ]
