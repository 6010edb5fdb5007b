"""What the planning domains share: reading plans out of chat, prompts, files, and other names for everything."""

from modulo.domains.planning.chat import parse_plan
from modulo.domains.planning.domain import PlanningDomain, PromptKind, planning_graph
from modulo.domains.planning.plain import describe_plainly
from modulo.domains.planning.planbench import Instance, read_planbench
from modulo.domains.planning.prompts import pddl_prompt, with_answer_form
from modulo.domains.planning.renaming import Renaming, obfuscate, rename
from modulo.domains.planning.restating import LLMReformulator
from modulo.domains.planning.wording import Wording

__all__ = [
    "Instance",
    "LLMReformulator",
    "PlanningDomain",
    "PromptKind",
    "Renaming",
    "Wording",
    "describe_plainly",
    "obfuscate",
    "parse_plan",
    "pddl_prompt",
    "planning_graph",
    "read_planbench",
    "rename",
    "with_answer_form",
]
