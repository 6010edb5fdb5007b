"""The tree of attempts: everything that was tried, and which artefacts stand at the moment.

The tree only grows. What it says of live artefacts, feedback and chains follows from the attempts added so
far in the order of asking, never from when they finished.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec import Struct

from modulo.critique import Critique, Remark, Verdict
from modulo.graph.program import Program, Stage
from modulo.problem import Candidate, Problem
from modulo.protocols import DEFAULT_SAMPLING, Generation, Sampling, Turn

__all__ = ["Attempt", "Tree"]


class Attempt(Struct, gc=False, frozen=True, kw_only=True):
    """One generation and everything that became of it.

    Attributes:
        id: Number of the attempt in its run, in the order of asking.
        round: The ask that it came from: 1, 2, ...
        node: Name of the generator's node.
        parent: The attempt that it goes on from, if any.
        inputs: For each artefact that it builds on directly, the attempt that made it.
        sampling: Sampling settings asked for by the strategy.
        generation: What the generator answered; None if the call failed.
        candidate: The canonical candidate; None if there is none in the text.
        critiques: What hard critics said, in the graph's order. A text without canonical form has one
            critique, by the node that found out.
        remarks: What soft critics said.
        accepted: Every hard critic that applies accepted exactly this candidate.
        error: Why there is no judgement: the failed call or critic, in words.
        error_kind: Machine-readable kind of that failure, e.g. ``"rate_limited"``, ``"critic"``.
        judged: Whether critics were to judge it; if not, there are no critiques.
        label: What the strategy called it.
    """

    id: int
    round: int
    node: str
    parent: int | None = None
    inputs: Mapping[str, int] = {}
    sampling: Sampling = DEFAULT_SAMPLING
    generation: Generation | None = None
    candidate: Candidate[Any] | None = None
    critiques: tuple[Critique, ...] = ()
    remarks: tuple[Remark, ...] = ()
    accepted: bool = False
    error: str | None = None
    error_kind: str | None = None
    judged: bool = True
    label: str = ""

    @property
    def text(self) -> str:
        """The raw text; empty if the call failed."""
        return self.generation.text if self.generation else ""

    @property
    def answer_key(self) -> str:
        """What tells its answer from others: the hash of the canonical candidate, or the text that has none."""
        return self.candidate.sha256 if self.candidate else self.text

    @property
    def score(self) -> float:
        """Sum of the soft critics' scores."""
        return sum(remark.score for remark in self.remarks)

    @property
    def violation_count(self) -> int:
        """How many violations the hard critics named."""
        return sum(len(critique.violations) for critique in self.critiques)


class _Link(Struct, gc=False):
    """What follows for an attempt from the chain that it ends.

    Attributes:
        depth: How many attempts the chain has.
        repeats: How many times in a row it has given this same answer before.
        latest_answer: The last of its attempts whose call did not fail.
    """

    depth: int
    repeats: int
    latest_answer: Attempt | None


