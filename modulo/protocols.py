"""What users implement: generators, critics, soft critics, backprompters and strategies.

Each is a base class with one method to write; the others have defaults. Plain functions will do for
generators, reformulators and (with ``@modulo.critic``) critics.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypeVar

from msgspec import Struct

from modulo.budget import Usage
from modulo.canonical import JsonValue
from modulo.critique import Critique, Remark, Soundness, Violation
from modulo.problem import Candidate, Problem
from modulo.toolbox import Toolbox, ToolCall

if TYPE_CHECKING:
    from modulo.tree import Attempt, Tree

__all__ = [
    "DEFAULT_SAMPLING",
    "MOST_SAMPLES",
    "ONE_CALL",
    "Backprompter",
    "Conversation",
    "Critic",
    "Expansion",
    "Finish",
    "Generation",
    "Generator",
    "Judgement",
    "Message",
    "Rendered",
    "Request",
    "Reveals",
    "RunsIn",
    "Sampling",
    "SoftCritic",
    "Strategy",
    "Turn",
]

P = TypeVar("P")
C = TypeVar("C")

Judgement: TypeAlias = Critique | Iterable[Violation]
"""What a critic returns: a critique, or violations of which none means ACCEPT."""

RunsIn: TypeAlias = Literal["auto", "loop", "thread", "process"]
"""Where a critic that is no coroutine runs. ``auto``: in the event loop while it is quick, else in a thread."""


class Message(Struct, gc=False, frozen=True):
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


class Sampling(Struct, gc=False, frozen=True, kw_only=True):
    """How to sample, where a strategy wants something else than the generator's own settings.

    Attributes:
        temperature: Softmax temperature, at least 0.
        seed: Seed of the sampler, where the model takes one.
        reasoning_effort: For reasoning models, e.g. ``"low"``.
        thinking_tokens: Most tokens of thinking, besides those of the answer, for models that take such a budget.
        max_output_tokens: Longest answer.
        model: Which of the generator's ``models`` to ask; the first one where there are several.
    """

    temperature: float | None = None
    seed: int | None = None
    reasoning_effort: str | None = None
    thinking_tokens: int | None = None
    max_output_tokens: int | None = None
    model: str | None = None


DEFAULT_SAMPLING: Final = Sampling()
"""The generator's own settings. One object, since most requests have it."""


class Request(Struct, gc=False, frozen=True, kw_only=True):
    """What a generator is asked.

    Attributes:
        problem: The problem.
        messages: The conversation to answer.
        sampling: Deviations from the generator's own settings.
        inputs: Certified artefacts of other generators that this one reads, in the order of ``reads``.
        node: Name of the generator's node.
        turn: How many times this node was asked before in this run: 0, 1, 2, ...
        prefix: What the answer begins with, whatever comes; the generator gives what follows it.
        prefills: Whether the model sees the prefix as the beginning of its own answer, to be continued. Where it
            does not, the messages say all that it needs to know.
        schema: What follows the prefix fits this JSON schema. For generators whose answers are held to a schema, in
            place of that one, which is of whole answers; others need not care.
        toolbox: Tools that the model may call; it then finishes as ``Finish.TOOL_CALLS``.
        begins_with: How many of the messages were a prompt by themselves, that of the attempt which is gone on from:
            what that was billed at tells ``worst_case`` something. 0 if they were none, or neither tokens nor cost
            are limited.
    """

    problem: Problem[Any]
    messages: tuple[Message, ...]
    sampling: Sampling = DEFAULT_SAMPLING
    inputs: tuple[Candidate[Any], ...] = ()
    node: str
    turn: int
    prefix: str = ""
    prefills: bool = False
    schema: Mapping[str, JsonValue] | None = None
    toolbox: Toolbox | None = None
    begins_with: int = 0


MOST_SAMPLES: Final = 1000
"""Most answers that one expansion may ask for."""

ONE_CALL: Final = Usage(calls=1)
"""The bill of a call that costs nothing."""


class Finish(StrEnum):
    """How a generation ended."""

    STOP = "stop"
    TRUNCATED = "truncated"
    """The longest allowed output was reached. The text is judged all the same."""
    REFUSED = "refused"
    EMPTY = "empty"
    MALFORMED = "malformed"
    """Structured output or a tool call that does not fit its schema."""
    TOOL_CALLS = "tool_calls"
    """Tools of the request are called; there is no answer yet."""


