"""Runs mypy on a program, which is not run itself."""

from __future__ import annotations

import os
from typing import Final

from modulo.critics.code.inside.servant import read_job
from modulo.critics.code.inside.wire import dump

__all__ = ["main"]

_FILE: Final = "solution.py"
_MAX_OUTPUT: Final = 100_000


def main(fds: list[int]) -> None:
    """Tell what mypy says.

    Args:
        fds: The job, and the pipe for the answer.
    """
    from mypy import api  # only in the sandboxes that have it

    job_fd, answer = fds
    job = read_job(job_fd)
    with open(_FILE, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(job["source"])
    options = ["--config-file=", "--cache-dir=/dev/null", "--no-error-summary", "--show-column-numbers"]
    said, errors, code = api.run([*options, *(["--strict"] if job["strict"] else []), _FILE])
    data = dump((code, said[:_MAX_OUTPUT], errors[:_MAX_OUTPUT]))
    while data:
        data = data[os.write(answer, data) :]
