"""Measures the plan validator against the figures it is to reach, and prints a table; no test, it asserts no times.

    python tests/performance/planning.py [--batch FILE] [--peers] [--json]

Texts are new objects each time, so that nothing is known of them; "problem loaded" means that its text was read
before. ``--peers`` measures unified-planning in the same run, which reads the plan's text too. ``--batch`` also times
``modulo check --batch`` on a file, as a process of its own, start-up included.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from measuring import MILLI, Row, Times
from planning_peers import measure_peers
from reporting import describe_machine, document, print_table

from modulo.critics.plan import PddlProblem, PlanValidator
from modulo.critics.plan.pddl.reading_domain import read_domain
from modulo.critics.plan.pddl.reading_problem import read_problem
from modulo.critics.plan.task import Task, compile_domain

_REPEATS = 15
_MODULO = "from modulo.cli import main; main()"
_DOMAIN = """(define (domain blocksworld-4ops)
  (:requirements :strips)
  (:predicates (clear ?x) (ontable ?x) (handempty) (holding ?x) (on ?x ?y))
  (:action pick-up :parameters (?ob) :precondition (and (clear ?ob) (ontable ?ob) (handempty))
    :effect (and (holding ?ob) (not (clear ?ob)) (not (ontable ?ob)) (not (handempty))))
  (:action put-down :parameters (?ob) :precondition (holding ?ob)
    :effect (and (clear ?ob) (handempty) (ontable ?ob) (not (holding ?ob))))
  (:action stack :parameters (?ob ?underob) :precondition (and (clear ?underob) (holding ?ob))
    :effect (and (handempty) (clear ?ob) (on ?ob ?underob) (not (clear ?underob)) (not (holding ?ob))))
  (:action unstack :parameters (?ob ?underob) :precondition (and (on ?ob ?underob) (clear ?ob) (handempty))
    :effect (and (holding ?ob) (clear ?underob) (not (on ?ob ?underob)) (not (clear ?ob)) (not (handempty)))))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--batch", type=Path, help="rows for modulo check --batch, as JSON lines (.gz)")
    parser.add_argument("--peers", action="store_true", help="measure unified-planning too")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a table")
    arguments = parser.parse_args()
    machine = describe_machine()
    rows = [
        _reading(5, reach=2),
        _reading(100, reach=10),
        _checking(blocks=9, rounds=1, reach=0.15),
        _checking(blocks=100, rounds=10, reach=6),
        *([_batch(arguments.batch)] if arguments.batch else []),
        *(_peers() if arguments.peers else []),
    ]
    machine["load_after"] = os.getloadavg()
    if arguments.json:
        print(json.dumps({"machine": machine, "rows": [document(row) for row in rows]}, indent=2))
    else:
        print_table(machine, rows)


def _peers() -> list[Row]:
    return measure_peers(
        _DOMAIN,
        {f"read domain and problem, {blocks} blocks": _problem(blocks) for blocks in (5, 100)},
        {
            f"check a plan on {blocks} blocks, {rounds} times up and down": (
                _problem(blocks),
                _plan(blocks, rounds),
            )
            for blocks, rounds in ((9, 1), (100, 10))
        },
    )


def _problem(blocks: int) -> str:
    names = [f"b{number}" for number in range(blocks)]
    facts = " ".join(f"(ontable {name}) (clear {name})" for name in names)
    return f"""(define (problem tower) (:domain blocksworld-4ops) (:objects {" ".join(names)})
  (:init (handempty) {facts}) (:goal (and (handempty) (clear {names[-1]}))))"""


def _plan(blocks: int, rounds: int) -> str:
    """Builds a tower and takes it down again, so many times in all."""
    pairs = [(f"b{number + 1}", f"b{number}") for number in range(blocks - 1)]
    up = [step for above, below in pairs for step in (f"(pick-up {above})", f"(stack {above} {below})")]
    down = [
        step
        for above, below in reversed(pairs)
        for step in (f"(unstack {above} {below})", f"(put-down {above})")
    ]
    return "\n".join((up + down) * (rounds // 2) + up * (rounds % 2))


def _reading(blocks: int, *, reach: float) -> Row:
    problem = _problem(blocks)

    def read() -> Task:
        compiled = compile_domain(read_domain(_DOMAIN))
        return Task(compiled, read_problem(problem, compiled.domain))

    wall, cpu = _timed(read, 20)
    what = f"read domain and problem, {blocks} blocks"
    return Row(what=what, unit="ms", values=wall, cpu=cpu, reach=reach, note="compiling included")


def _checking(*, blocks: int, rounds: int, reach: float) -> Row:
    problem = PddlProblem(_DOMAIN, _problem(blocks))
    plan = _plan(blocks, rounds)
    steps = plan.count("(")
    validator = PlanValidator()
    assert validator.critique(problem, plan).accepts
    wall, cpu = _timed(lambda: validator.critique(problem, plan), 2000 // steps + 3)
    what = f"check a plan of {steps:,} steps, {blocks} blocks"
    return Row(what=what, unit="ms", values=wall, cpu=cpu, reach=reach, note="problem loaded, plan as text")


def _timed(function: Callable[[], object], count: int) -> tuple[list[float], list[float]]:
    times = Times()
    for _ in range(_REPEATS):
        with times.lap():
            for _ in range(count):
                function()
    return times.per(count, MILLI)


def _batch(path: Path) -> Row:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        count = sum(1 for _ in lines)
    command = [sys.executable, "-c", _MODULO, "check", "--batch", str(path)]
    wall, cpu = [], []
    for _ in range(5):
        started, used = time.perf_counter(), _seconds_of_children()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall.append(count / (time.perf_counter() - started))
        cpu.append(count / (_seconds_of_children() - used))
    note = f"{count:,} plans, start-up included"
    return Row(
        what="modulo check --batch", unit="plans/s", values=wall, cpu=cpu, reach=1500, at_least=True, note=note
    )


def _seconds_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()
