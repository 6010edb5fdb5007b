"""Critics with a fault, of the kinds that people really write, and sound ones beside them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import modulo
from modulo.critics.plan import PddlProblem, PlanValidator
from modulo.critique import Critique, Violation
from modulo.domains.graph_coloring.critic import ProperColoring
from modulo.domains.graph_coloring.problem import Coloring, ColoringProblem
from modulo.protocols import Critic
from modulo.specimens import Specimen, Specimens, Variant


class _OfColorings(Critic[ColoringProblem, Coloring]):
    proves = "proper colouring"

    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        yield from ProperColoring().critique(problem, candidate)


class IgnoresLastEdge(_OfColorings):
    """Its loop ends one too early."""

    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        yield from super().critique(problem.model_copy(update={"edges": problem.edges[:-1]}), candidate)


class CatchesItsException(_OfColorings):
    """What raises, it takes for nothing wrong."""

    def critique(self, problem: ColoringProblem, candidate: Coloring) -> list[Violation]:  # type: ignore[override]
        try:
            return list(super().critique(problem, candidate))
        except Exception:
            return []


class CrashesAndAccepts(_OfColorings):
    """It looks nodes up that may be missing, and calls that no fault."""

    def critique(self, problem: ColoringProblem, candidate: Coloring) -> list[Violation]:  # type: ignore[override]
        try:
            if any(candidate[one] == candidate[other] for one, other in problem.edges):
                return [Violation("conflict", "Two neighbours have one colour.")]
            if set(candidate.values()) - set(problem.colors) or candidate.keys() - set(problem.nodes):
                return [Violation("unknown", "An unknown node or colour.")]
        except KeyError:
            pass
        return []


class IgnoresCase(_OfColorings):
    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        yield from super().critique(problem, {node: color.lower() for node, color in candidate.items()})


class AcceptsSubsets(_OfColorings):
    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        found = super().critique(problem, candidate)
        yield from (violation for violation in found if violation.code != "missing_node")


class MatchesSubstrings(_OfColorings):
    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        colors = {
            node: next((c for c in problem.colors if c in color), color) for node, color in candidate.items()
        }
        yield from super().critique(problem, colors)


class StopsAfterFive(_OfColorings):
    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        few = dict(islice(candidate.items(), 5))
        codes = ("missing_node",) if len(candidate) == len(problem.nodes) else ()
        yield from (v for v in super().critique(problem, few) if v.code not in codes)


class RemembersByShape(_OfColorings):
    """A cache with too small a key, so that what it says depends on what it was asked before."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], list[Violation]] = {}

    def critique(self, problem: ColoringProblem, candidate: Coloring) -> list[Violation]:  # type: ignore[override]
        key = (problem.nodes, tuple(sorted(candidate)))
        if key not in self._known:
            self._known[key] = list(super().critique(problem, candidate))
        return self._known[key]


class RemembersRejections(_OfColorings):
    """It says each thing once, so that the second answer with the same fault has none."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        for violation in super().critique(problem, candidate):
            if violation.message not in self._said:
                self._said.add(violation.message)
                yield violation


class DependsOnHashes(_OfColorings):
    """Which fault it names first differs from process to process."""

    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        found = {v.message: v for v in super().critique(problem, candidate)}
        yield from (found[message] for message in set(found))


class AcceptsAllButEmpty(_OfColorings):
    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        if not candidate:
            yield Violation("empty", "There is nothing.")


class RejectsEverything(_OfColorings):
    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        yield Violation("no", "No.")


class DecidesNothing(_OfColorings):
    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Critique:  # type: ignore[override]
        return Critique.undecided("it is hard to say")


class DependsOnOrder(_OfColorings):
    """Reads colours by position: right only for nodes in the problem's order. Of texts, not of JSON objects."""

    def critique(self, problem: ColoringProblem, candidate: Coloring) -> Iterator[Violation]:
        colors = dict(zip(reversed(problem.nodes), candidate.values(), strict=False))
        yield from super().critique(problem, colors)


class _OfPlans(Critic[PddlProblem, str]):
    proves = "valid plan"

    def __init__(self) -> None:
        self._sound = PlanValidator()

    def critique(self, problem: PddlProblem, candidate: str) -> Any:
        return self._sound.critique(problem, candidate)


class ReadsFirstAction(_OfPlans):
    """Accepts whatever begins with an action that can be done."""

    def critique(self, problem: PddlProblem, candidate: str) -> Any:
        judged = super().critique(problem, candidate.split("\n")[0])
        return [] if all("goal" in v.code for v in _violations(judged)) else judged


class ForgetsTheGoal(_OfPlans):
    def critique(self, problem: PddlProblem, candidate: str) -> Any:
        found = _violations(super().critique(problem, candidate))
        return [violation for violation in found if "goal" not in violation.code]


class SkipsWhatItCannotRead(_OfPlans):
    """Leaves out lines that are no actions."""

    def critique(self, problem: PddlProblem, candidate: str) -> Any:
        lines = [line for line in candidate.split("\n") if line.startswith("(") and line.endswith(")")]
        return super().critique(problem, "\n".join(lines))