class Generation(Struct, gc=False, frozen=True, kw_only=True):
    """What a generator answered.

    Attributes:
        text: The raw text; never trusted.
        finish: How it ended.
        usage: The bill. None means that no bill came: the reserved worst case is booked as unconfirmed.
        model: The model that answered, as the provider reports it.
        detail: Why it is refused or malformed, in words.
        extra: Further facts for the trace, such as reasoning tokens.
        tool_calls: The calls of tools that it ended with.
    """

    text: str
    finish: Finish = Finish.STOP
    usage: Usage | None = ONE_CALL
    model: str = ""
    detail: str | None = None
    extra: Mapping[str, JsonValue] = {}
    tool_calls: tuple[ToolCall, ...] = ()


class Generator(ABC):
    """Proposes candidates; never trusted.

    Write ``generate``. A generator that costs something also gives ``worst_case``; one that needs a key, a
    server or a file checks for it in ``prepare``.
    """

    @abstractmethod
    async def generate(self, request: Request) -> Generation:
        """Answer one request with exactly one call; retries are the scheduler's.

        A generator whose calls queue says with ``modulo.sending.tell_whether_sent`` if one was cancelled in the
        queue; otherwise its worst case stays booked.

        Raises:
            GenerationError: There is no text. A ``TransientGenerationError`` is tried again.
        """

    @property
    def models(self) -> Sequence[str]:
        """The models that ``Sampling.model`` can choose from; none where there is no choice."""
        return ()

    @property
    def takes_prefill(self) -> bool:
        """Whether it can go on from the beginning of an answer (``Request.prefills``)."""
        return False

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        """The most that this request can cost, for the reservation."""
        return ONE_CALL

    def samples_per_call(self, request: Request) -> int:
        """How many samples one call can bring; more than 1 needs ``generate_samples``."""
        return 1

    async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
        """Up to that many answers from one call. The bill of the call stands on the first one.

        Raises:
            GenerationError: As ``generate``.
        """
        return (await self.generate(request),)

    async def prepare(self, limits: Callable[[str], bool]) -> None:
        """Get ready, or fail before the first call is paid.

        Args:
            limits: Tells whether the run limits a field of ``Budget``, e.g. ``limits("cost_usd")``.

        Raises:
            ModuloError: Something that a call needs is missing.
        """
        return

    def describe(self) -> Mapping[str, JsonValue]:
        """Settings for the trace: model, options, prices. No secrets."""
        return {"generator": type(self).__qualname__}


class Critic(ABC, Generic[P, C]):
    """A hard critic: sound, so its ACCEPT can certify.

    Write ``critique`` and say in ``proves`` what its ACCEPT proves. It must be deterministic, must not call a
    model, and must judge from its arguments alone.

    In a worker process, nothing stands but what importing the critic's module sets. A program's own file is
    loaded there under another name, so a global that it sets under ``if __name__ == "__main__":``, or changes
    later, has its first value or none. Give such settings to the critic's constructor.

    Attributes:
        proves: What ACCEPT proves, e.g. "valid plan of this PDDL problem".
        soundness: How much that is worth; PROOF or TESTS.
        version: Changes whenever verdicts may change. Part of every certificate.
        cost: Declared relative cost; cheaper critics run first.
        is_format: A format critic: the others run only on candidates that it accepts.
        judges: Solutions, or claims that none exists.
        runs_in: Where a ``critique`` that is no coroutine runs.
        max_seconds: Deadline of one call. A critic that is no coroutine and has one runs in a worker process,
            since only a process can be stopped.
        parts: Critics that this one asks, wherever each of them belongs. They are checked with it, and a run has
            worker processes for them.
    """

    proves: str = ""
    soundness: Soundness = Soundness.PROOF
    version: str = "1"
    cost: float = 1.0
    is_format: bool = False
    judges: Literal["solutions", "unsolvability"] = "solutions"
    runs_in: RunsIn = "auto"
    max_seconds: float | None = None
    parts: tuple[Critic[Any, Any], ...] = ()

    @abstractmethod
    def critique(self, problem: P, candidate: C) -> Judgement | Awaitable[Judgement]:
        """Judge one candidate.

        Returns:
            A critique, or violations (none means ACCEPT).
        """

    @property
    def id(self) -> str:
        """Name of the implementation, ``module:qualified name``; part of every certificate."""
        return f"{type(self).__module__}:{type(self).__qualname__}"

    def applies_to(self, problem: P) -> bool:
        """Whether this critic can judge answers to this problem at all (its problem class)."""
        return True

    def options(self) -> Mapping[str, JsonValue]:
        """Every setting that a verdict can depend on; part of every certificate."""
        return {}

    def digests(self) -> Mapping[str, str]:
        """SHA-256 of each external program that verdicts depend on, by name."""
        return {}

    async def prepare(self) -> None:
        """Get ready, or fail before the first call is paid.

        Raises:
            ModuloError: A program, package or sandbox that this critic needs is missing.
        """
        return


