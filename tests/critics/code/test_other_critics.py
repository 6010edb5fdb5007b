"""Critics around programs besides tests: form, a reference, remarks."""

import pytest

from modulo.critics.code import (
    AgreesWithReference,
    CodeProblem,
    PassesTests,
    RuffRemarks,
    TypeChecks,
    WellFormedProgram,
)
from modulo.critique import Critique, Soundness
from modulo.errors import ConfigurationError
from tests.critics.code.problems import QUICK, needs_linux

pytestmark = [pytest.mark.anyio, needs_linux]


@pytest.fixture
def anyio_backend() -> str:
    """One is enough here: ``test_sandboxes`` has both, for everything that waits."""
    return "asyncio"


PROMPT = "def area(width, height):\n    '''Area.'''\n"
PROBLEM = CodeProblem(prompt=PROMPT, entry_point="area", test="assert area(2, 3) == 6")


@pytest.mark.parametrize(
    "program",
    [
        "def area(width, height): return 0",
        "import nothing_like_it\ndef area(width, height, unit='m'): return 0",
        "async def area(width, height): pass",
        "def area(*sides): pass",
        "def area(width, *rest): pass",
        "while True: pass\ndef area(width, height): pass",
    ],
)
async def test_programs_with_the_function_are_well_formed_whatever_they_do(program: str) -> None:
    assert await WellFormedProgram().critique(PROBLEM, program) == Critique.accept()


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("def area(width, height: return 0", "syntax"),
        ("", "no_entry_point"),
        ("class A:\n    def area(self): pass", "no_entry_point"),
        ("def area(): pass", "wrong_signature"),
        ("def area(height, width): pass", "wrong_signature"),
        ("def area(width, height, unit): pass", "wrong_signature"),
        ("\0", "syntax"),
        ("x = " + "(" * 10_000, "syntax"),
        ("x = " + "-" * 500_000 + "1", "syntax"),
        ("x = " + "+1" * 200_000, "syntax"),
        ("def f():\n" + "".join(" " * i + "if x:\n" for i in range(1, 200)), "syntax"),
        ("#" * 1_000_001, "too_long"),
    ],
)
async def test_what_is_not_well_formed_is_rejected_by_kind(program: str, code: str) -> None:
    critique = await WellFormedProgram().critique(PROBLEM, program)
    assert critique.violations[0].code == code


async def test_a_prompt_in_words_asks_for_a_name_only() -> None:
    about = CodeProblem(prompt="Compute an area.", entry_point="area", test="assert area(1) == 1")
    assert (await WellFormedProgram().critique(about, "def area(x): pass")).accepts


REFERENCE = "def area(width, height):\n    return width * height"
INPUTS = "def inputs(random):\n    while True:\n        yield random.randint(0, 9), random.randint(0, 9)"


async def test_a_program_that_returns_what_the_reference_does_agrees_with_it() -> None:
    agrees = AgreesWithReference(REFERENCE, INPUTS, count=50, tests=PassesTests(limits=QUICK))
    await agrees.prepare()
    program = "def area(width, height): return sum([width] * height)"
    expected = Critique.accept(proves="agrees with the reference: passed 50 tests")
    assert await agrees.critique(PROBLEM, program) == expected
    assert agrees.soundness is Soundness.TESTS
    assert agrees.options()["reference"] == REFERENCE


async def test_the_first_input_on_which_they_differ_is_shown() -> None:
    agrees = AgreesWithReference(REFERENCE, INPUTS, tests=PassesTests(limits=QUICK))
    critique = await agrees.critique(PROBLEM, "def area(width, height): return width * min(height, 8)")
    violation = critique.violations[0]
    assert violation.code == "wrong_result"
    assert "area(" in violation.message
    assert ", 9) gave" in violation.message


async def test_a_program_cannot_ask_the_reference() -> None:
    agrees = AgreesWithReference(REFERENCE, INPUTS, tests=PassesTests(limits=QUICK))
    program = (
        "import sys\ndef area(width, height):\n    import reference\n    return reference.area(width, height)"
    )
    assert not (await agrees.critique(PROBLEM, program)).accepts
    with pytest.raises(ConfigurationError):
        AgreesWithReference(REFERENCE, INPUTS, count=0)


def test_ruff_ranks_programs_by_how_little_it_finds() -> None:
    clean = RuffRemarks().remark(PROBLEM, "def area(width, height):\n    return width * height\n")
    assert (clean.score, clean.text) == (0.0, None)
    worse = RuffRemarks().remark(PROBLEM, "import os\nimport sys\ndef area(width, height):\n    return w\n")
    assert worse.score < clean.score
    assert worse.text is not None
    assert "line 4: Undefined name `w`" in worse.text
    assert RuffRemarks().remark(PROBLEM, "def area(").score < 0


async def test_programs_are_type_checked_without_being_run() -> None:
    typed = TypeChecks()
    await typed.prepare()
    assert typed.applies_to(PROBLEM)
    fine = "def area(width: int, height: int) -> int:\n    return width * height\n"
    assert await typed.critique(PROBLEM, fine + "while True: pass\n") == Critique.accept()
    critique = await typed.critique(PROBLEM, fine.replace("-> int", "-> str"))
    (violation,) = critique.violations
    assert (violation.code, violation.location) == ("return-value", "line 2")
    assert violation.message == 'Incompatible return value type (got "int", expected "str")'
    assert (await typed.critique(PROBLEM, "def area(")).violations[0].code == "syntax"
    assert not (await TypeChecks(strict=True).critique(PROBLEM, "def area(a, b): return a")).accepts
    assert "mypy" in typed.options()