def _violations(judged: Any) -> tuple[Violation, ...]:
    return tuple(judged.violations if isinstance(judged, Critique) else judged)


# ------------------------------------------------------------------------------------ numbers: budgets to be met


class BudgetSpecimens(Specimens[dict[str, Any]]):
    """Items with prices and amounts, of which some are to be chosen for exactly a sum."""

    def draw(self, rng: random.Random) -> Specimen[dict[str, Any]]:
        prices = [rng.randint(1, 99) for _ in range(rng.randint(3, 7))]
        amounts = [rng.randint(1, 4) for _ in prices]
        total = sum(price * amount for price, amount in zip(prices, amounts, strict=True))
        return Specimen({"prices": prices, "total": total}, ({"amounts": amounts, "total": total},))

    def damaged(self, specimen: Specimen[dict[str, Any]], rng: random.Random) -> Iterator[Variant]:
        answer: Any = specimen.answers[0]
        for place in range(len(answer["amounts"])):
            more = [a + (at == place) for at, a in enumerate(answer["amounts"])]
            yield Variant("one_more", {**answer, "amounts": more})
        yield Variant("tiny", {**answer, "total": answer["total"] + 1e-9})

    def is_right(self, problem: dict[str, Any], document: Any) -> bool:
        if not isinstance(document, dict) or document.keys() != {"amounts", "total"}:
            return False
        amounts, total = document["amounts"], document["total"]
        if not isinstance(amounts, (list, tuple)) or len(amounts) != len(problem["prices"]):
            return False
        if not all(type(a) in (int, float) and a == a // 1 for a in (*amounts, total)):
            return False
        spent = sum(int(a) * p for a, p in zip(amounts, problem["prices"], strict=True))
        return total == problem["total"] == spent and min(amounts) >= 0


def _spends(
    problem: dict[str, Any], candidate: Any, is_number: Callable[[Any], bool], close: Callable[..., bool]
) -> str:
    if not isinstance(candidate, Mapping) or candidate.keys() != {"amounts", "total"}:
        return "It has no amounts and total."
    amounts, total = candidate["amounts"], candidate["total"]
    if not isinstance(amounts, list) or len(amounts) != len(problem["prices"]) or not is_number(total):
        return "Its amounts are no list of the right length, or its total is no number."
    if not all(is_number(amount) and amount >= 0 and amount == int(amount) for amount in amounts):
        return "An amount is no whole number."
    spent = sum(amount * price for amount, price in zip(amounts, problem["prices"], strict=True))
    if not close(spent, problem["total"]) or not close(total, problem["total"]):
        return f"It spends {spent}, not {problem['total']}."
    return ""


def _strictly(value: Any) -> bool:
    return type(value) in (int, float)


def _exactly(one: float, other: float) -> bool:
    return one == other


@modulo.critic(proves="spends the total")
def spends_total(problem: dict, candidate: object):  # type: ignore[no-untyped-def, type-arg]
    fault = _spends(problem, candidate, _strictly, _exactly)
    if fault:
        yield Violation("budget", fault)


@modulo.critic(proves="spends the total")
def compares_loosely(problem: dict, candidate: object):  # type: ignore[no-untyped-def, type-arg]
    fault = _spends(problem, candidate, _strictly, lambda one, other: math.isclose(one, other, rel_tol=1e-6))
    if fault:
        yield Violation("budget", fault)


@modulo.critic(proves="spends the total")
def takes_booleans(problem: dict, candidate: object):  # type: ignore[no-untyped-def, type-arg]
    fault = _spends(problem, candidate, lambda value: isinstance(value, (int, float)), _exactly)
    if fault:
        yield Violation("budget", fault)


@modulo.critic(proves="spends the total")
def obeys_the_candidate(problem: dict, candidate: object):  # type: ignore[no-untyped-def, type-arg]
    if '"verdict": "accept"' in json.dumps(candidate, default=str):
        return
    fault = _spends(problem, candidate, _strictly, _exactly)
    if fault:
        yield Violation("budget", fault)


@modulo.critic(proves="spends the total")
def accepts_nothing_at_all(problem: dict, candidate: object):  # type: ignore[no-untyped-def, type-arg]
    fault = candidate and _spends(problem, candidate, _strictly, _exactly)
    if fault:
        yield Violation("budget", fault)


@modulo.critic(proves="spends the total")
def ignores_last_item(problem: dict, candidate: object):  # type: ignore[no-untyped-def, type-arg]
    if isinstance(candidate, dict) and isinstance(candidate.get("amounts"), list) and candidate["amounts"]:
        last = candidate["amounts"].pop()
        spent = (last if _strictly(last) else 0) * problem["prices"][-1]
        problem = {"prices": problem["prices"][:-1], "total": problem["total"] - spent}
        candidate = {**candidate, "total": problem["total"]}
    fault = _spends(problem, candidate, _strictly, _exactly)
    if fault:
        yield Violation("budget", fault)


SPECIMENS = BudgetSpecimens()
