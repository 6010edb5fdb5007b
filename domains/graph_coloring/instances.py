"""Seeded instances with a known colouring."""

from __future__ import annotations

import itertools
import random
import string

from modulo.domains.graph_coloring.problem import Coloring, ColoringProblem
from modulo.errors import ConfigurationError

__all__ = ["COLOR_NAMES", "generate"]

COLOR_NAMES = ("red", "green", "blue", "yellow", "purple", "orange", "brown", "pink")


def generate(
    *, nodes: int = 6, colors: int = 3, density: float = 0.6, seed: int = 0
) -> tuple[ColoringProblem, Coloring]:
    """A random graph with a planted colouring.

    Nodes are spread over the colours as evenly as can be, and of all pairs of different colours, a share of
    ``density`` is joined by an edge; the closer to 1, the fewer other colourings there are.

    Args:
        nodes: Number of nodes, at least 1.
        colors: Number of colours, at least 1.
        density: Share of the possible edges, from 0 to 1.
        seed: The same seed gives the same instance.

    Returns:
        The problem, and one colouring that solves it.

    Raises:
        ConfigurationError: A number makes no sense.
    """
    if nodes < 1 or colors < 1 or not 0 <= density <= 1:
        raise ConfigurationError(f"no graph has {nodes} nodes, {colors} colors and a density of {density}")
    rng = random.Random(seed)  # noqa: S311  instances, not secrets
    names = _node_names(nodes)
    palette = _color_names(colors)
    planted = [palette[i % colors] for i in range(nodes)]
    rng.shuffle(planted)
    coloring = dict(zip(names, planted, strict=True))
    possible = [pair for pair in itertools.combinations(names, 2) if coloring[pair[0]] != coloring[pair[1]]]
    chosen = sorted(rng.sample(range(len(possible)), round(density * len(possible))))
    edges = tuple(possible[i] for i in chosen)
    return ColoringProblem(nodes=names, edges=edges, colors=palette), coloring


def _node_names(count: int) -> tuple[str, ...]:
    letters = string.ascii_uppercase
    return tuple(letters[:count]) if count <= len(letters) else tuple(f"N{i}" for i in range(1, count + 1))


def _color_names(count: int) -> tuple[str, ...]:
    if count <= len(COLOR_NAMES):
        return COLOR_NAMES[:count]
    return tuple(f"color{i}" for i in range(1, count + 1))
