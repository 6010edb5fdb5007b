"""What a model is asked."""

from __future__ import annotations

from modulo.critics.code import CodeProblem

__all__ = ["prompt"]


def prompt(problem: CodeProblem) -> str:
    """The problem, and how to answer. No test is shown that the problem's own prompt does not show."""
    if problem.format == "stdio":
        return (
            f"{problem.prompt.strip()}\n\nAnswer with one Python code block that holds a whole program. It reads "
            "standard input and prints the answer, and nothing else."
        )
    if f"def {problem.entry_point}" in problem.prompt:
        task = f"Complete this Python function.\n\n```python\n{problem.prompt.rstrip()}\n```"
    else:
        task = f"{problem.prompt.strip()}\nThe Python function must be called {problem.entry_point}."
    return (
        f"{task}\n\nAnswer with one Python code block that holds the whole function and every import it needs."
    )
