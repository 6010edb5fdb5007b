"""A second opinion on plans, by the library unified-planning (Micheli et al., 2025, SoftwareX 29)."""

from modulo.critics.plan.unified_planning.critic import UnifiedPlanningValidator

__all__ = ["UnifiedPlanningValidator"]
