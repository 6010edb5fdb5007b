"""Study files."""

from __future__ import annotations

from pathlib import Path

import pytest

from modulo import ConfigurationError
from modulo.bench.study import read_study

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
