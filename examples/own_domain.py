"""A domain in under 150 lines: problem, prompt, reformulator, critic, instances, and what its audit tries.

The problem is a Latin square: Sudoku without boxes. ``modulo new-domain NAME`` writes a domain as a package, with
tests, which the command line then finds.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import modulo
from modulo.canonical import JsonValue
from modulo.domain import Domain
from modulo.errors import Malformed
from modulo.json_in_text import json_object_in
from modulo.specimens import Specimen, Specimens, Variant
from modulo.testing import ScriptedGenerator, audit

FORM = '{"rows": [[1, 2], [2, 1]]}'


@dataclass(frozen=True)
class Square:
    rows: list[list[int]]  # 0 stands for a cell to fill


@modulo.critic(proves="Latin square that keeps the given numbers")
def is_latin(problem: Square, rows: list[list[int]]) -> Iterator[modulo.Violation]:
    """Every changed cell, and every row and column that lacks a number.

    **Sound for:** the given numbers stand where they are given, and every row and column holds each number once.

    **Does not check:** that there is no other solution.
    """
    numbers = list(range(1, len(problem.rows) + 1))
    if [len(row) for row in rows] != [len(numbers)] * len(numbers):
        yield modulo.Violation("shape", f"The answer is not {len(numbers)} rows of {len(numbers)} numbers.")
        return
    for given, row in zip(problem.rows, rows, strict=True):
        for one, other in zip(given, row, strict=True):
            if one not in (0, other):
                yield modulo.Violation("changed", f"{one} is given, but the answer has {other}.")
    lines = [("row", row) for row in rows] + [("column", list(column)) for column in zip(*rows, strict=True)]
    for kind, line in lines:
        if missing := sorted(set(numbers) - set(line)):
            yield modulo.Violation(
                "incomplete", f"The {kind} {line} lacks {missing}.", hint="use each number once"
            )


def prompt(problem: Square) -> str:
    size = len(problem.rows)
    return (
        f"Fill each 0 so that every row and column holds each number from 1 to {size} once: {problem.rows}\n"
        f"Answer with JSON such as {FORM}"
    )


def read_rows(document: JsonValue) -> list[list[int]]:
    """Rows, or an object with them; certificates hold the former."""
    rows = document.get("rows") if isinstance(document, dict) and len(document) == 1 else document
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Malformed("The answer has no rows.", hint=FORM)
    if not all(type(number) is int for row in rows for number in row):  # True is an int, too
        raise Malformed("A cell of the answer is no whole number.", hint=FORM)
    return rows


def parse_rows(text: str) -> list[list[int]]:
    return read_rows(json_object_in(text, form=FORM))


def generate(size: int, seed: int) -> tuple[Square, list[list[int]]]:
    rng = random.Random(seed)
    order, shifts = rng.sample(range(1, size + 1), size), rng.sample(range(size), size)
    solution = [[order[(place + shift) % size] for place in range(size)] for shift in shifts]
    return Square([[number if rng.random() < 0.5 else 0 for number in row] for row in solution]), solution


class LatinSpecimens(Specimens[Square]):
    """Planted squares, the same damaged, and an oracle that is not the critic."""

    def draw(self, rng: random.Random) -> Specimen[Square]:
        problem, solution = generate(rng.randint(2, 5), rng.getrandbits(32))
        return Specimen(problem, ({"rows": solution},))

    def damaged(self, specimen: Specimen[Square], rng: random.Random) -> Iterator[Variant]:
        rows = read_rows(specimen.answers[0])
        yield Variant("last_cell", {"rows": [*rows[:-1], [*rows[-1][:-1], rows[-1][0]]]})
        yield Variant("exchanged_rows", {"rows": [*rows[1:], rows[0]]})
        yield Variant("renumbered", {"rows": [[len(rows) + 1 - number for number in row] for row in rows]})
        yield Variant("missing_row", {"rows": rows[:-1]})
        free = [place for place, given in enumerate(specimen.problem.rows[-1]) if not given]
        if len(free) > 1:  # a fault of columns alone
            last, (one, other) = list(rows[-1]), rng.sample(free, 2)
            last[one], last[other] = last[other], last[one]
            yield Variant("exchanged_cells", {"rows": [*rows[:-1], last]})

    def is_right(self, problem: Square, document: JsonValue) -> bool:
        rows = document.get("rows") if isinstance(document, dict) and len(document) == 1 else document
        cells = [(r, c) for r in range(len(problem.rows)) for c in range(len(problem.rows))]
        try:
            kept = all(problem.rows[r][c] in (0, rows[r][c]) for r, c in cells)
            triples = [{(r, rows[r][c]) for r, c in cells}, {(c, rows[r][c]) for r, c in cells}]
            shape = [len(row) for row in rows] == [len(problem.rows)] * len(problem.rows)
            exact = all(type(rows[r][c]) is int and 1 <= rows[r][c] <= len(problem.rows) for r, c in cells)
        except (IndexError, TypeError, KeyError):
            return False
        return kept and shape and exact and all(len(found) == len(cells) for found in triples)


class LatinSquares(Domain[Square]):
    """Problems are rows with zeros; answers are filled rows."""

    name, summary, problem_type = "latin_squares", "fill a Latin square", Square

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        graph = modulo.Graph(self.name, problem_type=Square)
        solver = graph.generator("solver", generator, prompt=prompt)
        rows = graph.reformulator("rows", parse_rows, reads=solver)
        graph.critic("is_latin", is_latin, reads=rows, backprompts=solver)
        return graph

    def example(self) -> Square:
        return Square([[1, 0], [0, 0]])

    def read_candidate(self, document: JsonValue, problem: Square) -> list[list[int]]:
        return read_rows(document)

    def specimens(self) -> LatinSpecimens:
        return LatinSpecimens()


DOMAIN = LatinSquares()


def main() -> None:
    model = ScriptedGenerator(['{"rows": [[1, 2], [1, 2]]}', 'Of course: {"rows": [[1, 2], [2, 1]]}'])
    outcome = modulo.solve_sync(DOMAIN.graph(model), DOMAIN.example())
    for attempt in outcome.attempts:
        print(attempt.text, [violation.message for c in attempt.critiques for violation in c.violations])
    print(audit(DOMAIN, n=1000, in_workers=False).summary())


if __name__ == "__main__":
    main()
