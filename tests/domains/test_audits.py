"""Every domain here passes its audit, and the records that come with domains are of the critics as they are."""

from __future__ import annotations

import gc

import pytest

from modulo.critics.code import close_sandboxes
from modulo.domain import Domain, find_domain, installed_domains
from modulo.testing import assert_sound

OURS = [
    name
    for name, domain in installed_domains().items()
    if isinstance(domain, Domain) and type(domain).__module__.startswith("modulo.domains.")
]
SLOW = {"code": 300, "travel": 1000}
"""Domains whose critics take long, with the documents that they are tried on."""


# An audit interrupts critics between any two of their lines, those that close things included; the collector does.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
@pytest.mark.parametrize("name", OURS)
def test_the_critics_of_a_domain_pass_their_audit(name: str) -> None:
    assert_sound(find_domain(name), n=SLOW.get(name, 10_000))
    close_sandboxes()
    gc.collect()


@pytest.mark.slow
@pytest.mark.parametrize("name", OURS)
def test_the_records_that_come_with_a_domain_are_current(name: str) -> None:
    domain = find_domain(name)
    audits = domain.audits()
    nodes = list(domain.graph_for_checking().critics.values())
    audited = {record.critic for record in audits.records}
    for node in nodes:
        if node.critic.id in audited:
            others = [other.critic for other in nodes]
            assert audits.objection(node.critic, others) is None, "run scripts/audit"
