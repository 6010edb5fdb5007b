"""The system call filter, run step by step as the kernel would, for each kind of processor."""

import errno
import re
import struct
from pathlib import Path

import pytest

from modulo.critics.code.inside.filtering import DENIED, filter_program

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOWED = 0x7FFF0000
REFUSED = 0x00050000 | errno.EPERM
KILLED = 0x80000000


def decision(program: bytes, architecture: int, number: int) -> int:
    """What a filter decides of a call, by the rules of classic BPF."""
    steps = list(struct.iter_unpack("=HBBI", program))
    at = register = 0
    while True:
        operation, if_true, if_false, operand = steps[at]
        at += 1
        match operation:
            case 0x20:
                register = {0: number, 4: architecture}[operand]
            case 0x15:
                at += if_true if register == operand else if_false
            case 0x35:
                at += if_true if register >= operand else if_false
            case 0x06:
                return int(operand)
            case _:
                raise AssertionError(f"unknown operation {operation:#x}")


@pytest.mark.parametrize("machine", DENIED)
def test_exactly_the_calls_of_the_list_are_refused(machine: str) -> None:
    program = filter_program(machine)
    denied = set(DENIED[machine].values())
    for number in range(600):
        expected = REFUSED if number in denied else ALLOWED
        assert decision(program, ARCHITECTURES[machine], number) == expected, number


@pytest.mark.parametrize("machine", DENIED)
def test_calls_of_another_interface_are_refused(machine: str) -> None:
    program = filter_program(machine)
    assert decision(program, 0x40000003, 11) == KILLED
    for number in (0x40000000, 0x40000000 | 59, 0xFFFFFFFF):
        assert decision(program, ARCHITECTURES[machine], number) == REFUSED


def test_there_is_no_filter_for_other_processors() -> None:
    with pytest.raises(OSError, match="riscv64"):
        filter_program("riscv64")


@pytest.mark.parametrize(
    ("machine", "header", "pattern"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", r"#define __NR_(\w+)\s+(\d+)"),
        ("aarch64", "/usr/include/asm-generic/unistd.h", r"#define __NR(?:3264)?_(\w+)\s+(\d+)"),
    ],
)
def test_the_numbers_are_those_of_the_kernels_headers(machine: str, header: str, pattern: str) -> None:
    if not Path(header).exists():
        pytest.skip(f"{header} is not here")
    known = {name: int(number) for name, number in re.findall(pattern, Path(header).read_text())}
    assert {name: known.get(name) for name in DENIED[machine]} == DENIED[machine]
