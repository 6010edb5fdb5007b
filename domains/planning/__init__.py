"""What the planning domains share: reading plans out of chat, prompts, files, and other names for everything."""

from modulo.domains.planning.backprompter import PlanBackprompter
from modulo.domains.planning.chat import parse_plan
from modulo.domains.planning.domain import PlanningDomain, PromptKind, planning_graph
from modulo.domains.planning.plain import plain_prompt
from modulo.domains.planning.planbench import Instance, read_planbench
from modulo.domains.planning.prompts import natural_prompt, pddl_prompt
from modulo.domains.planning.renaming import Renaming, obfuscate, rename
from modulo.domains.planning.restating import LLMReformulator
from modulo.domains.planning.steps import PlanSteps
from modulo.domains.planning.tools import applicable_actions, apply_actions
from modulo.domains.planning.wording import Wording, check_actions

__all__ = [
    "Instance",
    "LLMReformulator",
    "PlanBackprompter",
    "PlanSteps",
    "PlanningDomain",
    "PromptKind",
    "Renaming",
    "Wording",
    "applicable_actions",
    "apply_actions",
    "check_actions",
    "natural_prompt",
    "obfuscate",
    "parse_plan",
    "pddl_prompt",
    "plain_prompt",
    "planning_graph",
    "read_planbench",
    "rename",
]
