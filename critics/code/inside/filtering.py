"""A seccomp filter: system calls that no plain program needs, refused with EPERM.

The second line of defence, behind the namespaces: what it refuses is useless in a sandbox or a way to reach much
of the kernel. It is a plain list of numbers, so that it can be read and checked (docs/design/0013).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from typing import Final

__all__ = ["DENIED", "filter_program", "install_filter"]

DENIED: Final[dict[str, dict[str, int]]] = {
    "x86_64": {
        # Other programs, other processes.
        "execve": 59, "execveat": 322, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311,
        "process_madvise": 440, "kcmp": 312, "pidfd_getfd": 438,
        # Sockets; pairs of them are another call. Memory that no limit counts. IPC.
        "socket": 41, "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "semget": 64, "msgget": 68,
        "mq_open": 240, "userfaultfd": 323, "vmsplice": 278,
        # Namespaces, mounts and files by handle.
        "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161,
        "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
        "mount_setattr": 442, "name_to_handle_at": 303, "open_by_handle_at": 304, "fanotify_init": 300,
        # Keyrings, and what is large or for administrators.
        "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298,
        "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "personality": 135,
        "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246,
        "kexec_file_load": 320, "reboot": 169, "swapon": 167, "swapoff": 168, "acct": 163, "syslog": 103,
        "quotactl": 179, "iopl": 172, "ioperm": 173, "modify_ldt": 154,
    },
    "aarch64": {
        "execve": 221, "execveat": 281, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271,
        "process_madvise": 440, "kcmp": 272, "pidfd_getfd": 438,
        "socket": 198, "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "semget": 190, "msgget": 186,
        "mq_open": 180, "userfaultfd": 282, "vmsplice": 75,
        "unshare": 97, "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51,
        "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
        "mount_setattr": 442, "name_to_handle_at": 264, "open_by_handle_at": 265, "fanotify_init": 262,
        "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "perf_event_open": 241,
        "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "personality": 92,
        "init_module": 105, "finit_module": 273, "delete_module": 106, "kexec_load": 104,
        "kexec_file_load": 294, "reboot": 142, "swapon": 224, "swapoff": 225, "acct": 89, "syslog": 116,
        "quotactl": 60,
    },
}  # fmt: skip
_AUDIT_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32: Final = 0x40000000
"""On x86_64, calls of another interface have this bit and numbers of their own; the kernel's headers say so."""
_INSTRUCTION: Final = struct.Struct("=HBBI")
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_OR_EQUAL, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCH_AT = 0, 4
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


def filter_program(machine: str) -> bytes:
    """The filter for a kind of processor, in the kernel's format (``struct sock_filter``).

    Raises:
        OSError: There is none for it.
    """
    if machine not in DENIED:
        raise OSError(f"there is no system call filter for processors of the kind {machine}")
    numbers = sorted(DENIED[machine].values())
    refused = len(numbers) + 2  # steps from the first comparison to the refusal at the end
    steps = [
        _INSTRUCTION.pack(_LOAD, 0, 0, _ARCH_AT),
        _INSTRUCTION.pack(_JUMP_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        _INSTRUCTION.pack(_RETURN, 0, 0, _KILL_PROCESS),
        _INSTRUCTION.pack(_LOAD, 0, 0, _NUMBER_AT),
        _INSTRUCTION.pack(_JUMP_GREATER_OR_EQUAL, refused - 1, 0, _X32),
        *[
            _INSTRUCTION.pack(_JUMP_EQUAL, refused - 2 - place, 0, number)
            for place, number in enumerate(numbers)
        ],
        _INSTRUCTION.pack(_RETURN, 0, 0, _ALLOW),
        _INSTRUCTION.pack(_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    return b"".join(steps)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install_filter() -> None:
    """Put this process and all that it starts under the filter, for good.

    Raises:
        OSError: The kernel refuses, or there is no filter for this processor.
    """
    code = filter_program(platform.machine())
    program = _Program(len(code) // _INSTRUCTION.size, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")
