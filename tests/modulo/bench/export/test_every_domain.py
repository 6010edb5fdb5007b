"""What is exported can be judged again in every domain that is installed."""

from __future__ import annotations

import json
import random
from typing import Any

import anyio
import pytest

from modulo.batch import check_lines
from modulo.canonical import parse_json
from modulo.domain import Domain, installed_domains
from modulo.problem import Candidate, Problem

DOMAINS = [domain for domain in installed_domains().values() if isinstance(domain, Domain)]


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: str(domain.name))
def test_canonical_problems_and_answers_are_read_and_accepted(domain: Domain[Any]) -> None:
    specimens = domain.specimens()
    if specimens is None:
        pytest.skip("there are no answers known to be right")
    specimen = specimens.draw(random.Random(3))
    value = domain.read_candidate(specimen.answers[0], specimen.problem)
    codec = domain.graph_for_checking().check().answer.codec
    answer = Candidate.of(value, codec=codec, text="", node="", model="", prompt_sha256="")
    row = {
        "id": 1,
        "domain": domain.name,
        "problem": parse_json(Problem.of(specimen.problem, domain=domain.name).canonical),
        "candidate": parse_json(answer.canonical),
    }
    assert anyio.run(_verdict, row) == "accept"


async def _verdict(row: dict[str, Any]) -> str:
    (answered,) = [one.document async for one in check_lines([json.dumps(row).encode()])]
    return str(answered["verdict"])
