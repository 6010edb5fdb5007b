"""How much a program under test may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from modulo.errors import ConfigurationError

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one check, for the program under test and for its tests each.

    Only ``max_wall_seconds`` depends on how busy the machine is, so it alone never rejects: past it, nothing is
    decided. Time spent ready to run while others do counts for none of the other limits.

    Attributes:
        max_cpu_seconds: CPU time, over all calls.
        max_idle_seconds: Time in which neither program nor tests compute or want to: sleep, deadlock.
        max_wall_seconds: Time on the clock until the check is given up.
        max_memory_mb: Memory of all processes together, and address space of each, in MiB.
        max_processes: Processes and threads at the same time.
        max_file_mb: Size of each file and of standard output, in MiB.
        max_tmp_mb: Size of /tmp, in MiB.
        max_open_files: Open file descriptors.

    Raises:
        ConfigurationError: One is no whole number above zero.
    """

    max_cpu_seconds: int = 5
    max_idle_seconds: int = 5
    max_wall_seconds: int = 60
    max_memory_mb: int = 512
    max_processes: int = 32
    max_file_mb: int = 16
    max_tmp_mb: int = 16
    max_open_files: int = 64

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or value < 1:
                raise ConfigurationError(f"{field.name} must be a whole number above 0, not {value!r}")

    def as_json(self) -> Mapping[str, int]:
        """The limits by name."""
        return asdict(self)


DEFAULT_LIMITS = Limits()
