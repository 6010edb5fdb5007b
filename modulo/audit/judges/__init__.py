"""How often a model that judges is wrong, measured against sound critics on the same answers.

As Stechly, Valmeekam and Kambhampati did, *On the self-verification limitations of large language models on reasoning
and planning tasks* (2024): GPT-4 accepted 10 % of wrong answers in the Game of 24, and rejected 96 % of right
colourings.
"""

from modulo.audit.judges.measuring import audit_judge
from modulo.audit.judges.report import JudgeReport

__all__ = ["JudgeReport", "audit_judge"]
