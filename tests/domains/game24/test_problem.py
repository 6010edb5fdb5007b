"""Problems and files of puzzles."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from modulo.domains.game24 import DOMAIN, Game24Problem, generate, read_puzzles
from modulo.errors import ConfigurationError, ProblemError


def test_twenty_four_is_the_default_target() -> None:
    assert DOMAIN.read_problem({"numbers": [1, 2, 4, 7]}).target == 24


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        [1, 2, 3, 4],
        {},
        {"numbers": []},
        {"numbers": [1] * 31},
        {"numbers": [1, True]},
        {"numbers": [1, 2.5]},
        {"numbers": ["1"]},
        {"numbers": [-1, 2]},
        {"numbers": [10**7]},
        {"numbers": "1 2 3 4"},
        {"numbers": [1, 2], "target": "24"},
        {"numbers": [1, 2], "target": True},
        {"numbers": [1, 2], "goal": 24},
    ],
)
def test_what_is_no_puzzle_is_refused(document: object) -> None:
    with pytest.raises(ProblemError):
        DOMAIN.read_problem(document)  # type: ignore[arg-type]


def test_a_puzzle_of_a_file_of_json_lines_is_found_by_its_rank(tmp_path: Path) -> None:
    file = tmp_path / "puzzles.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"rank":7,"numbers":[1,1,4,6]}\n{"rank":8,"numbers":[4,5,6,10]}\n'))
    assert DOMAIN.read_problem_file(Path(f"{file}#8")) == Game24Problem(numbers=(4, 5, 6, 10))


def test_a_puzzle_of_the_csv_file_is_found_by_its_rank(tmp_path: Path) -> None:
    file = tmp_path / "24.csv"
    file.write_text("Rank,Puzzles,AMT (s),Solved rate\n1,1 1 4 6,4.4,99.20%\n2,1 1 11 11,4.41,99.60%\n")
    assert DOMAIN.read_problem_file(Path(f"{file}#2")) == Game24Problem(numbers=(1, 1, 11, 11))
    assert list(read_puzzles(file)) == ["1", "2"]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", "Rank,Numbers\n1,1 2\n", "no columns"),
        ("a.csv", "Rank,Puzzles\n1,1 two\n", "puzzle 1"),
        ("a.csv", "Rank,Puzzles\n1,1 2\n1,3 4\n", "twice"),
        ("a.csv", 'Rank,Puzzles\n1,"1 2', "no CSV"),
        ("a.jsonl", '{"numbers":[1,2]}\n[3]\n', "puzzle 2"),
        ("a.jsonl", '{"numbers":[1,2]}\n', "no puzzle of rank"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ProblemError, match=says):
        DOMAIN.read_problem_file(Path(f"{tmp_path / name}#9"))


def test_all_puzzles_of_the_benchmark_are_read(shared_data: Path) -> None:
    assert len(read_puzzles(shared_data / "game24_puzzles.jsonl.gz")) == 1362


def test_a_seed_gives_the_same_instance() -> None:
    assert generate(seed=3) == generate(seed=3) != generate(seed=4)


@pytest.mark.parametrize(
    "settings", [{"count": 0}, {"count": 31}, {"largest": 0}, {"target": 0}, {"count": 2, "largest": 3}]
)
def test_settings_without_an_instance_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        generate(**settings)
