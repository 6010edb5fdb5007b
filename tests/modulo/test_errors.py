from __future__ import annotations

import re

import pytest

from modulo import errors
from modulo.errors import GraphError, ModuloError

CLASSES = {name: thing for name, thing in vars(errors).items() if isinstance(thing, type)}
EXCEPTIONS = {name: thing for name, thing in CLASSES.items() if issubclass(thing, Exception)}
DRAWN = re.findall(r"^ {4}[│├└─ ]*([A-Z]\w+)(?: \((\w+)\))?(?= |$)", errors.__doc__ or "", re.MULTILINE)


def test_the_tree_at_the_top_of_the_file_is_the_tree_of_the_code() -> None:
    assert {name for name, _ in DRAWN} == EXCEPTIONS.keys()


@pytest.mark.parametrize(("name", "builtin"), [pair for pair in DRAWN if pair[1]])
def test_an_error_is_also_the_built_in_one_that_fits(name: str, builtin: str) -> None:
    assert issubclass(EXCEPTIONS[name], __builtins__[builtin])  # type: ignore[index]


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_every_error_is_a_modulo_error_and_public(name: str) -> None:
    assert issubclass(EXCEPTIONS[name], ModuloError)
    assert name in errors.__all__


def test_a_graph_error_lists_every_fault() -> None:
    error = GraphError("numbers", ["it has no generator.", "critic 'a' reads nothing."])
    assert error.faults == ("it has no generator.", "critic 'a' reads nothing.")
    assert str(error) == "graph 'numbers' cannot be run: it has no generator. critic 'a' reads nothing."
