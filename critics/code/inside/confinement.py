"""Namespaces, mounts, capabilities and limits of one check, on Linux, through the C library.

Everything happens in the check's own processes before any code that is not ours runs in them.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
from collections.abc import Mapping
from typing import Any, Final

from modulo.critics.code.inside.filtering import install_filter

__all__ = ["confine", "forks_into_namespaces", "limit", "prepare_to_nest"]

_NEW_MOUNTS: Final = 0x00020000
_NEW_IPC: Final = 0x08000000
_NEW_USER: Final = 0x10000000
_NEW_PIDS: Final = 0x20000000
_NEW_NET: Final = 0x40000000
_SIGCHLD: Final = 17
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_CAPABILITY_VERSION_3: Final = 0x20080522
_CLONE: Final = {"x86_64": 56, "aarch64": 220}
INSIDE_ID: Final = 1000
"""User and group in every sandbox."""
_NOBODY: Final = 65534
"""Who a sandbox is outside, if root starts it: the kernel puts no limit on the number of root's processes."""

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def prepare_to_nest() -> None:
    """Leave root and the network behind, once for all checks of a zygote.

    Raises:
        OSError: The kernel refuses.
    """
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(*[_NOBODY] * 3)
        os.setresuid(*[_NOBODY] * 3)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    # A process that has changed its user may not write its own maps unless it is dumpable.
    _prctl(_PR_SET_DUMPABLE, 1)
    uid, gid = os.getuid(), os.getgid()
    # The network of bubblewrap has a loopback device that is up; that of a new namespace is down.
    _checked(_LIBC.unshare(_NEW_USER | _NEW_NET), "unshare")
    _map_ids(uid, gid)


def forks_into_namespaces() -> int:
    """Fork into new user, process, mount and IPC namespaces; 0 in the child, which is their first process.

    ``os.fork`` cannot do that, and ``unshare`` would need another fork. It skips the hooks that run in forked
    processes, which here is welcome: random numbers are the same in each check. In a zygote there are no threads
    that they would have to clean up after.
    """
    flags = _NEW_USER | _NEW_PIDS | _NEW_MOUNTS | _NEW_IPC | _SIGCHLD
    number = _CLONE.get(platform.machine())
    if number is None:
        raise OSError(f"processors of the kind {platform.machine()} are not supported")
    return _checked(_LIBC.syscall(number, flags, 0, 0, 0, 0), "clone")


def confine(settings: Mapping[str, Any]) -> None:
    """As the first process of new namespaces: an empty /tmp, no /proc, no capabilities.

    Raises:
        OSError: The kernel refuses, and nothing may run here.
    """
    _map_ids(INSIDE_ID, INSIDE_ID)
    _forbid_namespaces()
    size = int(settings["max_tmp_mb"])
    _mount("tmpfs", "/tmp", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, f"size={size}m,nr_inodes=1024,mode=1777")  # noqa: S108
    _mount("tmpfs", "/proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC | _MS_RDONLY, "size=4k,nr_inodes=1")
    os.chdir("/tmp")  # noqa: S108
    _drop_capabilities()
    install_filter()


def limit(settings: Mapping[str, Any]) -> None:
    """Set the resource limits, for good, of this process and those that it starts.

    Args:
        settings: ``max_cpu_seconds``, ``max_memory_mb``, ``max_processes``, ``max_file_mb``, ``max_open_files``.
    """
    megabyte = 2**20
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(settings["max_cpu_seconds"]),
        resource.RLIMIT_FSIZE: int(settings["max_file_mb"]) * megabyte,
        resource.RLIMIT_NOFILE: int(settings["max_open_files"]),
    }
    if settings["isolated"]:
        # Elsewhere these would count what else the user runs, or stop the interpreter from starting (macOS).
        limits[resource.RLIMIT_AS] = int(settings["max_memory_mb"]) * megabyte
        limits[resource.RLIMIT_NPROC] = int(settings["max_processes"])
        limits[resource.RLIMIT_MEMLOCK] = 0
        limits[resource.RLIMIT_MSGQUEUE] = 0
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def _map_ids(uid: int, gid: int) -> None:
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{INSIDE_ID} {uid} 1"),
        ("gid_map", f"{INSIDE_ID} {gid} 1"),
    ):
        _write(f"/proc/self/{name}", text)


def _forbid_namespaces() -> None:
    """In a user namespace of its own a process has all capabilities, and may make namespaces of all other kinds."""
    _write("/proc/sys/user/max_user_namespaces", "0")


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def _mount(kind: str, where: str, flags: int, options: str) -> None:
    done = _LIBC.mount(kind.encode(), where.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())
    _checked(done, f"mount {where}")


def _drop_capabilities() -> None:
    """Drop what the new user namespace gave. Nothing can be gained again: there are no new privileges."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _checked(_LIBC.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def _prctl(option: int, value: int) -> None:
    _checked(_LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl")


def _checked(result: int, what: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return result
