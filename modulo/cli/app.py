"""The commands, each loaded when it is used, and what becomes of their errors."""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from io import StringIO
from typing import Any, Final

import click

from modulo.cli import BAD_INPUT, INTERNAL_ERROR, NOT_CERTIFIED, READER_LEFT
from modulo.errors import ModuloError, ProgramError
from modulo.version import __version__

__all__ = ["app", "run"]

_COMMANDS: Final = {
    "solve": "modulo.cli.solve",
    "check": "modulo.cli.check",
    "verify": "modulo.cli.verify",
    "audit": "modulo.cli.audit",
    "bench": "modulo.cli.bench",
    "export": "modulo.cli.export",
    "replay": "modulo.cli.replay",
    "graph": "modulo.cli.graph",
    "domains": "modulo.cli.domains",
    "new-domain": "modulo.cli.new_domain",
    "doctor": "modulo.cli.doctor",
}

_UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


class _ReaderLeft(Exception):
    """Whoever read our output has seen enough."""


class _LazyGroup(click.Group):
    """Loads a command's module only when that command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(import_module(module), cmd_name.replace("-", "_"))
        return command

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _closed_pipes_told_apart():  # here, --help prints
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _closed_pipes_told_apart():
            return super().invoke(ctx)


@contextmanager
def _closed_pipes_told_apart() -> Iterator[None]:
    # Click would exit with 1, which says "rejected" here.
    try:
        yield
    except BrokenPipeError as error:
        raise _ReaderLeft from error


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="modulo")
@click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks and debug logs.")
def app() -> None:
    """Language models guess, sound critics certify."""
    # The command is loaded by now, and may have work in hand to tidy up.
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def run(arguments: list[str], *, debug: bool = False) -> int:
    """Run one command and return its exit code."""
    try:
        _log_to_stderr(debug)
        result = app.main(arguments, prog_name="modulo", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except _ReaderLeft:
        _write_no_more()
        return READER_LEFT
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  it ends here, in words
        code, words = _told(error)
        with suppress(OSError):
            if debug:
                traceback.print_exc()
            print(words, file=sys.stderr)
        return code


def _told(error: Exception | KeyboardInterrupt) -> tuple[int, str]:
    """The exit code and the words for an error."""
    match error:
        case click.exceptions.Abort() | KeyboardInterrupt():
            return NOT_CERTIFIED, "modulo: interrupted"
        case click.ClickException():
            shown = StringIO()
            error.show(shown)
            return BAD_INPUT, shown.getvalue().rstrip()
        case ProgramError():
            return INTERNAL_ERROR, f"modulo: {error} (--debug shows where)"
        case ModuloError():
            return BAD_INPUT, f"modulo: {error}"
        case OSError() if error.errno in _UNWRITABLE:
            _write_no_more()
            where = error.filename or "the output"
            return BAD_INPUT, f"modulo: {where} cannot be written: {error.strerror}; write it somewhere else"
        case _:
            kind = type(error).__name__
            return INTERNAL_ERROR, f"modulo: internal error: {kind}: {error} (--debug shows where)"


def _write_no_more() -> None:
    """Send what is left in the buffer of standard output nowhere: at exit, it would fail once more."""
    if sys.stdout is not None:  # it is None where it was closed from the start
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _log_to_stderr(debug: bool) -> None:
    """Keep standard output for results; the library itself never configures logging."""
    import logging

    import structlog

    level = logging.DEBUG if debug else logging.WARNING
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
