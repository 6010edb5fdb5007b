"""Sound critics for reuse across domains."""
