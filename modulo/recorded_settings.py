"""What a trace records of how a run was set up: its options, its generators and its hard critics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from modulo.budget import Budget
from modulo.canonical import JsonValue
from modulo.described import described, type_id
from modulo.graph.nodes import CriticNode
from modulo.graph.program import Program
from modulo.ledger import Ledger
from modulo.options import RunOptions
from modulo.protocols import Backprompter, Critic, Strategy
from modulo.running.failures import part_of_program
from modulo.settings import settings_of
from modulo.version import __version__

__all__ = ["recorded_settings"]


def recorded_settings(
    options: RunOptions,
    program: Program,
    critics: Mapping[str, tuple[CriticNode, ...]],
    above: Ledger | None,
) -> Mapping[str, JsonValue]:
    """The settings of a run, for the first event of its trace.

    Raises:
        ProgramError: Something does not describe itself but fails.

    Args:
        options: The run's options.
        program: The graph.
        critics: The hard critics that apply, by artefact.
        above: The ledger that the run is charged to besides its own.
    """
    return {
        "modulo_version": __version__,
        "started_at": options.clock.wall_time().isoformat(timespec="seconds"),
        "strategy": _described(options.strategy),
        "backprompter": _described(options.backprompter),
        "budget": settings_of(options.budget),
        "limits_from_above": _limits_of(above),
        "select": options.select,
        "seed": options.seed,
        "retries": settings_of(options.retries),
        "max_concurrency": options.max_concurrency,
        "generators": {
            node.name: part_of_program("generator", node.name, node.generator.describe)
            for node in program.generators
        },
        "critics": {
            node.name: part_of_program("critic", node.name, _critic_settings, node.critic)
            for nodes in critics.values()
            for node in nodes
        },
        "soft_critics": {
            node.name: {
                "id": type_id(node.critic),
                "options": part_of_program("soft critic", node.name, node.critic.describe),
            }
            for node in program.soft_critics
        },
    }


def _described(part: Strategy | Backprompter) -> Mapping[str, JsonValue]:
    return part_of_program("describe of", type(part).__name__, described, part)


def _critic_settings(critic: Critic[Any, Any]) -> Mapping[str, JsonValue]:
    return {"id": critic.id, "version": critic.version, "options": critic.options()}


def _limits_of(ledger: Ledger | None) -> list[str]:
    return [limit.name for limit in fields(Budget) if ledger.limits(limit.name)] if ledger else []
