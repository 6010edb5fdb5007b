"""The command line: parses, calls the library, prints.

Exit codes: 0 certified, accepted or the same as recorded; 1 not, or interrupted; 2 wrong usage or bad input;
3 internal error; and 141, as of any program in a pipe, if whoever read the output left before its end.
"""

from __future__ import annotations

import signal
import sys
from typing import Final

__all__ = ["main"]

NOT_CERTIFIED: Final = 1
BAD_INPUT: Final = 2
INTERNAL_ERROR: Final = 3
READER_LEFT: Final = 128 + 13
"""What a shell says of a program that ended by SIGPIPE."""


def main() -> None:
    """Run the command line and exit with one of the codes above."""
    # While modules load there is nothing to tidy up, and an exception could come up anywhere: Ctrl-C ends the
    # process without a word. The command takes it again once it is loaded.
    _end_at_interrupt()
    from modulo.cli.app import run

    for output in (sys.stdout, sys.stderr):
        # What a model wrote may hold characters that the terminal's encoding has not.
        if hasattr(output, "reconfigure"):
            output.reconfigure(errors="backslashreplace")
    debug = "--debug" in sys.argv
    code = run([argument for argument in sys.argv[1:] if argument != "--debug"], debug=debug)
    _end_at_interrupt()
    sys.exit(code)


def _end_at_interrupt() -> None:
    # A caller such as nohup may have it ignored, which stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