class Tree:
    """All attempts of a run so far. Strategies read it; only the loop adds to it.

    Args:
        program: The graph that is run.
        problem: The problem.
        seed: For strategies that draw at random.

    Attributes:
        attempts: In the order of asking.
        memo: A strategy may keep here what it can compute again from the attempts.
    """

    def __init__(self, program: Program, problem: Problem[Any], *, seed: int = 0) -> None:
        self.program = program
        self.problem = problem
        self.seed = seed
        self.attempts: list[Attempt] = []
        self.memo: dict[str, Any] = {}
        self._by_id: dict[int, Attempt] = {}
        self._live: dict[str, Attempt] = {}
        self._tips: dict[str, dict[int, Attempt]] = {}
        self._links: dict[int, _Link] = {}
        self._round = 0
        self._withdrawn_in_round: dict[int, Attempt] = {}
        self._late_critiques: dict[int, list[Critique]] = {}
        self._turns: dict[int, Turn] = {}
        self._chains: dict[int, tuple[Turn, ...]] = {}
        self._no_inputs: Mapping[str, int] = {}

    def __len__(self) -> int:
        return len(self.attempts)

    def __getitem__(self, attempt_id: int) -> Attempt:
        return self._by_id[attempt_id]

    def __contains__(self, attempt_id: object) -> bool:
        return attempt_id in self._by_id

    @property
    def live(self) -> Mapping[str, Attempt]:
        """Certified artefacts that stand at the moment, by name."""
        return self._live

    @property
    def certified(self) -> tuple[Attempt, ...]:
        """Accepted attempts at the answer."""
        answer = self.program.answer.artefact
        return tuple(a for a in self.attempts if a.accepted and self.program.stage_of[a.node] == answer)

    def frontier(self) -> Stage:
        """The stage to work on: the first one without a live artefact, at last the answer."""
        for stage in self.program.stages.values():
            if stage.artefact not in self._live:
                return stage
        return self.program.answer

    def inputs_of(self, node: str) -> Mapping[str, int] | None:
        """The attempts behind the artefacts that a generator reads; None if one of them does not stand."""
        reads = self.program.generator(node).reads
        if not reads:
            return self._no_inputs  # one for all, as most attempts have none
        if not all(artefact in self._live for artefact in reads):
            return None
        return {artefact: self._live[artefact].id for artefact in reads}

    def tips(self, node: str) -> list[Attempt]:
        """Attempts of a generator that nothing goes on from yet and whose inputs still stand, oldest first."""
        tips = self._tips.get(node)
        if tips is None:
            return []
        inputs = self.inputs_of(node)
        return [attempt for attempt in tips.values() if attempt.inputs == inputs]

    def depth(self, attempt: Attempt) -> int:
        """How many attempts its chain has, itself included."""
        return self._links[attempt.id].depth

    def repeats(self, attempt: Attempt) -> int:
        """How many times in a row its chain has given this same answer before."""
        return self._links[attempt.id].repeats

    def chain(self, attempt: Attempt) -> tuple[Attempt, ...]:
        """The attempts from the root to this one."""
        found = [attempt]
        while found[-1].parent is not None:
            found.append(self._by_id[found[-1].parent])
        return tuple(reversed(found))

    def turns(self, attempt: Attempt) -> tuple[Turn, ...]:
        """Its chain as turns, without attempts whose calls failed."""
        known = self._chains.get(attempt.id)
        if known is None:
            # Kept for the end of a chain only: for all of its attempts it would take quadratic space.
            before = () if attempt.parent is None else self._chains.pop(attempt.parent, None)
            if before is None:
                known = tuple([self.turn(one) for one in self.chain(attempt) if one.generation is not None])
            else:
                known = before if attempt.generation is None else (*before, self.turn(attempt))
            self._chains[attempt.id] = known
        return known

    def turn(self, attempt: Attempt) -> Turn:
        """An attempt with all critiques meant for its generator, those of later stages included."""
        known = self._turns.get(attempt.id)
        if known is None:
            critiques = attempt.critiques
            if attempt.node not in self.program.stage_for(attempt.node).heard_by:
                critiques = tuple([c for c in critiques if self._is_meant_for(c, attempt)])
            if attempt.id in self._late_critiques:
                critiques = (*critiques, *self._late_critiques[attempt.id])
            known = self._turns[attempt.id] = Turn(attempt, critiques, self._links[attempt.id].repeats)
        return known

    @property
    def blamed(self) -> Collection[int]:
        """The ids of all attempts that were blamed; they only become more."""
        return self._late_critiques.keys()

    def was_blamed(self, attempt: Attempt) -> bool:
        """Whether a critic of a later stage rejected what was built on it and said so to its generator."""
        return attempt.id in self._late_critiques

    def foundations(self, attempt: Attempt) -> list[Attempt]:
        """The attempts that an attempt is built on, directly or not, in the order of stages."""
        if not attempt.inputs:
            return []
        ancestors = self._ancestors(attempt)
        return [ancestors[artefact] for artefact in self.program.stages if artefact in ancestors]

    def add(self, attempt: Attempt) -> tuple[Attempt, ...]:
        """Add a finished attempt.

        Attempts of one round are made at the same time. Where one of them is accepted and another rejected
        along a back edge, the acceptance shows that what both are built on is no fault, so it stands.

        Returns:
            The attempts whose artefacts it withdrew, by a rejection along a back edge.
        """
        self.attempts.append(attempt)
        self._by_id[attempt.id] = attempt
        self._extend_chain(attempt)
        if attempt.round != self._round:
            self._round = attempt.round
            if self._withdrawn_in_round:
                self._withdrawn_in_round = {}
        if attempt.accepted:
            self._establish(attempt)
            return ()
        stage = self.program.stage_for(attempt.node)
        if not stage.withdraws:
            return ()
        withdrawn: list[Attempt] = []
        for critique in attempt.critiques:
            if critique.verdict is Verdict.REJECT:
                withdrawn += self._withdraw(attempt, critique, stage.withdraws.get(critique.critic, ()))
        return tuple(withdrawn)

    def labelled(self, prefix: str) -> Tree:
        """The tree as it looks to somebody who sees only the attempts whose labels begin so, and what stands.

        Conversations must not cross labels. It shows what this tree is now; nothing can be added to it.
        """
        return _LabelledTree(self, prefix)

    def _stage_of(self, attempt: Attempt) -> Stage:
        return self.program.stage_for(attempt.node)

    def _extend_chain(self, attempt: Attempt) -> None:
        tips = self._tips.get(attempt.node)
        if tips is None:
            tips = self._tips[attempt.node] = {}
        tips[attempt.id] = attempt
        answer = None if attempt.generation is None else attempt
        if attempt.parent is None:
            self._links[attempt.id] = _Link(1, 0, answer)
            return
        tips.pop(attempt.parent, None)
        link = self._links[attempt.parent]
        before, repeats = link.latest_answer, 0
        if answer is None:  # a failed call is no answer: the conversation stands where it stood
            answer, repeats = before, link.repeats
        elif before and _same_answer(before, attempt):
            repeats = link.repeats + 1
        self._links[attempt.id] = _Link(link.depth + 1, repeats, answer)

    def _is_meant_for(self, critique: Critique, attempt: Attempt) -> bool:
        hears = self._hearers(critique, attempt)
        return hears is None or attempt.node in hears

    def _hearers(self, critique: Critique, attempt: Attempt) -> tuple[str, ...] | None:
        """The generators that a critic backprompts; None for a critique by a reformulator or a generator."""
        for node in self._stage_of(attempt).critics:
            if node.name == critique.critic:
                return node.backprompts
        return None

    def _establish(self, attempt: Attempt) -> None:
        """Make an accepted attempt stand, with what it is built on, unless that was withdrawn rounds ago."""
        ancestors = self._ancestors(attempt)
        if not all(self._can_stand(artefact, made) for artefact, made in ancestors.items()):
            return
        self._live |= ancestors
        self._live.setdefault(self._stage_of(attempt).artefact, attempt)
        for other in self._withdrawn_in_round.values():
            if all(self._live.get(name) is made for name, made in self._ancestors(other).items()):
                self._live.setdefault(self._stage_of(other).artefact, other)

    def _can_stand(self, artefact: str, made: Attempt) -> bool:
        standing = self._live.get(artefact)
        return standing is made or (standing is None and made.id in self._withdrawn_in_round)

    def _withdraw(self, attempt: Attempt, critique: Critique, artefacts: tuple[str, ...]) -> Iterator[Attempt]:
        ancestors = self._ancestors(attempt)
        standing = self._live.get(self._stage_of(attempt).artefact)
        vouched_for = self._ancestors(standing) if standing else {}
        for artefact in artefacts:
            blamed = ancestors.get(artefact)
            if blamed is None or vouched_for.get(artefact) is blamed:
                continue
            if blamed.node in (self._hearers(critique, attempt) or ()):
                self._blame(blamed, critique)
            if self._live.get(artefact) is blamed:
                for withdrawn in (blamed, *self._built_on(artefact)):
                    self._live.pop(self.program.stage_of[withdrawn.node])
                    self._withdrawn_in_round[withdrawn.id] = withdrawn
                    yield withdrawn

    def _blame(self, blamed: Attempt, critique: Critique) -> None:
        self._turns.pop(blamed.id, None)
        self._chains.clear()
        late = self._late_critiques.setdefault(blamed.id, [])
        if critique not in late:  # said once of all that was built on it at the same time
            late.append(critique)

    def _ancestors(self, attempt: Attempt) -> dict[str, Attempt]:
        """The attempts that an attempt is built on, directly or not, by artefact."""
        found: dict[str, Attempt] = {}
        open_ends = [attempt]
        while open_ends:
            for artefact, made_by in open_ends.pop().inputs.items():
                if artefact not in found:
                    found[artefact] = self._by_id[made_by]
                    open_ends.append(found[artefact])
        return found

    def _built_on(self, artefact: str) -> tuple[Attempt, ...]:
        """The live attempts that are built on an artefact."""
        return tuple(a for a in self._live.values() if artefact in self._ancestors(a))


