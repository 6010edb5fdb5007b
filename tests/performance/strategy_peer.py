"""Runs another library on problem after problem, in the scratch environment that ``peers.py`` makes.

    python strategy_peer.py NAME

Each line of standard input is a ``Run`` as JSON; each line of standard output is what the library presents, and the
seconds that it took, once it was imported. The first line of output is empty: it is ready.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from dataclasses import asdict

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from peer_problem import Answer, Run


def main() -> None:
    """Answer until there are no more problems."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    name = sys.argv[1]
    present = importlib.import_module(f"peer_{name.partition('.')[0]}").SETUPS[name]
    print(file=output, flush=True)
    for line in sys.stdin:
        run = Run(**json.loads(line))
        started = time.perf_counter()
        try:
            answer = present(run)
        except Exception as error:
            answer = Answer(text=None, error=_described(error))
        seconds = time.perf_counter() - started
        print(json.dumps({**asdict(answer), "seconds": seconds}), file=output, flush=True)


def _described(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error!s:.300}"


if __name__ == "__main__":
    main()
