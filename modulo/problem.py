"""Problems and candidates: immutable, canonical, hashed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from msgspec import Struct

from modulo.canonical import Codec, codec_for, sha256_hex
from modulo.errors import ProblemError

__all__ = ["NO_SOLUTION", "Candidate", "NoSolution", "Problem"]

P = TypeVar("P")
C = TypeVar("C")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Generic[P]):
    """An instance of a domain.

    Attributes:
        domain: Name of the domain or graph that it belongs to.
        value: The instance as critics and prompts read it.
        canonical: Its canonical JSON (RFC 8785).
        sha256: Hash of ``canonical``.
    """

    domain: str
    value: P
    canonical: bytes = field(repr=False)
    sha256: str
    codec: Codec[P] = field(repr=False, compare=False)

    @classmethod
    def of(cls, value: P, *, domain: str) -> Problem[P]:
        """Make a problem of a value: a JSON value, a dataclass or a pydantic model.

        The problem holds a copy made from the canonical bytes, so that it has nothing that is not in them
        and does not change with the value.

        Raises:
            ProblemError: The value is not JSON-serialisable, or the domain is no name.
        """
        if type(domain) is not str or not domain.strip():
            raise ProblemError(f"a problem's domain is a non-empty text, not {domain!r}")
        codec: Codec[P] = codec_for(type(value))
        canonical = codec.encode(value)
        return cls(
            domain=domain,
            value=codec.isolated(value, canonical),
            canonical=canonical,
            sha256=sha256_hex(canonical),
            codec=codec,
        )

    def own_value(self) -> P:
        """The value itself where nobody can change it, else a fresh one made from the canonical bytes."""
        if type(self.value) is str:
            return self.value
        return self.codec.isolated(self.value, self.canonical)

    def is_unchanged_in(self, value: P) -> bool:
        """Whether such a value still is what was hashed: who was given a mutable one may have changed it."""
        if isinstance(value, str):
            return True
        try:
            return self.codec.encodes_to(value, self.canonical)
        except ProblemError:
            return False


class NoSolution:
    """The claim that a problem has no solution; a reformulator returns the one instance, ``NO_SOLUTION``.

    Only critics that declare ``judges = "unsolvability"`` judge it. Accepted, it ends the run as
    ``Unsolvable``.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "NO_SOLUTION"

    def __reduce__(self) -> str:
        """Pickle and copy by name: the claim is compared by identity, in worker processes too."""
        return "NO_SOLUTION"


NO_SOLUTION: Final = NoSolution()

# Canonical content of the claim. A solution of this content is refused, so that the two are never mixed up.
_NO_SOLUTION_CANONICAL = b'{"modulo:claim":"no solution exists"}'


class Candidate(Struct, Generic[C], gc=False, frozen=True, kw_only=True, eq=False):
    """One answer of a generator to a problem, in the form that critics read.

    Attributes:
        canonical: Canonical JSON (RFC 8785) of the content. This is what is judged and returned.
        sha256: Hash of ``canonical``.
        codec: Turns ``canonical`` into the typed value.
        text: The generator's raw text.
        node: Name of the generator's node.
        model: The model that wrote it, as the generator reports it.
        prompt_sha256: Hash of the conversation that led to it.
        mended: What reformulators mended in the text before they could read it, in words.
    """

    canonical: bytes
    sha256: str
    codec: Codec[C]
    text: str
    node: str
    model: str
    prompt_sha256: str
    _value: C
    mended: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        value: C,
        *,
        codec: Codec[C],
        text: str,
        node: str,
        model: str,
        prompt_sha256: str,
        mended: tuple[str, ...] = (),
    ) -> Candidate[C]:
        """Make a candidate of a reformulated value.

        Raises:
            ProblemError: The value is not of the codec's type, or no canonical JSON, or imitates the claim
                that there is no solution.
        """
        canonical = _NO_SOLUTION_CANONICAL if value is NO_SOLUTION else codec.encode(value)
        if canonical == _NO_SOLUTION_CANONICAL and value is not NO_SOLUTION:
            raise ProblemError("only NO_SOLUTION itself may say that no solution exists")
        return cls(
            canonical=canonical,
            sha256=sha256_hex(canonical),
            codec=codec,
            text=text,
            node=node,
            model=model,
            prompt_sha256=prompt_sha256,
            _value=value,
            mended=mended,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candidate) and self._origin() == other._origin()

    def __hash__(self) -> int:
        return hash(self._origin())

    def _origin(self) -> tuple[str, ...]:
        return self.sha256, self.text, self.node, self.model, self.prompt_sha256

    @property
    def claims_unsolvable(self) -> bool:
        """Whether this says that no solution exists."""
        return self._value is NO_SOLUTION

    def value(self) -> C:
        """The content as a typed value, made anew from the canonical bytes unless it is immutable.

        Every critic gets a value of its own, so that none can change what another judges.
        """
        value = self._value
        if type(value) is str or value is NO_SOLUTION:  # nobody can change these
            return value
        return self.codec.isolated(value, self.canonical)
