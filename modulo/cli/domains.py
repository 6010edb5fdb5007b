"""``modulo domains``: the domains and critics installed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from modulo.cli.output import print_json, printable
from modulo.domain import Domain, installed_domains
from modulo.errors import ModuloError
from modulo.graph.annotations import type_text
from modulo.installed_critics import InstalledCritic, installed_critics


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def domains(as_json: bool) -> int:
    """List the domains and critics installed here, those of third parties included.

    They are found among the entry points "modulo.domains" and "modulo.critics" of installed packages; a broken one
    is listed with what is wrong with it.
    """
    found = [_domain_json(name, domain) for name, domain in installed_domains().items()]
    critics = [_critic_json(name, critic) for name, critic in installed_critics().items()]
    if as_json:
        print_json({"domains": found, "critics": critics})
    elif Console().is_terminal:
        for table in (_table_of_domains(found), _table_of_critics(critics)):
            Console(markup=False, emoji=False).print(table)
    else:
        click.echo("\n".join(map(printable, _lines(found, critics))))
    return 0


def _domain_json(name: str, domain: Domain[Any] | ModuloError) -> dict[str, Any]:
    if not isinstance(domain, Domain):
        return {"name": name, "error": str(domain)}
    try:
        described = {
            "name": name,
            "summary": domain.summary,
            "problem": type_text(domain.problem_type),
            "critics": _critics(domain),
        }
    except Exception as error:  # noqa: BLE001  third-party code may raise anything
        return {"name": name, "error": f"its graph cannot be built: {type(error).__name__}: {error}"}
    return described


def _critics(domain: Domain[Any]) -> list[dict[str, str]]:
    return [
        {
            "node": node.name,
            "id": node.critic.id,
            "version": node.critic.version,
            "soundness": node.critic.soundness.value,
            "proves": node.critic.proves,
            "judges": node.critic.judges,
        }
        for node in domain.graph_for_checking().check().critics
    ]


def _critic_json(name: str, critic: InstalledCritic | ModuloError) -> dict[str, Any]:
    return asdict(critic) if isinstance(critic, InstalledCritic) else {"name": name, "error": str(critic)}


def _lines(domains: list[dict[str, Any]], critics: list[dict[str, Any]]) -> Iterator[str]:
    for domain in domains:
        yield f"{domain['name']}: {_about(domain)}"
        for critic in domain.get("critics", ()):
            yield f"  {critic['node']}: {critic['proves']} ({critic['soundness']})"
    for critic in critics:
        if "error" in critic:
            yield f"critic {critic['name']}: {critic['error']}"
        else:
            yield (
                f"critic {critic['name']}: {_claim(critic)} ({critic['soundness']}); "
                f"for {critic['problem']}; version {critic['version']}; {critic['id']}"
            )


def _table_of_domains(domains: list[dict[str, Any]]) -> Table:
    table = Table("domain", "critic", "what ACCEPT proves", "soundness", "version", title="Domains")
    for domain in domains:
        table.add_row(domain["name"], "", printable(_about(domain)))
        for critic in domain.get("critics", ()):
            table.add_row("", critic["node"], *_cells(critic))
        table.add_section()
    return table


def _table_of_critics(critics: list[dict[str, Any]]) -> Table:
    table = Table("critic", "for", "what ACCEPT proves", "soundness", "version", title="Critics for reuse")
    table.add_column("id", overflow="fold")
    for critic in critics:
        if "error" in critic:
            table.add_row(critic["name"], "", printable(critic["error"]))
        else:
            table.add_row(critic["name"], critic["problem"], *_cells(critic), critic["id"])
    return table


def _about(domain: Mapping[str, Any]) -> str:
    return str(domain["error"] if "error" in domain else domain["summary"])


def _cells(critic: Mapping[str, Any]) -> tuple[str, str, str]:
    return printable(_claim(critic)), critic["soundness"], critic["version"]


def _claim(critic: Mapping[str, Any]) -> str:
    return critic["proves"] or "what its arguments say"
