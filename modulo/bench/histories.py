"""What happened in a run, attempt by attempt, as its trace tells: for reports and for data that is passed on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from modulo.canonical import JsonValue
from modulo.critique import Critique, Verdict, critique_from_json
from modulo.errors import TraceError
from modulo.protocols import Message
from modulo.trace import read_trace, texts_in
from modulo.trace_lines import check_lines

__all__ = ["AttemptHistory", "AttemptVerdict", "RunHistory", "read_history"]

_MOST_SAMPLES: Final = 100_000

AttemptVerdict: TypeAlias = Literal["accept", "reject", "undecided", "unjudged"]


class AttemptHistory(Struct, frozen=True, kw_only=True):
    """One attempt.

    Attributes:
        id: Its number in the run.
        round: The ask that it came from.
        node: The generator.
        parent: The attempt that it goes on from.
        inputs: The attempts whose artefacts it is built on.
        label: The strategy's label.
        offers: The attempt whose answer it offers to the critics, where nothing was asked.
        sampling: Sampling settings that the strategy chose.
        messages: What the generator was asked.
        prefix: What it was made to begin with, in part its own words of before; ``text`` begins with it.
        text: What it answered; None if it failed.
        model: The model that answered, as the generator reports it.
        finish: Why the answer ended.
        usage: What it cost.
        extra: Further facts about the answer, such as what tools said.
        error: What went wrong, if something did.
        candidate_sha256: Hash of the canonical candidate; None if there is none.
        candidate: The candidate.
        critiques: What the reformulator and the critics said.
        accepted: Whether all critics accepted.
    """

    id: int
    round: int
    node: str
    parent: int | None
    inputs: Mapping[str, int]
    label: str
    offers: int | None
    sampling: Mapping[str, JsonValue]
    messages: tuple[Message, ...]
    prefix: str = ""
    text: str | None = None
    model: str = ""
    finish: str | None = None
    usage: Mapping[str, float] = {}
    extra: Mapping[str, JsonValue] = {}
    error: str | None = None
    candidate_sha256: str | None = None
    candidate: JsonValue = None
    critiques: tuple[Critique, ...] = ()
    accepted: bool = False

    @property
    def verdict(self) -> AttemptVerdict:
        """What its critics said together."""
        if self.accepted:
            return "accept"
        if any(critique.verdict is Verdict.REJECT for critique in self.critiques):
            return "reject"
        return "undecided" if self.critiques else "unjudged"


class RunHistory(Struct, frozen=True, kw_only=True):
    """One run.

    Attributes:
        domain: The domain.
        problem: The problem.
        problem_sha256: Its hash.
        settings: How it was run.
        attempts: Its attempts by number.
        certified: The attempt whose answer was returned with a certificate, if one was.
        candidate_sha256: Hash of that answer.
    """

    domain: str
    problem: JsonValue
    problem_sha256: str
    settings: Mapping[str, Any]
    attempts: Mapping[int, AttemptHistory]
    certified: int | None
    candidate_sha256: str | None

    def first_prompt(self, attempt: AttemptHistory) -> tuple[Message, ...]:
        """What its generator was asked when the conversation began that led to an attempt."""
        while attempt.parent is not None:
            parent = self.attempts[attempt.parent]
            if (parent.node, parent.inputs) != (attempt.node, attempt.inputs):
                break
            attempt = parent
        return attempt.messages


def read_history(path: Path) -> RunHistory:
    """The run in a trace file.

    Raises:
        TraceError: It cannot be read, or is damaged.
    """
    documents = read_trace(path)
    try:
        check_lines(documents)
        return _Reader(documents).history()
    except TraceError as error:
        raise TraceError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise TraceError(f"{path}: the trace is damaged: {type(error).__name__}: {error}") from error


class _Reader:
    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self._documents = documents
        self._texts: dict[str, str] = {}
        self._links: dict[str, tuple[str | None, Message]] = {}
        self._contents: dict[str, JsonValue] = {}
        self._told: dict[int, dict[str, Any]] = {}
        self._certified: Mapping[str, Any] = {}

    def history(self) -> RunHistory:
        for document in self._documents:
            self._texts.update(texts_in(document))
            self._read(document)
        start = self._documents[0]
        return RunHistory(
            domain=start["domain"],
            problem=start["problem"],
            problem_sha256=start["problem_sha256"],
            settings=start["settings"],
            attempts={number: AttemptHistory(**told) for number, told in sorted(self._told.items())},
            certified=self._certified.get("attempt"),
            candidate_sha256=self._certified.get("candidate_sha256"),
        )

    def _read(self, document: Mapping[str, Any]) -> None:
        match document["type"]:
            case "prompt":
                self._link(document)
            case "generation_started":
                self._begin(document)
            case "generation_finished":
                self._told[document["attempt"]] |= self._answered(document)
            case "candidate_reformulated":
                self._told[document["attempt"]] |= self._reformulated(document)
            case "critique":
                self._told[document["attempt"]]["critiques"] += (critique_from_json(document),)
            case "attempt_finished":
                told = self._told[document["attempt"]]
                told["accepted"] = document["accepted"]
                told["error"] = told.get("error") or document["error"]
            case "certified":
                self._certified = document

    def _link(self, document: Mapping[str, Any]) -> None:
        """Keep a message and what came before it; that is known by now, so no conversation goes round in a circle."""
        before = document["after"]
        if (before and before not in self._links) or document["sha256"] in self._links:
            raise ValueError(f"the message {document['sha256']} does not follow the one before it")
        message = Message(document["role"], self._texts[document["text_sha256"]])
        self._links[document["sha256"]] = before, message

    def _begin(self, document: Mapping[str, Any]) -> None:
        parent, first = document["parent"], document["attempt"]
        if (parent is not None and parent not in self._told) or first in self._told:
            raise ValueError(f"the attempt {first} does not follow the one that it goes on from")
        if document["samples"] > _MOST_SAMPLES:
            raise ValueError(f"{document['samples']} samples at once are more than anybody asks for")
        prefix = document.get("prefix")
        for number in range(document["attempt"], document["attempt"] + document["samples"]):
            self._told[number] = {
                **{name: document[name] for name in ("round", "node", "parent", "inputs", "sampling")},
                "id": number,
                "label": document.get("label", ""),
                "offers": document.get("offers"),
                "messages": tuple(self._conversation(document["prompt_sha256"])),
                "prefix": self._texts[prefix["text_sha256"]] if prefix else "",
                "critiques": (),
            }

    def _conversation(self, sha256: str | None) -> Iterator[Message]:
        links = []
        while sha256:
            sha256, message = self._links[sha256]
            links.append(message)
        yield from reversed(links)

    def _answered(self, document: Mapping[str, Any]) -> dict[str, Any]:
        if "error_kind" in document:
            return {"error": f"{document['error_kind']}: {document['error']}"}
        return {
            "text": self._texts[document["text_sha256"]],
            "model": document["model"],
            "finish": document["finish"],
            "usage": document["usage"] or {},
            "extra": document.get("extra") or {},
        }

    def _reformulated(self, document: Mapping[str, Any]) -> dict[str, Any]:
        sha256 = document["sha256"]
        if "content" in document:
            self._contents[sha256] = document["content"]
        return {"candidate_sha256": sha256, "candidate": self._contents[sha256]}