class _LabelledTree(Tree):
    """A view of a tree: what stands and what was said is the tree's, attempts and memo are those of a label."""

    def __init__(self, tree: Tree, prefix: str) -> None:
        self.__dict__.update(tree.__dict__)
        self._prefix = prefix
        memo = tree.memo.setdefault(f"labelled {prefix}", {"attempts": [], "seen": 0, "memo": {}})
        memo["attempts"] += [a for a in tree.attempts[memo["seen"] :] if a.label.startswith(prefix)]
        memo["seen"] = len(tree.attempts)
        self.attempts = memo["attempts"]
        self.memo = memo["memo"]

    def tips(self, node: str) -> list[Attempt]:
        """Those of the label."""
        return [attempt for attempt in super().tips(node) if attempt.label.startswith(self._prefix)]

    def labelled(self, prefix: str) -> Tree:
        """A part of this part."""
        return _LabelledTree(self, self._prefix + prefix)

    def add(self, attempt: Attempt) -> tuple[Attempt, ...]:
        """Refuse.

        Raises:
            TypeError: Always.
        """
        raise TypeError("nothing is added to a part of a tree")


def _same_answer(one: Attempt, other: Attempt) -> bool:
    if one.generation is None or other.generation is None:
        return False
    if one.candidate and other.candidate:
        return one.candidate.sha256 == other.candidate.sha256
    return one.candidate is other.candidate and one.text == other.text
