"""Critics of Python programs that models wrote: tests, run in a sandbox that the program cannot leave.

See docs/design/0013-code-sandbox.md for what isolates what.
"""

from modulo.critics.code.limits import DEFAULT_LIMITS, Limits
from modulo.critics.code.lint import RuffRemarks
from modulo.critics.code.passes_tests import PassesTests
from modulo.critics.code.pool import close_sandboxes
from modulo.critics.code.problem import Case, CodeProblem
from modulo.critics.code.reference import AgreesWithReference
from modulo.critics.code.sandbox import SandboxDied, SandboxUnusable
from modulo.critics.code.type_checks import TypeChecks
from modulo.critics.code.well_formed import WellFormedProgram

__all__ = [
    "DEFAULT_LIMITS",
    "AgreesWithReference",
    "Case",
    "CodeProblem",
    "Limits",
    "PassesTests",
    "RuffRemarks",
    "SandboxDied",
    "SandboxUnusable",
    "TypeChecks",
    "WellFormedProgram",
    "close_sandboxes",
]
