"""Questions about a program that is not run: one sandbox, one job, one answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from modulo.critics.code.examining import job_file, read_to_end
from modulo.critics.code.inside.wire import WireError, load
from modulo.critics.code.pool import Kind, sandboxes

__all__ = ["ask"]


async def ask(kind: Kind, job: Mapping[str, Any]) -> Any:
    """The answer of a sandbox whose code is all ours; None if it did not come to one within its limits.

    Raises:
        ModuloError: The sandbox cannot be started, or ended in the middle.
    """
    async with sandboxes(kind) as (sandbox,):
        with ExitStack() as ours:
            answers, answer = os.pipe()
            ours.callback(os.close, answers)
            with ExitStack() as theirs:
                theirs.callback(os.close, answer)
                fd = job_file(job)
                theirs.callback(os.close, fd)
                sandbox.run((fd, answer))
            data = await read_to_end(answers)
            await sandbox.ended()
    try:
        return load(data)
    except WireError:
        return None
