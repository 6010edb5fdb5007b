"""Assertions of the rules explain themselves as those of tests do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.modulo.properties.rules")
