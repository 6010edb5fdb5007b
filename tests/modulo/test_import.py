"""What ``import modulo`` costs, tried in fresh interpreters."""

from __future__ import annotations

import ast
import inspect
import operator
import pkgutil
import re
import subprocess
import sys
from importlib import import_module

import pytest

import modulo

SLOW_TO_LOAD = ("litellm", "networkx", "pydantic", "structlog", "tenacity", "click", "rich")

# What annotations name besides: of the standard library, and aliases of what is public.
COMMON = {"Any", "Callable", "Awaitable", "Sequence", "Mapping", "Literal", "PathLike", "Unpack", "None"}
COMMON |= {"Judgement", "Prompt", "Reads", "RunsIn", "SolveOptions"}


def loaded_after(program: str) -> set[str]:
    report = f"import sys\n{program}\nprint(*[name for name in {SLOW_TO_LOAD!r} if name in sys.modules])"
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", report], capture_output=True, text=True, check=True, timeout=60
    )
    assert finished.stderr == ""
    return set(finished.stdout.split())


def test_importing_modulo_loads_nothing_that_is_slow() -> None:
    assert loaded_after("import modulo") == set()


def test_declaring_a_graph_loads_nothing_that_is_slow() -> None:
    program = (
        "import modulo; modulo.Graph('g').generator('a', lambda request: ''); modulo.Budget(); modulo.Refine()"
    )
    assert loaded_after(program) == set()


def test_problems_of_plain_json_need_no_pydantic() -> None:
    assert loaded_after("import modulo; modulo.Problem.of({'a': [1]}, domain='d').own_value()") == set()


def test_every_public_name_resolves_and_loads_no_litellm() -> None:
    program = "import modulo\nfor name in modulo.__all__: getattr(modulo, name)"
    assert "litellm" not in loaded_after(program)


def test_a_star_import_brings_every_public_name() -> None:
    assert "litellm" not in loaded_after("from modulo import *\nGraph, solve, Certified, __version__")


def homes_that_type_checkers_see() -> dict[str, str]:
    """The module of each public name, as the imports say that are never executed."""
    nodes = ast.walk(ast.parse(inspect.getsource(modulo)))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0]
    return {name.name: str(node.module) for node in imports for name in node.names}


@pytest.mark.parametrize("name", modulo.__all__)
def test_a_public_name_is_listed_and_is_what_type_checkers_take_it_for(name: str) -> None:
    assert name in dir(modulo)
    assert getattr(modulo, name) is getattr(import_module(homes_that_type_checkers_see()[name]), name)


def test_no_module_has_the_name_of_something_public_which_it_would_hide() -> None:
    modules = {module.name for module in pkgutil.iter_modules(modulo.__path__)}
    assert not modules & set(modulo.__all__)


@pytest.mark.parametrize(
    "function",
    ["solve", "solve_sync", "check", "verify", "replay", "critic", "Graph.generator", "Graph.critic"],
)
def test_what_a_public_function_takes_and_gives_can_be_imported_from_modulo(function: str) -> None:
    signature = inspect.signature(operator.attrgetter(function)(modulo))
    annotations = [signature.return_annotation, *(p.annotation for p in signature.parameters.values())]
    named = {name for text in annotations for name in re.findall(r"[A-Z]\w+", str(text))}
    assert named - COMMON <= set(modulo.__all__)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'modulo' has no attribute 'slove'"):
        modulo.slove  # noqa: B018
