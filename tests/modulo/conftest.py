"""Property tests of the core have no deadline for one example: a busy machine is no fault of the code."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("modulo", deadline=None)
settings.load_profile("modulo")
