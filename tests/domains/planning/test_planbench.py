"""Directories laid out as PlanBench's."""

from __future__ import annotations

from pathlib import Path

import pytest

from modulo.domains.blocksworld import DOMAIN
from modulo.domains.planning import read_planbench
from modulo.domains.planning.blocks import DOMAIN_PDDL, generate
from modulo.errors import ProblemError


def planbench(root: Path, numbers: tuple[int, ...] = (1, 2, 10)) -> Path:
    folder = root / "blocksworld" / "generated_basic"
    folder.mkdir(parents=True)
    (root / "blocksworld" / "generated_domain.pddl").write_text(DOMAIN_PDDL)
    for number in numbers:
        (folder / f"instance-{number}.pddl").write_text(generate(seed=number)[0].problem_pddl)
    return root


def test_problems_are_read_with_their_domain_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    found = list(read_planbench(planbench(tmp_path)))
    assert [instance.id for instance in found] == [
        f"blocksworld/generated_basic/instance-{number}" for number in (1, 2, 10)
    ]
    assert [instance.problem for instance in found] == [generate(seed=seed)[0] for seed in (1, 2, 10)]


def test_a_folder_of_instances_finds_its_domain_above(tmp_path: Path) -> None:
    folder = planbench(tmp_path) / "blocksworld" / "generated_basic"
    assert [instance.id for instance in read_planbench(str(folder))] == [
        "instance-1",
        "instance-2",
        "instance-10",
    ]


def test_the_nearest_domain_counts(tmp_path: Path) -> None:
    root = planbench(tmp_path)
    nearer = DOMAIN_PDDL.replace("blocksworld-4ops", "nearer")
    folder = root / "blocksworld" / "generated_basic"
    (folder / "domain.pddl").write_text(nearer)
    for file in folder.glob("instance-*.pddl"):
        file.write_text(file.read_text().replace("blocksworld-4ops", "nearer"))
    assert {instance.problem.domain_pddl for instance in read_planbench(root)} == {nearer}


def test_an_empty_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="holds no problem files"):
        list(read_planbench(tmp_path))


def test_a_problem_without_a_domain_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "lonely.pddl").write_text(generate()[0].problem_pddl)
    with pytest.raises(ProblemError, match=r"lonely\.pddl has no domain"):
        list(read_planbench(tmp_path))


@pytest.mark.parametrize(
    "content", [b"(define (problem", b"\xff\xfe", b"", b"(define (problem p) (:domain other))"]
)
def test_a_file_that_is_no_problem_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    folder = planbench(tmp_path, (1,)) / "blocksworld" / "generated_basic"
    (folder / "instance-3.pddl").write_bytes(content)
    with pytest.raises(ProblemError, match=r"instance-3\.pddl"):
        list(read_planbench(tmp_path))


def test_a_pddl_file_is_a_problem_of_the_domains(tmp_path: Path) -> None:
    file = planbench(tmp_path) / "blocksworld" / "generated_basic" / "instance-2.pddl"
    assert DOMAIN.read_problem_file(file) == generate(seed=2)[0]


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "domain.pddl").write_text(DOMAIN_PDDL)
    with pytest.raises(ProblemError, match=r"nothing\.pddl"):
        DOMAIN.read_problem_file(tmp_path / "nothing.pddl")
