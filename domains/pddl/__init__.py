"""The user's own planning problems, as PDDL files."""

from modulo.domains.pddl.domain import DOMAIN, PddlDomain

__all__ = ["DOMAIN", "PddlDomain"]
