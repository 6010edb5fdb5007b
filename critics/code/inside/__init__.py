"""What runs inside of sandboxes. Standard library only: its source is handed to a bare interpreter there.

A sandbox gets the modules of its own role and no others (``modulo.critics.code.sandbox``).
"""
