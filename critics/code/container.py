"""Containers, where bubblewrap cannot run: one for each check and side, and none serves twice.

A container engine does not let its containers make namespaces, so nothing in one could clean up behind a check.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

from modulo.critics.code.limits import Limits
from modulo.errors import MissingDependencyError

__all__ = ["CONTROL", "container_command", "find_engine", "image"]

CONTROL: Final = "/modulo-control"
"""Where the control socket is, inside."""
_ENGINES: Final = ("podman", "docker")


def find_engine() -> str:
    """The program of a container engine.

    Raises:
        MissingDependencyError: There is none.
    """
    for name in _ENGINES:
        found = shutil.which(name)
        if found is not None:
            return found
    raise MissingDependencyError(
        f"isolation='container' needs {' or '.join(_ENGINES)} on the PATH and the image {image()}, already pulled"
    )


def image() -> str:
    """The image: the official one of this version of Python."""
    return f"docker.io/library/python:{sys.version_info.major}.{sys.version_info.minor}-slim"


def container_command(
    engine: str,
    name: str,
    control: Path,
    limits: Limits,
    *,
    packages: Mapping[Path, PurePosixPath] = MappingProxyType({}),
) -> list[str]:
    """The command that starts an interpreter in a container, without the interpreter's own arguments.

    Args:
        engine: The program.
        name: Name for the container.
        control: The control socket.
        limits: What a check may use.
        packages: Further files and folders that can be read there, with their paths in there.
    """
    command = [engine, "run", "--rm", "--pull=never", f"--name={name}", "--network=none", "--read-only"]
    command += ["--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=65534:65534", "--ipc=private"]
    command += [f"--memory={limits.max_memory_mb}m", f"--memory-swap={limits.max_memory_mb}m"]
    command += [f"--pids-limit={limits.max_processes}", "--env=PYTHONHASHSEED=0", "--workdir=/tmp"]
    command += [f"--tmpfs=/tmp:rw,noexec,nosuid,nodev,size={limits.max_tmp_mb}m"]
    command += [f"--volume={control}:{CONTROL}"]
    command += [f"--volume={path}:{inside}:ro" for path, inside in packages.items()]
    return [*command, image(), "python3"]
