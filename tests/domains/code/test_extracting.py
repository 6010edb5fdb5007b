"""The program in a chat answer."""

import contextlib
import time

import pytest

from modulo.domains.code import CodeProblem, parse_program, prompt
from modulo.errors import Malformed

PROMPT = 'from typing import List\n\n\ndef total(values: List[int]) -> int:\n    """Their sum."""\n'
PROBLEM = CodeProblem(prompt=PROMPT, entry_point="total", test="assert total([1]) == 1")
WORDS = CodeProblem(prompt="Add them up.", entry_point="total", test="assert total([1]) == 1")
PROGRAM = "def total(values):\n    return sum(values)"


@pytest.mark.parametrize(
    "text",
    [
        PROGRAM,
        f"```python\n{PROGRAM}\n```",
        f"```\n{PROGRAM}\n```",
        f"~~~py\n{PROGRAM}\n~~~",
        f"Sure! Here it is:\n\n```python\n{PROGRAM}\n```\n\nIt adds the values up.",
        f"Sure! Here it is:\n\n```python\n{PROGRAM}",
        f"Here it is:\n\n{PROGRAM}\n\nThis adds all of the values up.",
        f"```bash\npip install nothing\n```\n```python\n{PROGRAM}\n```",
        f"First try:\n```python\ndef total(values): return 0\n```\nThat is wrong. Better:\n```python\n{PROGRAM}\n```",
        f"```python\n{PROGRAM}\n```\nFor example:\n```python\nprint(total([1, 2]))\n```",
        f"  ```Python\n{PROGRAM}\n  ```",
    ],
)
def test_prose_fences_and_other_blocks_are_left_out(text: str) -> None:
    assert parse_program(text, WORDS) == PROGRAM + "\n"


def test_blocks_with_helpers_are_put_before_the_function_that_needs_them() -> None:
    text = "```python\ndef add(a, b): return a + b\n```\nand\n```python\ndef total(v): return add(*v)\n```"
    assert parse_program(text, WORDS) == "def add(a, b): return a + b\n\n\ndef total(v): return add(*v)\n"


def test_imports_of_the_prompt_are_added_where_they_are_missing() -> None:
    program = "def total(values: List[int]) -> int:\n    return sum(values)"
    assert parse_program(program, PROBLEM) == f"from typing import List\n\n{program}\n"
    whole = f"from typing import List\n\n{program}"
    assert parse_program(whole, PROBLEM) == whole + "\n"


def test_helpers_of_the_prompt_are_added_where_they_are_missing() -> None:
    prompt = "def half(n):\n    return n / 2\n\ndef total(n):\n    '''x'''\n"
    problem = CodeProblem(prompt=prompt, entry_point="total", test="assert total(2) == 2")
    assert parse_program(PROGRAM, problem) == f"def half(n):\n    return n / 2\n\n{PROGRAM}\n"
    own = f"def half(n): return n\n{PROGRAM}"
    assert parse_program(own, problem) == own + "\n"


def test_future_imports_stay_first() -> None:
    program = f"from __future__ import annotations\nimport math\n{PROGRAM}"
    assert parse_program(program, PROBLEM).splitlines()[:2] == [
        "from __future__ import annotations",
        "from typing import List",
    ]


@pytest.mark.parametrize("text", ["    return sum(values)\n", "```python\n    return sum(values)\n```"])
def test_a_bare_body_goes_on_from_the_prompt(text: str) -> None:
    assert parse_program(text, PROBLEM) == PROMPT + "    return sum(values)\n"


def test_an_interactive_session_loses_its_marks() -> None:
    text = "```\n>>> def total(values):\n...     return sum(values)\n```"
    assert parse_program(text, WORDS) == PROGRAM + "\n"


@pytest.mark.parametrize(
    "text",
    ["", "I cannot.", "```python\nprint(1)\n```", "def other(): pass", "```", "x" * 200_001, "```\n" * 1000],
)
def test_an_answer_without_the_function_is_malformed(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_program(text, WORDS)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["(" * 100_000, "def total" * 20_000, "```python\n" * 10_000, "a = " * 50_000])
def test_hostile_texts_are_read_in_time(text: str) -> None:
    try:
        parse_program(text, PROBLEM)
    except Malformed:
        return


WHOLE = CodeProblem(prompt="Double it.", format="stdio", cases=({"input": "1", "output": "2"},))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "print(2 * int(input()))",
        "Sure:\n```python\nprint(2 * int(input()))\n```\nDone.",
        "```\n```\n```py\nprint(2 * int(input()))",
    ],
)
def test_whole_programs_need_no_function(text: str) -> None:
    assert parse_program(text, WHOLE) == "print(2 * int(input()))\n"


@pytest.mark.parametrize("text", ["", "  \n", "```\n```", "```bash\nls\n```"])
def test_no_program_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_program(text, WHOLE)


def test_whole_programs_are_asked_for_as_such() -> None:
    assert "reads standard input" in prompt(WHOLE)


@pytest.mark.parametrize(
    "text",
    [
        "import x\na[" + "](" * 90_000,
        "```\n"
        + "\n".join(f"def a{n}(): 0" for n in range(6000))
        + f"\n```\n```\n{PROGRAM}\n"
        + "x\n" * 40_000,
        "```\n" * 49_000,
        "async\n" * 30_000,
    ],
    ids=["brackets", "helpers", "fences", "async"],
)
def test_no_answer_takes_long_to_read(text: str) -> None:
    started = time.process_time()
    with contextlib.suppress(Malformed):
        parse_program(text, WORDS)
    assert time.process_time() - started < 5


def test_a_prompt_that_breaks_the_parser_is_one_in_words() -> None:
    broken = PROBLEM.model_copy(update={"prompt": "-" * 200_000 + "1"})
    assert parse_program(PROGRAM, broken) == PROGRAM + "\n"
