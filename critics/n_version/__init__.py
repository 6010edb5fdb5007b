"""N-version programming for critics: one verdict of several independent implementations, or none.

After Chen and Avizienis, *N-version programming: a fault-tolerance approach to reliability of software operation*
(FTCS-8, 1978). Here, no majority decides: where implementations disagree, one of them is wrong, and nothing says
which.
"""

from modulo.critics.n_version.critic import NVersion

__all__ = ["NVersion"]
