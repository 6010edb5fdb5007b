"""``modulo verify``: run the critics of a certificate again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import anyio
import click

from modulo.certificate import Certificate
from modulo.checking import verify as verify_certificate
from modulo.cli import NOT_CERTIFIED
from modulo.cli.output import critique_lines, print_json, read_problem, signature_file
from modulo.domain import find_domain, read_file
from modulo.errors import CertificateError


@click.command()
@click.argument("certificate", type=click.Path(path_type=Path))
@click.option(
    "--problem", type=click.Path(path_type=Path), metavar="FILE", help="The problem it must be about."
)
@click.option(
    "--public-key", type=click.Path(path_type=Path), metavar="FILE", help="Key of whoever must have signed it."
)
@click.option(
    "--signature",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The signature; CERTIFICATE.sig if none.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify(
    certificate: Path, problem: Path | None, public_key: Path | None, signature: Path | None, as_json: bool
) -> int:
    """Run the critics of CERTIFICATE again on its solution. A changed byte anywhere fails."""
    if signature and not public_key:
        raise click.UsageError("--signature needs the --public-key of whoever must have signed it")
    if public_key and not signature:
        signature = signature_file(certificate)
    data = read_file(certificate)
    try:
        document = Certificate.from_bytes(data)
        wanted = None if problem is None else read_problem(find_domain(document.domain), problem)
        verified = anyio.run(
            partial(verify_certificate, document, problem=wanted, signature=signature, public_key=public_key)
        )
    except CertificateError as error:
        if as_json:
            print_json({"holds": False, "reason": str(error)})
        else:
            click.echo(f"does not hold: {error}")
        return NOT_CERTIFIED
    claim = verified.certificate.claim
    if as_json:
        print_json({"holds": True, "claim": claim.model_dump(), "signed": public_key is not None})
    else:
        lines = [*critique_lines(verified.critiques), f"holds ({claim.soundness}): {claim.text}"]
        lines += [f"signed by the owner of {public_key}"] if public_key else []
        click.echo("\n".join(lines))
    return 0
