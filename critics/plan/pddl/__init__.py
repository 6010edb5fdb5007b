"""PDDL texts: read into values, checked, and written back. It knows nothing of plans."""
