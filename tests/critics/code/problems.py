"""Small problems and the usual limits of tests."""

import sys

import pytest

from modulo.critics.code import CodeProblem, Limits, PassesTests

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

QUICK = Limits(max_cpu_seconds=1, max_idle_seconds=1, max_wall_seconds=60)
"""Limits under which what never ends is soon over."""


def problem(*assertions: str, prompt: str = "", entry_point: str = "f") -> CodeProblem:
    """A problem whose tests are some assertions about ``candidate``."""
    body = [f"    assert {assertion}" for assertion in assertions] or ["    pass"]
    test = "\n".join(["def check(candidate):", *body]) + "\n"
    return CodeProblem(prompt=prompt, entry_point=entry_point, test=test)


def critic(**options: bool) -> PassesTests:
    """The critic under quick limits, perhaps with hidden tests or together with them."""
    return PassesTests(limits=QUICK, **options)
