"""The command line: parses, calls the library, prints.

Exit codes: 0 certified or accepted, 1 not certified or rejected, 2 wrong usage or bad input, 3 internal error.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Final

import click

from modulo.errors import ModuloError
from modulo.version import __version__

__all__ = ["app", "main"]

NOT_CERTIFIED: Final = 1
BAD_INPUT: Final = 2
INTERNAL_ERROR: Final = 3

_COMMANDS: Final = {
    "solve": "modulo.cli.solve",
    "check": "modulo.cli.check",
    "verify": "modulo.cli.verify",
    "replay": "modulo.cli.replay",
    "graph": "modulo.cli.inspect",
    "domains": "modulo.cli.inspect",
    "doctor": "modulo.cli.doctor",
}


class _LazyGroup(click.Group):
    """Loads a command's module only when that command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(import_module(module), cmd_name)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="modulo")
@click.option("--debug", is_flag=True, help="Show tracebacks and debug logs.")
@click.pass_context
def app(ctx: click.Context, debug: bool) -> None:
    """Language models guess, sound critics certify."""
    ctx.obj = {"debug": debug}


def main() -> None:
    """Run the command line and exit with one of the codes above."""
    debug = "--debug" in sys.argv
    sys.exit(run([argument for argument in sys.argv[1:] if argument != "--debug"], debug=debug))


def run(arguments: list[str], *, debug: bool = False) -> int:
    """Run one command and return its exit code."""
    _log_to_stderr(debug)
    try:
        result = app.main(arguments, prog_name="modulo", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Abort:
        print("modulo: interrupted", file=sys.stderr)
        return NOT_CERTIFIED
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing more may be written to it, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ModuloError as error:
        if debug:
            raise
        print(f"modulo: {error}", file=sys.stderr)
        return BAD_INPUT
    except Exception as error:
        if debug:
            raise
        kind = type(error).__name__
        print(f"modulo: internal error: {kind}: {error} (--debug shows where)", file=sys.stderr)
        return INTERNAL_ERROR


def _log_to_stderr(debug: bool) -> None:
    """Keep standard output for results; the library itself never configures logging."""
    import logging

    import structlog

    level = logging.DEBUG if debug else logging.WARNING
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
