"""Finds the program in a chat answer. Nothing is parsed or run here: that is for the sandbox."""

from __future__ import annotations

import ast
import re
from typing import Final

from modulo.critics.code import CodeProblem
from modulo.domains.code.begun import joined, read_begun
from modulo.errors import Malformed

__all__ = ["parse_program"]

MAX_CHARACTERS: Final = 200_000
_FENCE: Final = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*([\w+.-]*)[^\n]*$", re.MULTILINE)
_PYTHON: Final = frozenset(("", "python", "python3", "py", "python2", "pycon"))
_BEGINS_CODE: Final = re.compile(r"(?:import |from \w|def |class |@\w|async def )")
_GOES_ON: Final = re.compile(
    r"\s|$|#|[)\]}]|import |from \w+.* import |def |class |@|async |if |elif |else|for |while |try:|except|finally"
    r"|with |assert |return|[A-Za-z_][\w.]*(?:\[.*\])?(?:\s*[,:]|\s*[-+*/%&|^]?=|\(.*\)\s*$)"
)
_DEFINITION: Final = re.compile(
    r"^(?:(?:async[ \t]+)?def[ \t]+(\w+)|class[ \t]+(\w+)|(\w+)[ \t]*=)", re.MULTILINE
)
_LONGEST_LINE: Final = 1000
"""Of lines of code without fences. Longer ones could take that pattern too long."""
_WHOLE_HINT: Final = "Answer with one Python code block (```python ... ```) that holds the whole program."
_HINT: Final = "Answer with one Python code block (```python ... ```) that holds the whole function."


def parse_program(text: str, problem: CodeProblem) -> str:
    """The program in a chat answer, with prose and code fences around it or without.

    Of several code blocks it is the last that defines the function, with those before it that define something it
    may need. A bare function body is put after the prompt that it goes on from. Imports and helpers that the prompt
    has and the answer leaves out are put before it.

    Of a problem about whole programs, it is the last code block, or all of the answer. Behind a beginning that was
    set, it is that with all code of the answer, but for what defines anew what the beginning has.

    Raises:
        Malformed: There is no program that defines the function.
    """
    if len(text) > MAX_CHARACTERS:
        raise Malformed("The answer is far too long for a program.", hint=_HINT)
    if problem.format == "stdio":
        return _whole_program(text)
    program = _behind_beginning(text, problem) or _in_blocks(text, problem) or _in_prose(text, problem)
    if program is None:
        raise Malformed(f"The answer holds no Python function {problem.entry_point}.", hint=_HINT)
    return _with_preamble(program.strip("\n"), problem) + "\n"


def _whole_program(text: str) -> str:
    """The last code block; of a text without any, all of it."""
    blocks = [block for block in _blocks(text) if block.strip()]
    program = blocks[-1] if blocks else "" if _FENCE.search(text) else text
    if not program.strip():
        raise Malformed("The answer holds no Python program.", hint=_WHOLE_HINT)
    return program.strip("\n") + "\n"


def _behind_beginning(text: str, problem: CodeProblem) -> str | None:
    """The program of a beginning and all code behind it; None if there is none, or the function is in neither."""
    begun = read_begun(text)
    if begun is None:
        return None
    beginning, answer = begun
    program = joined(beginning, "\n\n".join(_blocks(answer)) or _code_lines(answer))
    return program if _defines(program, problem.entry_point) else None


def _in_blocks(text: str, problem: CodeProblem) -> str | None:
    blocks = _blocks(text)
    defining = [place for place, block in enumerate(blocks) if _defines(block, problem.entry_point)]
    if not defining:
        body = blocks[-1] if blocks else ""
        return _completed(body, problem)
    chosen = blocks[defining[-1]]
    missing = set(re.findall(r"\w+", chosen)) - _defined(chosen)
    earlier = [block for block in blocks[: defining[-1]] if _is_helper(block, missing, problem)]
    return "\n\n".join([*earlier, chosen])


def _blocks(text: str) -> list[str]:
    """The contents of fences that may hold Python; the last one need not be closed."""
    marks = list(_FENCE.finditer(text))
    blocks = []
    while marks:
        opening = marks.pop(0)
        end = len(text)
        if marks:
            end = marks.pop(0).start()
        if opening[1].lower() in _PYTHON:
            blocks.append(_without_prompts(text[opening.end() + 1 : end]))
    return blocks


def _without_prompts(block: str) -> str:
    """A block without the marks of an interactive session, if it is one."""
    if not block.lstrip().startswith(">>> "):
        return block
    return "\n".join(line[4:] for line in block.splitlines() if line.startswith((">>> ", "... ")))


def _is_helper(block: str, missing: set[str], problem: CodeProblem) -> bool:
    """Whether a block defines something that is missing, and is no other answer."""
    if _defines(block, problem.entry_point):
        return False
    names = re.findall(r"^(?:def|class)\s+([A-Za-z_]\w*)", block, re.MULTILINE)
    return not missing.isdisjoint(names)


def _in_prose(text: str, problem: CodeProblem) -> str | None:
    """Code without fences, which must have a first line that can only be code, unless it is all a body."""
    program = _code_lines(text)
    if not program:
        return _completed(text, problem)
    return program if _defines(program, problem.entry_point) else None


def _code_lines(text: str) -> str:
    """The lines from the first that can only be code to the last before prose goes on; empty if there are none."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if _BEGINS_CODE.match(line)), len(lines))
    end = start
    while end < len(lines) and len(lines[end]) <= _LONGEST_LINE and _GOES_ON.match(lines[end]):
        end += 1
    return "\n".join(lines[start:end])


def _completed(text: str, problem: CodeProblem) -> str | None:
    """A function body after the prompt whose function it is; None if it cannot be one."""
    body = text.rstrip()
    if not body.startswith((" ", "\t")) or not _defines(problem.prompt, problem.entry_point):
        return None
    return f"{problem.prompt.rstrip()}\n{body}"


def _defines(source: str, name: str) -> bool:
    return name in _defined(source)


def _defined(source: str) -> set[str]:
    """Names that a source defines at its top level, as far as its lines show."""
    return {found[found.lastindex or 0] for found in _DEFINITION.finditer(source)}


def _with_preamble(program: str, problem: CodeProblem) -> str:
    """The program after the prompt's imports and helpers that it does not have itself."""
    try:
        prompt = ast.parse(problem.prompt)
    except (
        SyntaxError,
        ValueError,
        RecursionError,
        MemoryError,
    ):  # in words, or nested too deep for the parser
        return program
    present = {line.strip() for line in program.splitlines()}
    missing = [part for part in prompt.body if _is_preamble(part, program, problem)]
    missing.sort(key=lambda part: not _is_future(part))
    sources = [ast.get_source_segment(problem.prompt, part) or "" for part in missing]
    added = [source for source in sources if source not in present]
    if not added:
        return program
    # A program's own future imports must stay before everything else.
    own = [line for line in program.splitlines() if line.startswith("from __future__ import")]
    rest = "\n".join(line for line in program.splitlines() if line not in own)
    return "\n".join([*own, *added, "", rest])


def _is_preamble(part: ast.stmt, program: str, problem: CodeProblem) -> bool:
    """Whether a part of the prompt is an import, or a helper that the program does not define."""
    if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
        return part.name != problem.entry_point and not _defines(program, part.name)
    return isinstance(part, (ast.Import, ast.ImportFrom))


def _is_future(part: ast.stmt) -> bool:
    return isinstance(part, ast.ImportFrom) and part.module == "__future__"
