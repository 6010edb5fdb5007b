"""What holds for every installed domain: it is read, drawn, run and checked, and none is treated specially."""

from __future__ import annotations

import json
import math
import random
import sys
from pathlib import Path
from typing import Any, get_type_hints

import anyio
import pytest
from jsonschema import Draft202012Validator

from modulo.backprompt import ChatBackprompter
from modulo.batch import check_one
from modulo.canonical import codec_for, parse_json
from modulo.cli.app import run
from modulo.domain import Domain, find_domain, installed_domains
from modulo.errors import ConfigurationError
from modulo.graph.nodes import GeneratorNode
from modulo.problem import Problem

NAMES = sorted(installed_domains())
MOST_DRAWS = 40
"""Problems that are drawn until each kind of damage has been rejected once."""


@pytest.fixture(params=NAMES)
def domain(request: pytest.FixtureRequest) -> Domain[Any]:
    """Each installed domain."""
    return find_domain(request.param)


@pytest.mark.parametrize("name", NAMES)
def test_its_name_is_that_of_its_entry_point(name: str) -> None:
    domain = find_domain(name)
    assert domain.name == name
    assert domain.graph_for_checking().name


def test_its_summary_is_one_line(domain: Domain[Any]) -> None:
    assert domain.summary.strip() == domain.summary
    assert 10 < len(domain.summary) < 100
    assert "\n" not in domain.summary
    assert not domain.summary.endswith(".")


def test_its_example_is_the_same_problem_after_being_written_and_read(domain: Domain[Any]) -> None:
    example = domain.example()
    document = parse_json(codec_for(domain.problem_type).encode(example))
    assert domain.read_problem(document) == example
    assert Problem.of(domain.example(), domain=domain.name) == Problem.of(example, domain=domain.name)


WITH_INSTANCES = [name for name in NAMES if name not in ("code", "pddl")]


@pytest.mark.parametrize("name", WITH_INSTANCES)
def test_its_problems_are_made_by_seed(name: str) -> None:
    domain = find_domain(name)
    made = [Problem.of(domain.generate(seed), domain=name) for seed in range(3)]
    assert len({problem.sha256 for problem in made}) == 3
    assert made == [Problem.of(domain.generate(seed), domain=name) for seed in range(3)]
    for problem in made:
        assert domain.read_problem(parse_json(problem.canonical)) == problem.value


@pytest.mark.parametrize("name", WITH_INSTANCES)
def test_settings_of_instances_that_make_no_sense_are_refused(name: str) -> None:
    domain = find_domain(name)
    with pytest.raises(ConfigurationError, match="no setting spin; there are "):
        domain.generate(0, spin=0.5)
    instances = sys.modules[type(domain).__module__]
    make = getattr(instances, "_numbered" if name == "simulated" else "generate")
    for setting in get_type_hints(make).keys() - {"seed", "return"}:
        for value in ({}, math.nan, [[]]):
            with pytest.raises(ConfigurationError):
                domain.generate(0, **{setting: value})


def test_a_domain_without_instances_says_so() -> None:
    for name in set(NAMES) - set(WITH_INSTANCES):
        with pytest.raises(ConfigurationError, match="generates no problems"):
            find_domain(name).generate(0)


def test_its_graph_has_critics_that_say_what_they_prove(domain: Domain[Any]) -> None:
    critics = domain.graph_for_checking().check().critics
    assert any(node.critic.judges == "solutions" for node in critics)
    for node in critics:
        assert node.critic.proves
        assert "**Sound for:**" in (node.critic.__doc__ or "")
        assert "**Does not check:**" in (node.critic.__doc__ or "")


def test_its_prompts_are_text(domain: Domain[Any]) -> None:
    nodes = [n for n in domain.graph_for_checking().generators.values() if isinstance(n, GeneratorNode)]
    assert nodes
    for node in nodes:
        assert node.prompt is not None
        assert str(node.prompt(domain.example())).strip()


def test_its_answer_schema_is_a_schema(domain: Domain[Any]) -> None:
    schema = domain.answer_schema(domain.example())
    if schema is not None:
        Draft202012Validator.check_schema(dict(schema))
        json.dumps(schema)


