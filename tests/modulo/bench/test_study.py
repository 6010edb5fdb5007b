"""Study files."""

from __future__ import annotations

from pathlib import Path

import pytest

from modulo import ConfigurationError
from modulo.bench.study import read_study, study_of

TOML = """
name = "colouring"
[budget]
rounds = 5
[models]
small = "local"
[models.large]
model = "openai/gpt-5-mini"
temperature = 0.5
[strategies]
refine = "refine:width=2"
[[problems]]
domain = "graph_coloring"
count = 3
difficulty = { nodes = 5 }
"""

YAML = """
name: colouring
budget: {rounds: 5}
models:
  small: local
  large: {model: openai/gpt-5-mini, temperature: 0.5}
strategies: {refine: "refine:width=2"}
problems:
  - {domain: graph_coloring, count: 3, difficulty: {nodes: 5}}
"""


def test_toml_and_yaml_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(TOML)
    (tmp_path / "a.yaml").write_text(YAML)
    assert read_study(tmp_path / "a.toml") == read_study(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "name ="),
        ("a.yaml", "name: ["),
        ("a.yaml", "- 1"),
        ("a.toml", ""),
        ("a.yaml", "!!python/object:x {}"),
        ("a.yaml", "[" * 100_000),
        ("a.toml", "a = " + "[" * 100_000),
    ],
)
def test_a_file_that_holds_no_study_is_refused_in_words(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigurationError, match=str(tmp_path / name)):
        read_study(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_study(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.yaml", "name: [", r"'<stream end>' \(at line 1, column \d+\)$"),
        ("a.yaml", "!!python/object:x {}", r"could not determine a constructor .* \(at line 1, column 1\)$"),
        ("a.yaml", YAML + "name: again", r"the key 'name' stands there twice \(at line \d+, column 1\)$"),
        ("a.yaml", YAML.replace("large:", "small:"), r"the key 'small' stands there twice"),
        ("a.toml", TOML.replace("count = 3", "count = 100000000000"), "less than or equal to 1000000$"),
        ("a.toml", TOML.replace("[budget]", f"seed = {10**30}\n[budget]"), "seed: Input should be less"),
        ("a.toml", TOML.replace("count = 3", "count = 0"), r"problems\.0: a set of problems has"),
        ("a.toml", TOML.replace("count = 3", "count = true"), r"problems\.0\.count: .* valid integer$"),
        ("a.yaml", YAML.replace("rounds: 5", 'rounds: "5"'), r"budget\.rounds: .* valid integer$"),
        (
            "a.yaml",
            YAML.replace("rounds: 5", 'cost_usd: "5"'),
            r"budget\.cost_usd: this must be a number, not '5'$",
        ),
        (
            "a.toml",
            TOML.replace("0.5", "true"),
            r"models\.large\.temperature: this must be a number, not True$",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told_in_one_line(name: str, text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigurationError, match=says) as refused:
        read_study(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_yaml_may_name_a_part_and_mean_it_again(tmp_path: Path) -> None:
    merged = YAML.replace("small: local", "small: &m {model: local}\n  other: {<<: *m, temperature: 0.1}")
    (tmp_path / "a.yaml").write_text(merged)
    assert read_study(tmp_path / "a.yaml").models["other"].model == "local"


def test_a_model_may_be_there_only_for_others_to_choose() -> None:
    document = {
        "problems": [{"domain": "simulated", "count": 1}],
        "models": {
            "small": {"model": "local", "strategies": []},
            "both": {"choose": ["small"], "strategies": ["cascade"]},
            "other": "local",
        },
        "strategies": {"refine": "refine", "cascade": "cascade"},
    }
    assert study_of(document, where="here").pairs == (
        ("both", "cascade"),
        ("other", "refine"),
        ("other", "cascade"),
    )


def test_a_study_of_nothing_is_refused() -> None:
    document = {
        "problems": [{"domain": "simulated", "count": 1}],
        "models": {"small": {"model": "local", "strategies": []}},
        "strategies": {"refine": "refine"},
    }
    with pytest.raises(ConfigurationError, match="here: study: no model is tried with any strategy"):
        study_of(document, where="here")
