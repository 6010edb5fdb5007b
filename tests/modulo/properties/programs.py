"""Random programs: what generators answer, what critics say of it, how all of it is wired up, run and cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

from modulo import Budget, ChatBackprompter, Refine, Usage
from modulo.errors import Billing, ConnectionLost, GeneratorDepleted, RateLimited
from modulo.protocols import Expansion, Strategy
from modulo.tree import Tree

__all__ = [
    "BILLS",
    "FAILURES",
    "PLANS",
    "QUIET_PLANS",
    "SOUND",
    "TEXTS",
    "WORST",
    "Call",
    "CriticPlan",
    "Plan",
    "Several",
    "StagePlan",
]

TEXTS = ("a", "b", "c", "none")
"""All answers there are. Conversions read no ``b``, and take ``none`` for the claim that nothing solves it."""

WORST = Usage(calls=1, prompt_tokens=2, completion_tokens=8, cost_usd=0.01)
"""What a generator announces for a sample."""

BILLS: dict[str, Usage | None] = {
    "usual": Usage(calls=1, prompt_tokens=2, completion_tokens=5, cost_usd=0.005),
    "all of it": WORST,
    "too much": Usage(calls=1, prompt_tokens=2, completion_tokens=30, cost_usd=0.05),
    "no calls": Usage(prompt_tokens=1, completion_tokens=1),
    "lost": None,
    "nonsense": Usage(calls=1, prompt_tokens=-1),
}
FAILURES: dict[str, Callable[[], BaseException]] = {
    "broken": lambda: ValueError("broken"),
    "transport": lambda: ConnectionLost("lost", billing=Billing.UNKNOWN),
    "rate limit": lambda: RateLimited("slow down", retry_after_seconds=1),
    "depleted": lambda: GeneratorDepleted("dry"),
    "exit": lambda: SystemExit(1),
}


@dataclass(frozen=True)
class Call:
    """What comes of one call: a text or a failure, after others went on for some time."""

    gives: str
    bill: str
    ticks: int
    seconds: int


@dataclass(frozen=True)
class CriticPlan:
    """What a critic says of each text, and how."""

    says: tuple[str, ...]
    kind: str
    is_format: bool
    cost: int
    applies: bool
    judges: Literal["solutions", "unsolvability"]
    blames_upstream: bool
    reads_upstream: bool


@dataclass(frozen=True)
class StagePlan:
    """The generators of an artefact, each with its calls, and its critics."""

    generators: tuple[tuple[Call, ...], ...]
    samples_per_call: int
    critics: tuple[CriticPlan, ...]
    conversion: str
    inner: tuple[Call, ...]
    reads_first_too: bool


@dataclass(frozen=True)
class Several(Strategy):
    """Asks each ready generator for so many expansions of so many samples, going on from earlier ones or not."""

    asks: tuple[tuple[int, int, bool], ...]

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        width, samples, goes_on = self.asks[len(tree) % len(self.asks)]
        found = []
        for node in tree.frontier().generators:
            tips = list(tree.tips(node.name))[-width:] if goes_on else []
            parents: list[int | None] = [*[tip.id for tip in tips], *[None] * width]
            found += [Expansion(node=node.name, parent=parent, samples=samples) for parent in parents[:width]]
        return found[:n]


@dataclass(frozen=True)
class Plan:
    """A whole program, and how it is run; so many times at once, on the account of one batch."""

    stages: tuple[StagePlan, ...]
    budget: Budget
    batch: Budget
    runs: int
    strategy: Strategy
    backprompter: ChatBackprompter
    select: Literal["first", "best"]
    max_tries: int
    cut_off_after: int | None
    by: Literal["stream", "scope"]
    judge: tuple[Call, ...] = ()
    """What a model says that is asked for its opinion; nobody is asked if it is empty."""


SOUND = CriticPlan(("accept", "accept", "reject", "accept"), "loop", False, 1, True, "solutions", False, False)
"""One critic of solutions that applies must be there, or the run is refused."""

CALLS = st.builds(
    Call,
    gives=st.sampled_from([*TEXTS * 5, *FAILURES]),
    bill=st.sampled_from(["usual"] * 5 + [*BILLS]),
    ticks=st.integers(0, 4),
    seconds=st.integers(0, 2),
)
SCRIPTS = st.lists(CALLS, min_size=1, max_size=5).map(tuple)
VERDICTS = st.sampled_from(["accept"] * 5 + ["reject"] * 2 + ["undecided", "crash", "nothing", "late"])
CRITICS = st.builds(
    CriticPlan,
    says=st.sampled_from([("accept",) * 4, ("reject",) * 4, ("crash",) * 4]) | st.tuples(*[VERDICTS] * 4),
    kind=st.sampled_from(["loop", "async", "async generator", "auto"]),
    is_format=st.booleans(),
    cost=st.integers(0, 2),
    applies=st.sampled_from([True, True, True, False]),
    judges=st.sampled_from(["solutions"] * 4 + ["unsolvability"]),
    blames_upstream=st.booleans(),
    reads_upstream=st.booleans(),
)
STAGES = st.builds(
    StagePlan,
    generators=st.lists(SCRIPTS, min_size=1, max_size=3).map(tuple),
    samples_per_call=st.sampled_from([1, 1, 2, 3]),
    critics=st.lists(CRITICS, min_size=1, max_size=3).map(tuple),
    conversion=st.sampled_from(["none", "plain", "async", "nested"]),
    inner=SCRIPTS,
    reads_first_too=st.booleans(),
)
LIMITS = st.builds(
    Budget,
    rounds=st.integers(0, 10),
    attempts=st.none() | st.integers(0, 20),
    calls=st.none() | st.integers(0, 20),
    tokens=st.none() | st.integers(0, 200),
    cost_usd=st.none() | st.floats(0, 0.2),
    seconds=st.none() | st.integers(0, 30),
)
REFINES = st.builds(Refine, width=st.integers(1, 3), restart_after=st.none() | st.integers(1, 3))
ASKS = st.tuples(st.integers(1, 2), st.integers(1, 4), st.booleans())
PLANS = st.builds(
    Plan,
    stages=st.lists(STAGES, min_size=1, max_size=3).map(tuple),
    budget=st.just(Budget(rounds=10)) | LIMITS,
    batch=st.just(Budget()) | LIMITS,
    runs=st.sampled_from([1, 1, 2, 3]),
    strategy=REFINES | st.builds(Several, asks=st.lists(ASKS, min_size=1, max_size=3).map(tuple)),
    backprompter=st.builds(
        ChatBackprompter,
        granularity=st.sampled_from(["none", "binary", "first", "all", "constructive"]),
        history=st.none() | st.integers(0, 2),
    ),
    select=st.sampled_from(["first", "first", "best"]),
    max_tries=st.integers(1, 3),
    cut_off_after=st.none() | st.integers(1, 60),
    by=st.sampled_from(["stream", "scope"]),
    judge=st.just(()) | SCRIPTS,
)

# Nothing but verdicts decides how these end: calls neither fail nor cost much, and nobody cuts them off.
QUIET_CALLS = st.builds(
    Call, gives=st.sampled_from(TEXTS), bill=st.just("usual"), ticks=st.integers(0, 3), seconds=st.just(0)
)
QUIET_SCRIPTS = st.lists(QUIET_CALLS, min_size=1, max_size=4).map(tuple)
DOUBTFUL = st.tuples(
    *[st.sampled_from(["accept", "accept", "reject", "undecided", "crash", "nothing", "late"])] * 4
)
QUIET_STAGES = st.builds(
    StagePlan,
    generators=st.lists(QUIET_SCRIPTS, min_size=1, max_size=2).map(tuple),
    samples_per_call=st.just(1),
    critics=st.lists(
        st.builds(
            CriticPlan,
            says=DOUBTFUL,
            kind=st.sampled_from(["loop", "async", "async generator"]),
            is_format=st.booleans(),
            cost=st.integers(0, 2),
            applies=st.just(True),
            judges=st.sampled_from(["solutions", "solutions", "unsolvability"]),
            blames_upstream=st.booleans(),
            reads_upstream=st.booleans(),
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    conversion=st.sampled_from(["none", "plain"]),
    inner=st.just(()),
    reads_first_too=st.booleans(),
)
QUIET_PLANS = st.builds(
    Plan,
    stages=st.lists(QUIET_STAGES, min_size=1, max_size=2).map(tuple),
    budget=st.just(Budget(rounds=8)),
    batch=st.just(Budget()),
    runs=st.just(1),
    strategy=st.builds(Refine, width=st.integers(1, 2)),
    backprompter=st.builds(ChatBackprompter, granularity=st.sampled_from(["all", "first"])),
    select=st.sampled_from(["first", "best"]),
    max_tries=st.just(1),
    cut_off_after=st.none(),
    by=st.just("stream"),
    judge=QUIET_SCRIPTS,
)
