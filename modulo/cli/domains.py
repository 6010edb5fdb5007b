"""``modulo domains``: the domains and critics installed here."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import click

from modulo.cli.output import print_json
from modulo.domain import Domain, installed_domains


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def domains(as_json: bool) -> int:
    """List the domains and critics installed here."""
    found = installed_domains()
    critics = sorted(entry_points(group="modulo.critics"), key=lambda entry: entry.name)
    if as_json:
        print_json(
            {
                "domains": [_domain_json(name, domain) for name, domain in found.items()],
                "critics": [{"name": entry.name, "value": entry.value} for entry in critics],
            }
        )
        return 0
    for name, domain in found.items():
        click.echo(f"{name}: {domain.summary if isinstance(domain, Domain) else domain}")
        for critic in _critics(domain):
            click.echo(f"  {critic['node']}: {critic['proves']} ({critic['soundness']})")
    for entry in critics:
        click.echo(f"critic {entry.name}: {entry.value}")
    return 0


def _domain_json(name: str, domain: Any) -> dict[str, Any]:
    if not isinstance(domain, Domain):
        return {"name": name, "error": str(domain)}
    return {"name": name, "summary": domain.summary, "critics": _critics(domain)}


def _critics(domain: Any) -> list[dict[str, str]]:
    if not isinstance(domain, Domain):
        return []
    return [
        {
            "node": node.name,
            "id": node.critic.id,
            "version": node.critic.version,
            "soundness": node.critic.soundness.value,
            "proves": node.critic.proves,
        }
        for node in domain.graph_for_checking().check().critics
    ]
