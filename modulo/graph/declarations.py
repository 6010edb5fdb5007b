"""What nodes say of themselves: what critics claim, where they can run, what user-written functions take."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard, get_args

from modulo.asynchrony import is_async
from modulo.canonical import canonical_json
from modulo.critique import Soundness
from modulo.errors import ProblemError
from modulo.numeric import is_number, is_whole_number
from modulo.protocols import Critic, RunsIn

if TYPE_CHECKING:
    from modulo.graph import Graph

__all__ = ["critic_faults", "needs_workers", "runs_in_process", "signature_faults"]


def critic_faults(graph: Graph) -> Iterator[str]:
    """Everything wrong with what hard critics declare, one sentence a fault."""
    for name, node in graph.critics.items():
        yield from _faults_of(name, node.critic)


def _faults_of(name: str, critic: Critic[Any, Any]) -> Iterator[str]:
    try:
        yield from _declaration_faults(name, critic)
        yield from _identity_faults(name, critic)
        yield from _process_faults(name, critic)
        for number, part in enumerate(critic.parts, 1):
            yield from _faults_of(f"{name}, part {number}", part)
    except Exception as error:  # noqa: BLE001  what a critic says of itself may be computed by any code
        yield f"critic {name!r} cannot say what it is: {type(error).__name__}: {error}."


def _declaration_faults(name: str, critic: Critic[Any, Any]) -> Iterator[str]:
    if not isinstance(critic.proves, str) or not critic.proves.strip():
        yield f"critic {name!r} does not say what its ACCEPT proves (set `proves`)."
    if critic.soundness not in (Soundness.PROOF, Soundness.TESTS):
        yield f"critic {name!r} is of soundness {critic.soundness!s}; only PROOF and TESTS can certify."
    if critic.judges not in ("solutions", "unsolvability"):
        yield f"critic {name!r} judges {critic.judges!r}; it must be 'solutions' or 'unsolvability'."
    if critic.runs_in not in get_args(RunsIn):
        yield f"critic {name!r} runs in {critic.runs_in!r}; it must be one of {', '.join(get_args(RunsIn))}."
    if not _is_cost(critic.cost):
        yield f"critic {name!r} has a cost of {critic.cost!r}; it must be a number of at least 0."
    if critic.max_seconds is not None and (not _is_amount(critic.max_seconds) or not critic.max_seconds):
        yield f"critic {name!r} has max_seconds of {critic.max_seconds!r}; it must be above 0."


def _identity_faults(name: str, critic: Critic[Any, Any]) -> Iterator[str]:
    """What of a critic cannot stand in a certificate."""
    if not isinstance(critic.version, str) or not critic.version:
        yield f"critic {name!r} has no version."
    if not isinstance(critic.id, str) or not critic.id:
        yield f"critic {name!r} has no id."
    for what, value in (("a claim", critic.proves), ("a version", critic.version), ("an id", critic.id)):
        if isinstance(value, str) and not _is_canonical(value):
            yield f"critic {name!r} has {what} that is no plain text: {value!r}."
    try:
        canonical_json(dict(critic.options()))
    except ProblemError as error:
        yield f"critic {name!r} has options that are {error}."


def _is_canonical(value: object) -> bool:
    try:
        canonical_json(value)
    except ProblemError:
        return False
    return True


def _process_faults(name: str, critic: Critic[Any, Any]) -> Iterator[str]:
    if critic.runs_in == "process" and is_async(critic.critique):
        yield f"critic {name!r} is a coroutine, which cannot run in a worker process."
    if runs_in_process(critic):
        try:
            pickle.dumps(critic)
        except Exception as error:  # noqa: BLE001  pickle runs code of the critic's, which may raise anything
            yield (
                f"critic {name!r} cannot be sent to a worker process: {error}. Define it at the top level of a"
                " module, without lambdas or open files."
            )


def runs_in_process(critic: Critic[Any, Any]) -> bool:
    """Whether a critic runs in a worker process: it says so, or only so can its deadline be kept."""
    if is_async(critic.critique):
        return False
    return critic.runs_in == "process" or critic.max_seconds is not None


def needs_workers(critic: Critic[Any, Any]) -> bool:
    """Whether a critic, or one that it asks, runs in a worker process."""
    return runs_in_process(critic) or any(map(needs_workers, critic.parts))


def signature_faults(graph: Graph) -> Iterator[str]:
    """Every user-written function that does not take what it will be given, one sentence a fault."""
    for name, generator in graph.generators.items():
        if generator.prompt is not None:
            yield from _prompt_faults(name, generator.prompt, generator.reads)
    for name, reformulator in graph.reformulators.items():
        convert = reformulator.convert
        if convert is not None and not _takes(convert, 2 if reformulator.wants_problem else 1):
            yield f"reformulator {name!r} must take the text, or the text and the problem."
        if inspect.isgeneratorfunction(convert) or inspect.isasyncgenfunction(convert):
            yield f"reformulator {name!r} yields; it must return one candidate."
    for name, critic in graph.critics.items():
        if not _takes(critic.critic.critique, 1 + len(critic.reads)):
            yield f"critic {name!r} must take the problem{''.join(f', {read!r}' for read in critic.reads)}."
    for name, soft in graph.soft_critics.items():
        if not _takes(soft.critic.remark, 1 + len(soft.reads)):
            yield f"soft critic {name!r} must take the problem{''.join(f', {read!r}' for read in soft.reads)}."


def _prompt_faults(name: str, prompt: Any, reads: Sequence[str]) -> Iterator[str]:
    if not callable(prompt):
        yield f"generator {name!r}: its prompt is a {type(prompt).__name__}, not a function."
        return
    if not _takes(prompt, 1 + len(reads)):
        what = "the problem" + "".join(f", {need!r}" for need in reads)
        yield f"generator {name!r}: its prompt function must take {what}."
    if is_async(prompt):
        yield f"generator {name!r}: its prompt function must not be async."


def _takes(function: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature
        return True
    return True


def _is_amount(value: object) -> TypeGuard[float]:
    return is_number(value) and value >= 0


def _is_cost(value: object) -> bool:
    """Costs are only compared, so an integer may be larger than any float."""
    return _is_amount(value) or (is_whole_number(value) and value >= 0)