class SoftCritic(ABC, Generic[P, C]):
    """Ranks certified candidates, or remarks on others. It can neither certify nor veto.

    It need not be deterministic: a replay takes its remarks from the trace and does not ask again.
    """

    @abstractmethod
    def remark(self, problem: P, candidate: C) -> Remark | Awaitable[Remark]:
        """Give an opinion on one candidate; a ``Remark`` with an ``error`` says that there is none."""

    async def prepare(self, limits: Callable[[str], bool]) -> None:
        """Get ready, or fail before the first call is paid.

        Args:
            limits: Tells whether the run limits a field of ``Budget``, e.g. ``limits("cost_usd")``.

        Raises:
            ModuloError: Something that it needs is missing.
        """
        return

    def describe(self) -> Mapping[str, JsonValue]:
        """Settings, for the trace. No secrets."""
        return {}


class Expansion(Struct, gc=False, frozen=True, kw_only=True):
    """One thing that a strategy wants generated.

    Attributes:
        node: Name of the generator to run.
        parent: Id of the attempt to go on from, with its feedback; None starts anew.
        samples: How many independent answers to this very prompt; up to ``MOST_SAMPLES``, all at the same time.
        sampling: Deviations from the generator's settings.
        backprompter: Renders the conversation; None takes the run's own.
        prefix: What the answer begins with; what the generator gives is put behind it.
        prefills: Whether the model is given the prefix as the beginning of its own answer.
        judged: Whether critics judge what comes of it; a sample for a vote need not be.
        offers: An attempt of this node whose answer is to be judged now, in place of a new one; nothing is called.
        label: For the strategy's own use; it stands in the trace and on the attempts.
    """

    node: str
    parent: int | None = None
    samples: int = 1
    sampling: Sampling = DEFAULT_SAMPLING
    backprompter: Backprompter | None = None
    prefix: str = ""
    prefills: bool = False
    judged: bool = True
    offers: int | None = None
    label: str = ""


class Reveals(StrEnum):
    """How much a backprompt gives away, from least to most."""

    NOTHING = "nothing"
    VERDICT = "verdict"
    VIOLATION = "violation"
    VIOLATIONS = "violations"
    HINTS = "hints"


class Turn(Struct, gc=False, frozen=True):
    """An earlier attempt and everything that critics said of it.

    Attributes:
        attempt: The attempt.
        critiques: What critics said of it, those of later stages included.
        repeats: How many times in a row its candidate had been given before.
    """

    attempt: Attempt
    critiques: tuple[Critique, ...]
    repeats: int = 0


class Conversation(Struct, gc=False, frozen=True, kw_only=True):
    """What a backprompter has to work with.

    Attributes:
        problem: The problem.
        prompt: The generator's prompt as it stands at the beginning of every conversation.
        turns: Attempts from the first to the one to go on from, each with its critiques.
        node: Name of the generator's node.
        memo: A backprompter may keep here what it renders again and again in this run.
    """

    problem: Problem[Any]
    prompt: tuple[Message, ...]
    turns: tuple[Turn, ...]
    node: str
    memo: dict[Any, Any] = {}


class Rendered(Struct, gc=False, frozen=True, kw_only=True):
    """A rendered conversation.

    Attributes:
        messages: The messages to send.
        reveals: How much of the critiques it gives away.
        violations_shown: Violations of the latest attempt that it shows.
        violations_known: Violations of the latest attempt that there are.
        schema: What an answer fits that follows a prefix (``Request.schema``).
    """

    messages: tuple[Message, ...]
    reveals: Reveals = Reveals.NOTHING
    violations_shown: int = 0
    violations_known: int = 0
    schema: Mapping[str, JsonValue] | None = None


class Backprompter(ABC):
    """Renders the next prompt from the critiques (the "meta controller" of LLM-Modulo)."""

    @property
    @abstractmethod
    def needs_all_critiques(self) -> bool:
        """Whether critics go on after the first rejection, because everything they say is shown."""

    @abstractmethod
    def render(self, conversation: Conversation) -> Rendered:
        """The messages to send next. It must not drop a hard violation that it was asked to show."""

    def describe(self) -> Mapping[str, JsonValue]:
        """Settings, for the trace and for replay."""
        return {}


class Strategy(ABC):
    """Decides what to generate next, by ask and tell.

    A strategy is stateless: whatever it decides follows from the tree of attempts, so one object serves many
    runs at once and a run can go on from its trace. ``tree.memo`` may cache what can be computed again.
    """

    @abstractmethod
    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """Up to n expansions to run at the same time; none means that there is nothing left to try."""

    def tell(self, tree: Tree, attempt: Attempt) -> None:
        """Hear of a finished attempt, in the order of asking. Telling twice changes nothing."""
        return

    def describe(self) -> Mapping[str, JsonValue]:
        """Settings, for the trace and for replay."""
        return {}