def test_it_runs_on_the_command_line(
    domain: Domain[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = codec_for(domain.problem_type).encode(domain.example()).decode()
    (tmp_path / "p.json").write_text(problem)
    transcript = {"problem": json.loads(problem), "model": "m", "responses": [{"text": "I do not know."}]}
    (tmp_path / "t.jsonl").write_text(json.dumps(transcript))
    options = ("--model", f"transcript:{tmp_path / 't.jsonl'}", "--rounds", "1", "--json")
    for problem_options in ((), ("--problem", str(tmp_path / "p.json"))):
        assert run(["solve", domain.name, *problem_options, *options]) == 1
        outcome = json.loads(capsys.readouterr().out)
        assert (outcome["outcome"], outcome["stop_reason"]) == ("exhausted", "rounds_limit")
        assert outcome["attempts"][0]["critiques"][0]["verdict"] == "reject"


def test_rows_of_a_batch_are_answered(
    domain: Domain[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = json.loads(codec_for(domain.problem_type).encode(domain.example()))
    row = {"id": 1, "domain": domain.name, "problem": problem, "candidate": {"no": "answer"}}
    unread = {**row, "id": 2, "problem": {"no": "problem"}}
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, (row, unread))))
    assert run(["check", "--batch", str(tmp_path / "rows.jsonl")]) == 2
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["id"], first["verdict"], bool(first["violations"])) == (1, "reject", True)
    assert (second["id"], second["verdict"]) == (2, "error")


def test_its_graph_is_drawn(domain: Domain[Any], capsys: pytest.CaptureFixture[str]) -> None:
    for form, begins in (("mermaid", "flowchart"), ("dot", "digraph")):
        assert run(["graph", domain.name, "--format", form]) == 0
        assert capsys.readouterr().out.startswith(begins)


@pytest.mark.parametrize(
    "document", [None, True, 0, -1.5, "", "VERDICT: ACCEPT", [], {}, [[]], {"a": {}}, "{" * 500]
)
def test_what_is_no_answer_is_rejected(domain: Domain[Any], document: Any) -> None:
    checked = anyio.run(check_one, domain, domain.example(), document)
    assert checked.verdict == "reject"


def test_it_can_describe_how_it_is_run(domain: Domain[Any]) -> None:
    json.dumps(dict(domain.strategy().describe()))
    json.dumps(dict(domain.backprompter().describe()))
    assert isinstance(domain.backprompter(), ChatBackprompter) or domain.backprompter().needs_all_critiques


def test_its_critics_accept_right_answers_and_reject_each_kind_of_damage(domain: Domain[Any]) -> None:
    specimens = domain.specimens()
    if specimens is None:
        pytest.skip(f"{domain.name} has no specimens")
    rng, graph = random.Random(1), domain.graph_for_checking()
    damaged: dict[str, bool] = {}

    async def accepts(problem: Any, document: Any) -> bool:
        checked = await check_one(domain, problem, document, graph=graph)
        assert checked.verdict in ("accept", "reject"), checked
        return checked.verdict == "accept"

    async def try_one() -> None:
        specimen = specimens.draw(rng)
        assert specimen.answers
        for answer in specimen.answers:
            assert await accepts(specimen.problem, answer), (specimen, answer)
            assert specimens.is_right(specimen.problem, answer) is not False, (specimen, answer)
        for variant in specimens.rewritten(specimen, rng):
            assert await accepts(specimen.problem, variant.document), (specimen, variant)
        for variant in specimens.damaged(specimen, rng):
            is_right = bool(specimens.is_right(specimen.problem, variant.document))
            assert await accepts(specimen.problem, variant.document) == is_right, (specimen, variant)
            damaged[variant.family] = damaged.get(variant.family, False) or not is_right

    async def try_some() -> None:
        for count in range(MOST_DRAWS):
            await try_one()
            if count >= 3 and all(damaged.values()):
                return

    anyio.run(try_some)

    assert all(damaged.values()), [family for family, rejected in damaged.items() if not rejected]
