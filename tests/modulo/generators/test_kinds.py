"""Kinds of generators that packages register."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from modulo.cli.app import run
from modulo.errors import ConfigurationError, MissingDependencyError, ModuloError
from modulo.generators.kinds import GeneratorKind, find_generator_kind, installed_generator_kinds
from modulo.generators.llm import LLM
from modulo.generators.models import generator_from_string
from modulo.protocols import Generator
from modulo.testing import ScriptedGenerator

HOME = "tests.modulo.generators.test_kinds"


class Oracles(GeneratorKind):
    """``oracle:NAME`` for two names, of which one cannot be used here."""

    names = ("delphi", "dodona")

    def generator(self, name: str, *, problem_type: type | None = None) -> Generator:
        if name not in self.names:
            raise ConfigurationError(f"there is no oracle {name!r}")
        if problem_type is int:
            raise ConfigurationError("oracles do not answer numbers")
        return ScriptedGenerator([name])

    def state(self, name: str) -> str:
        if name == "dodona":
            raise MissingDependencyError("plant an oak")
        return "open on the seventh day"


ORACLES = Oracles()


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes some entry points the installed ones."""

    def install(**values: str) -> None:
        found = EntryPoints(EntryPoint(name, value, "modulo.generators") for name, value in values.items())
        monkeypatch.setattr("modulo.generators.kinds.entry_points", lambda group: found.select(group=group))

    return install


def test_a_model_string_of_an_installed_kind_names_its_generator(install: Callable[..., None]) -> None:
    install(oracle=f"{HOME}:ORACLES")
    assert isinstance(generator_from_string("oracle:delphi", problem_type=str), ScriptedGenerator)
    with pytest.raises(ConfigurationError, match="no oracle 'x'"):
        generator_from_string("oracle:x")
    with pytest.raises(ConfigurationError, match="do not answer numbers"):
        generator_from_string("oracle:delphi", problem_type=int)


def test_kinds_that_nobody_registered_are_models_of_a_provider(install: Callable[..., None]) -> None:
    install()
    assert find_generator_kind("oracle") is None
    assert isinstance(generator_from_string("ollama/llama3:8b"), LLM)


def test_without_planners_the_error_says_where_they_come_from(install: Callable[..., None]) -> None:
    install()
    with pytest.raises(ConfigurationError, match="no planners here"):
        generator_from_string("planner:fast-downward")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("nowhere.at_all:KIND", "cannot be loaded: ModuleNotFoundError"),
        (f"{HOME}:HOME", "is a str, no GeneratorKind"),
        (f"{HOME}:Oracles", "no GeneratorKind"),
    ],
)
def test_a_kind_that_cannot_be_loaded_does_not_hide_the_others(
    install: Callable[..., None], value: str, says: str
) -> None:
    install(broken=value, oracle=f"{HOME}:ORACLES")
    found = installed_generator_kinds()
    assert list(found) == ["broken", "oracle"]
    assert isinstance(found["broken"], ModuloError)
    assert says in str(found["broken"])
    assert isinstance(found["oracle"], GeneratorKind)
    with pytest.raises(ConfigurationError, match=says):
        generator_from_string("broken:x")


def test_doctor_tells_of_every_name_of_every_kind(
    install: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    install(broken="nowhere.at_all:KIND", oracle=f"{HOME}:ORACLES")
    assert run(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "ok      model oracle:delphi: open on the seventh day" in lines
    assert "absent  model oracle:dodona: plant an oak" in lines
    assert any(line.startswith("bad     model broken:") for line in lines)
