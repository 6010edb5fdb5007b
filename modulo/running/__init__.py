"""Running one expansion under limits: calls, conversions, critics, and where they run."""
