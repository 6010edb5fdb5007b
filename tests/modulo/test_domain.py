from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from modulo.checking import check, verify
from modulo.domain import Domain, find_domain, installed_domains, read_file
from modulo.errors import ConfigurationError, ModuloError, ProblemError
from tests.modulo.sample_domain import DOMAIN
from tests.modulo.sample_graphs import Target, certificate_for

HOME = "tests.modulo.sample_domain"


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes some entry points the installed ones."""

    def install(**values: str) -> None:
        found = EntryPoints(EntryPoint(name, value, "modulo.domains") for name, value in values.items())
        monkeypatch.setattr("modulo.domain.entry_points", lambda group: found.select(group=group))

    return install


def test_a_domain_is_found_by_its_name(install: Callable[..., None]) -> None:
    install(numbers=f"{HOME}:DOMAIN")
    assert find_domain("numbers") is DOMAIN
    assert installed_domains() == {"numbers": DOMAIN}


def test_an_unknown_domain_is_answered_with_the_nearest_name(install: Callable[..., None]) -> None:
    install(numbers=f"{HOME}:DOMAIN", maps=f"{HOME}:DOMAIN")
    with pytest.raises(
        ConfigurationError, match=r"no domain 'nubmers' here; did you mean 'numbers'\? Installed: maps, numbers"
    ):
        find_domain("nubmers")
    with pytest.raises(ConfigurationError, match=r"no domain 'xyz' here\. Installed: maps, numbers"):
        find_domain("xyz")


def test_without_any_domain_the_error_says_so(install: Callable[..., None]) -> None:
    install()
    with pytest.raises(ConfigurationError, match="Installed: none"):
        find_domain("numbers")
    assert installed_domains() == {}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("nowhere.at_all:DOMAIN", "cannot be loaded: ModuleNotFoundError"),
        (f"{HOME}:MISSING", "cannot be loaded: AttributeError"),
        (f"{HOME}:NO_DOMAIN", "is a Target, no Domain"),
        (f"{HOME}:Numbers", "no Domain"),
    ],
)
def test_a_domain_that_cannot_be_loaded_does_not_hide_the_others(
    install: Callable[..., None], value: str, says: str
) -> None:
    install(broken=value, numbers=f"{HOME}:DOMAIN")
    found = installed_domains()
    assert list(found) == ["broken", "numbers"]
    assert found["numbers"] is DOMAIN
    assert isinstance(found["broken"], ModuloError)
    assert says in str(found["broken"])
    with pytest.raises(ConfigurationError, match=says):
        find_domain("broken")


def test_the_domains_of_this_library_are_installed() -> None:
    assert all(isinstance(domain, Domain) for domain in installed_domains().values())
    assert "graph_coloring" in installed_domains()


@pytest.mark.anyio
async def test_a_certificate_is_verified_with_the_domain_that_it_names(install: Callable[..., None]) -> None:
    certificate = certificate_for(DOMAIN.graph_for_checking(), Target(4), number=4)
    install(numbers=f"{HOME}:DOMAIN")
    assert (await verify(certificate.to_bytes())).certificate == certificate
    install()
    with pytest.raises(ConfigurationError, match="no domain 'numbers'"):
        await verify(certificate)


@pytest.mark.anyio
async def test_a_domain_has_a_graph_to_check_candidates_with() -> None:
    problem = DOMAIN.read_problem({"total": 7})
    candidate = DOMAIN.read_candidate(7, problem)
    assert (await check(DOMAIN.graph_for_checking(), problem, candidate)).verdict == "accept"


def test_problems_are_read_from_files(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text('{"total": 7}')
    assert DOMAIN.read_problem_file(path) == Target(7)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"total": 7', "line 1 column 12"),
        ('{"total": "7"}', "total: Input should be a valid integer"),
        ("{}", "total: Field required"),
        ("[]", "not a Target"),
        ('{"total": 1e400}', "too large a number"),
    ],
)
def test_a_file_without_a_problem_is_a_problem_error(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(ProblemError, match=says):
        DOMAIN.read_problem_file(path)


def test_a_file_that_cannot_be_read_is_a_problem_error(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(ProblemError, match="cannot be read"):
            read_file(path)


def test_defaults_suit_every_domain() -> None:
    assert DOMAIN.answer_schema(Target(1)) is None
    assert DOMAIN.strategy().describe()
    assert DOMAIN.backprompter().describe()
