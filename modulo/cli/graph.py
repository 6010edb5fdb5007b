"""``modulo graph``: draw a domain's graph."""

from __future__ import annotations

import click

from modulo.domain import find_domain


@click.command()
@click.argument("domain")
@click.option("--format", "form", type=click.Choice(["mermaid", "dot"]), default="mermaid", show_default=True)
def graph(domain: str, form: str) -> int:
    """Draw the graph of DOMAIN."""
    drawn = find_domain(domain).graph_for_checking()
    drawn.check()
    click.echo(drawn.to_mermaid() if form == "mermaid" else drawn.to_dot(), nl=False)
    return 0
