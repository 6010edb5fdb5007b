"""Critics that packages register are listed with what they say of themselves, and broken ones with what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from modulo.errors import ConfigurationError
from modulo.installed_critics import InstalledCritic, installed_critics

HOME = "tests.modulo.sample_critics"


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes some entry points the installed ones."""

    def install(**values: str) -> None:
        found = EntryPoints(EntryPoint(name, value, "modulo.critics") for name, value in values.items())
        monkeypatch.setattr("modulo.installed_critics.entry_points", lambda group: found.select(group=group))

    return install


def test_a_critic_made_of_a_function_is_listed(install: Callable[..., None]) -> None:
    install(even=f"{HOME}:even")
    assert installed_critics() == {
        "even": InstalledCritic(
            name="even",
            value=f"{HOME}:even",
            id=f"{HOME}:even",
            version="3",
            soundness="tests",
            proves="the number is even",
            judges="solutions",
            problem="list",
        )
    }


def test_a_class_is_listed_without_being_called(install: Callable[..., None]) -> None:
    install(at_most=f"{HOME}:AtMost")
    found = installed_critics()["at_most"]
    assert isinstance(found, InstalledCritic)
    assert (found.id, found.proves, found.problem) == (f"{HOME}:AtMost", None, "dict[str, int]")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("nowhere.at_all:Critic", "cannot be loaded: ModuleNotFoundError"),
        (f"{HOME}:MISSING", "cannot be loaded: AttributeError"),
        (f"{HOME}:make", "is a function that is no hard critic; register a Critic class"),
        (f"{HOME}:Abstract", "is a class that is no hard critic"),
        (f"{HOME}:Short", "is a class that is no hard critic"),
        (f"{HOME}:SHORT", "is a Short that is no hard critic"),
        (f"{HOME}:NAMELESS", "cannot say what it is: RuntimeError: no name"),
        (HOME, "is a module that is no hard critic"),
    ],
)
def test_what_is_no_critic_does_not_hide_the_others(
    install: Callable[..., None], value: str, says: str
) -> None:
    install(broken=value, even=f"{HOME}:even")
    found = installed_critics()
    assert list(found) == ["broken", "even"]
    assert isinstance(found["even"], InstalledCritic)
    assert isinstance(found["broken"], ConfigurationError)
    assert says in str(found["broken"])


def test_the_critics_of_this_library_are_registered() -> None:
    found = installed_critics()
    assert {"PlanValidator", "PassesTests", "Satisfies"} <= found.keys()
    for name, critic in found.items():
        assert isinstance(critic, InstalledCritic), critic
        assert critic.id.endswith(f":{name}")
        assert critic.problem
