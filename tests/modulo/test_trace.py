from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modulo.backprompt import ChatBackprompter
from modulo.budget import Usage
from modulo.canonical import codec_for
from modulo.critique import Critique, Remark, Verdict, Violation, critique_json
from modulo.errors import TraceError
from modulo.events import (
    ArtefactWithdrawn,
    AttemptFinished,
    Backprompted,
    BudgetRefused,
    BudgetReserved,
    BudgetSettled,
    CandidateReformulated,
    CertifiedEvent,
    CritiqueGiven,
    Event,
    GenerationFinished,
    GenerationStarted,
    RemarkGiven,
    Retry,
    RunFinished,
    RunStarted,
)
from modulo.outcome import StopReason
from modulo.problem import Candidate, Problem
from modulo.prompt_hashes import PromptHashes
from modulo.protocols import Conversation, Finish, Generation, Message, Reveals, Sampling, Turn
from modulo.trace import Trace, TraceWriter, event_json, read_trace
from modulo.tree import Attempt

PROBLEM = Problem.of({"total": 4}, domain="numbers")
START = RunStarted(
    at=0.0,
    domain="numbers",
    problem=PROBLEM.canonical,
    problem_sha256=PROBLEM.sha256,
    settings={"seed": 0, "select": "first"},
)
END = RunFinished(at=9.0, stop_reason=StopReason.STUCK, attempt=None, usage=Usage(calls=1), unconfirmed=Usage())
WRONG = Violation("wrong", "5 is not the target", location="line 1")


def candidate_of(value: Any) -> Candidate[Any]:
    return Candidate.of(value, codec=codec_for(type(value)), text="", node="guess", model="", prompt_sha256="")


def started(attempt: int, *messages: Message, **fields: Any) -> GenerationStarted:
    facts = {"samples": 1, "round": attempt + 1, "node": "guess", "turn": attempt, "parent": None, "inputs": {}}
    return GenerationStarted(
        at=float(attempt),
        attempt=attempt,
        messages=messages,
        prompt_sha256=PromptHashes().of(messages),
        **(facts | fields),
    )


def finished(attempt: int, text: str, **fields: Any) -> GenerationFinished:
    return GenerationFinished(at=float(attempt), attempt=attempt, generation=Generation(text=text, **fields))


def written(path: Path, *events: Event) -> list[dict[str, Any]]:
    with Trace(path) as trace:
        for sink in trace.sinks():
            for event in events:
                sink(event)
    return read_trace(path)


EVENTS: dict[str, Event] = {
    "run_started": START,
    "backprompt": Backprompted(
        at=1.0, attempt=1, parent=0, reveals=Reveals.HINTS, violations_shown=2, violations_known=3
    ),
    "generation_started": started(
        0, Message("user", "hi"), sampling=Sampling(temperature=0.5), inputs={"half": 3}
    ),
    "budget_reserved": BudgetReserved(at=1.0, attempt=0, amount=Usage(calls=1, cost_usd=0.25)),
    "budget_refused": BudgetRefused(at=1.0, attempt=0, amount=Usage(calls=1), resource="calls"),
    "budget_settled": BudgetSettled(at=1.0, attempt=0, bill=Usage(calls=1), unconfirmed=Usage(prompt_tokens=3)),
    "retry": Retry(
        at=1.0, attempt=0, failed_tries=1, kind="rate_limited", message="slow down", wait_seconds=2.5
    ),
    "generation_finished": finished(
        0, "5", model="m", finish=Finish.TRUNCATED, detail="cut", extra={"reasoning": 7}
    ),
    "candidate_reformulated": CandidateReformulated(at=1.0, attempt=0, candidate=candidate_of({"n": 5})),
    "critique": CritiqueGiven(
        at=1.0, attempt=0, critique=Critique(Verdict.REJECT, (WRONG,), critic="is_target")
    ),
    "remark": RemarkGiven(at=1.0, attempt=0, remark=Remark(score=0.5, text="nice", critic="taste")),
    "attempt_finished": AttemptFinished(at=1.0, attempt=0, round=1, accepted=False, violations=1, error="lost"),
    "artefact_withdrawn": ArtefactWithdrawn(at=1.0, attempt=2, withdrawn=(0, 1)),
    "certified": CertifiedEvent(at=1.0, attempt=0, candidate_sha256="ab", claim="the number is the target"),
    "run_finished": END,
}


def test_every_kind_of_event_is_tried_here() -> None:
    def kinds(kind: type[Event]) -> set[type[Event]]:
        return {kind, *(sub for direct in kind.__subclasses__() for sub in kinds(direct))} - {Event}

    assert {type(event) for event in EVENTS.values()} == kinds(Event)
    assert all(event.type == name for name, event in EVENTS.items())


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_written_as_json_and_read_back(tmp_path: Path, name: str) -> None:
    event = EVENTS[name]
    documents = written(tmp_path / "t.jsonl", START, event)
    assert documents[-1]["type"] == name
    assert documents[-1]["at"] == event.at
    shown = event_json(event)
    shown.pop("messages", None)
    assert documents[-1] == json.loads(json.dumps(shown))


def test_events_say_what_happened() -> None:
    assert event_json(EVENTS["run_started"])["problem"] == {"total": 4}
    assert event_json(EVENTS["generation_started"])["sampling"] == {"temperature": 0.5}
    assert event_json(EVENTS["generation_started"])["messages"] == [{"role": "user", "content": "hi"}]
    assert event_json(EVENTS["generation_finished"]) == {
        "type": "generation_finished",
        "at": 0.0,
        "attempt": 0,
        "finish": "truncated",
        "model": "m",
        "usage": {"calls": 1},
        "detail": "cut",
        "extra": {"reasoning": 7},
        "text": "5",
        "text_sha256": "ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d",
    }
    failed = GenerationFinished(at=0.0, attempt=0, generation=None, error_kind="timeout", error="too late")
    assert event_json(failed) == {
        "type": "generation_finished",
        "at": 0.0,
        "attempt": 0,
        "error_kind": "timeout",
        "error": "too late",
    }
    assert event_json(EVENTS["candidate_reformulated"])["content"] == {"n": 5}
    assert event_json(EVENTS["remark"])["remark"]["text"] == "nice"


def test_a_critique_leaves_out_what_says_nothing() -> None:
    assert critique_json(Critique(Verdict.ACCEPT, critic="c", seconds=0.5)) == {
        "critic": "c",
        "verdict": "accept",
        "violations": [],
        "seconds": 0.5,
    }
    late = Critique(Verdict.UNDECIDED, reason="too late", failed=True, critic="c")
    assert critique_json(late) | {"seconds": 0} == {
        "critic": "c",
        "verdict": "undecided",
        "violations": [],
        "reason": "too late",
        "failed": True,
        "seconds": 0,
    }
    (violation,) = critique_json(Critique.reject(WRONG))["violations"]
    assert violation == {"code": "wrong", "message": "5 is not the target", "location": "line 1"}


# -------------------------------------------------------------------------------------------------------- size


def test_a_text_stands_once_and_is_referred_to_by_its_hash(tmp_path: Path) -> None:
    documents = written(tmp_path / "t.jsonl", START, finished(0, "the same"), finished(1, "the same"))
    assert [("text" in d, d["text_sha256"]) for d in documents[1:]] == [
        (True, documents[1]["text_sha256"]),
        (False, documents[1]["text_sha256"]),
    ]


def test_a_candidate_stands_once(tmp_path: Path) -> None:
    events = [CandidateReformulated(at=0.0, attempt=i, candidate=candidate_of([1, 2])) for i in range(2)]
    documents = written(tmp_path / "t.jsonl", START, *events)
    assert ["content" in document for document in documents[1:]] == [True, False]
    assert documents[1]["sha256"] == documents[2]["sha256"]


def refined(rounds: int, prompt: str, backprompter: ChatBackprompter) -> list[Event]:
    """The events of a conversation that goes on and on, each answer followed by a critique of it."""
    opening = (Message("user", prompt),)
    turns: list[Turn] = []
    events: list[Event] = [START]
    memo: dict[Any, Any] = {}
    for i in range(rounds):
        conversation = Conversation(
            problem=PROBLEM, prompt=opening, turns=tuple(turns), node="guess", memo=memo
        )
        events.append(started(i, *backprompter.render(conversation).messages, parent=i - 1 if i else None))
        generation = Generation(text=f"answer {i}")
        events.append(GenerationFinished(at=float(i), attempt=i, generation=generation))
        critique = Critique(Verdict.REJECT, (Violation("wrong", f"fault {i}"),), critic="c")
        events.append(CritiqueGiven(at=float(i), attempt=i, critique=critique))
        turns.append(Turn(Attempt(id=i, round=i, node="guess", generation=generation), (critique,)))
    return events


def test_a_large_prompt_stands_once_however_many_rounds_go_on_from_it(tmp_path: Path) -> None:
    prompt = "p" * 1_000_000
    written(tmp_path / "t.jsonl", *refined(50, prompt, ChatBackprompter()))
    text = (tmp_path / "t.jsonl").read_text()
    assert text.count(prompt) == 1
    assert len(text) < len(prompt) + 100_000


def test_a_trace_grows_with_what_is_new_and_not_with_the_length_of_the_conversation(tmp_path: Path) -> None:
    sizes = []
    for rounds in (100, 200, 400):
        path = tmp_path / f"{rounds}.jsonl"
        written(path, *refined(rounds, "go", ChatBackprompter()))
        sizes.append(path.stat().st_size)
    assert sizes[2] - sizes[1] < 2.1 * (sizes[1] - sizes[0])


def test_a_conversation_can_be_put_together_again_from_its_links(tmp_path: Path) -> None:
    events = refined(6, "go", ChatBackprompter())
    documents = written(tmp_path / "t.jsonl", *events)
    texts = {d["text_sha256"]: d["text"] for d in documents if "text" in d}
    links = {d["sha256"]: d for d in documents if d["type"] == "prompt"}
    for event in events:
        if isinstance(event, GenerationStarted):
            found, at = [], event.prompt_sha256
            while at:
                found.append(Message(links[at]["role"], texts[links[at]["text_sha256"]]))
                at = links[at]["after"]
            assert tuple(reversed(found)) == event.messages


# ----------------------------------------------------------------------------------------------- prompt hashes

conversations = st.lists(
    st.tuples(st.sampled_from(["system", "user", "assistant"]), st.text("ab\n", max_size=3)), max_size=4
)


@given(st.lists(conversations, min_size=2, max_size=5))
def test_conversations_have_equal_hashes_exactly_if_they_are_equal(all_pairs: Sequence[Sequence[Any]]) -> None:
    shared = PromptHashes()
    built = [tuple(Message(*pair) for pair in pairs) for pairs in all_pairs]
    hashes = [shared.of(messages) for messages in built]
    for messages, sha256 in zip(built, hashes, strict=True):
        assert shared.of(messages) == sha256
        links = list(PromptHashes().new_links(messages))
        assert [link[0] for link in links][-1:] == ([sha256] if messages else [])
        assert tuple(link[2] for link in links) == messages
        assert not list(shared.new_links(messages))
        for other, other_sha256 in zip(built, hashes, strict=True):
            assert (messages == other) is (sha256 == other_sha256)


# ------------------------------------------------------------------------------------------------ odd contents


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\u2028\x00\x85\n\r", "😀", "", '"\\'])
def test_whatever_a_model_writes_survives(tmp_path: Path, text: str) -> None:
    critique = Critique(Verdict.REJECT, (Violation("c", text or "x"),), critic="c")
    documents = written(
        tmp_path / "t.jsonl",
        START,
        started(0, Message("user", text)),
        finished(0, text + "."),
        CritiqueGiven(at=0.0, attempt=0, critique=critique),
        AttemptFinished(at=0.0, attempt=0, round=1, accepted=False, violations=0, error=text),
    )
    assert documents[1]["text"] == text
    assert documents[3]["text"] == text + "."
    assert documents[4]["violations"][0]["message"] == (text or "x")
    assert documents[5]["error"] == text


@given(st.lists(st.text(max_size=20), max_size=4))
def test_any_texts_are_read_back_as_they_were(texts: Sequence[str]) -> None:
    encoded = [event_json(finished(i, text)) for i, text in enumerate(texts)]
    assert [json.loads(json.dumps(document))["text"] for document in encoded] == list(texts)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}, b"x"], ids=repr)
def test_facts_that_are_no_json_are_put_into_words_and_never_end_a_run(tmp_path: Path, value: Any) -> None:
    documents = written(tmp_path / "t.jsonl", START, finished(0, "5", extra={"logprob": value}), END)
    assert "logprob" in documents[1]["extra"]["not_json"]


def test_facts_that_cannot_be_put_into_words_either_never_end_a_run(tmp_path: Path) -> None:
    documents = written(tmp_path / "t.jsonl", START, finished(0, "5", extra={"count": 10**5000}), END)
    assert documents[1]["extra"] == {"not_json": "a dict that cannot be shown"}
    assert documents[2]["type"] == "run_finished"


def test_a_problem_with_large_numbers_is_read_back(tmp_path: Path) -> None:
    problem = Problem.of({"total": 1e20}, domain="numbers")
    start = RunStarted(
        at=0.0, domain="numbers", problem=problem.canonical, problem_sha256=problem.sha256, settings={}
    )
    (document,) = written(tmp_path / "t.jsonl", start)
    assert Problem.of(document["problem"], domain="numbers").sha256 == problem.sha256


# -------------------------------------------------------------------------------------------- files and damage


def test_a_trace_is_kept_in_memory_where_it_is_not_written(tmp_path: Path) -> None:
    for trace, keeps in (
        (Trace(), True),
        (Trace(tmp_path / "a"), False),
        (Trace(tmp_path / "b", keep=True), True),
        (Trace(keep=False), False),
    ):
        with trace:
            for sink in trace.sinks():
                sink(START)
        assert trace.events == ([START] if keeps else [])


def test_no_recorded_run_is_overwritten(tmp_path: Path) -> None:
    written(tmp_path / "t.jsonl", START)
    with pytest.raises(TraceError, match="exists already"):
        Trace(tmp_path / "t.jsonl")
    assert read_trace(tmp_path / "t.jsonl")
    with pytest.raises(TraceError, match="cannot be written"):
        TraceWriter(tmp_path / "missing" / "t.jsonl")


@pytest.mark.parametrize("is_written", [True, False])
def test_the_events_of_two_runs_are_never_mixed(tmp_path: Path, is_written: bool) -> None:
    with Trace(tmp_path / "t.jsonl" if is_written else None) as trace:
        trace.sinks()  # a run that could not begin has left nothing
        for sink in trace.sinks():
            sink(START)
        with pytest.raises(TraceError, match="has the events of another run"):
            trace.sinks()


def test_a_call_is_on_disk_before_it_is_made(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "t.jsonl")
    writer(START)
    writer(started(0, Message("user", "hi")))
    assert [d["type"] for d in read_trace(tmp_path / "t.jsonl")] == [
        "run_started",
        "prompt",
        "generation_started",
    ]
    writer(END)
    assert read_trace(tmp_path / "t.jsonl")[-1]["type"] == "run_finished"
    writer.close()


def test_a_trace_that_keeps_answers_has_what_was_set_aside_before_each_call(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "t.jsonl", keeps_answers=True)
    writer(START)
    writer(started(0, Message("user", "hi")))
    writer(BudgetReserved(at=0.0, attempt=0, amount=Usage(calls=1, prompt_tokens=5)))
    last = read_trace(tmp_path / "t.jsonl")[-1]
    assert (last["type"], last["amount"]["prompt_tokens"]) == ("budget_reserved", 5)
    writer.close()


def test_a_last_line_that_was_cut_off_anywhere_is_passed_over(tmp_path: Path) -> None:
    whole = written(tmp_path / "t.jsonl", START, finished(0, "5"), finished(1, "6"))
    data = (tmp_path / "t.jsonl").read_bytes()
    last = data.rstrip(b"\n").rindex(b"\n") + 1
    for end in range(last, len(data)):
        (tmp_path / "cut.jsonl").write_bytes(data[:end])
        assert read_trace(tmp_path / "cut.jsonl") == whole[:2]


@pytest.mark.parametrize(
    "damage",
    [b"{", b"", b"5", b"[]", b"null", b"{}", b'{"type": 5}', b'{"type": "a", "type": "b"}', b"\xff", b"NaN"],
)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_damaged_line_is_named(tmp_path: Path, damage: bytes, number: int) -> None:
    written(tmp_path / "t.jsonl", START, finished(0, "5"), finished(1, "6"))
    lines = (tmp_path / "t.jsonl").read_bytes().split(b"\n")
    lines[number - 1] = damage
    (tmp_path / "t.jsonl").write_bytes(b"\n".join(lines))
    with pytest.raises(TraceError, match=rf"t\.jsonl, line {number}: "):
        read_trace(tmp_path / "t.jsonl")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no trace"),
        ("hello", "is no trace"),
        ('{"type": "retry"}\n', "does not begin with run_started"),
        ('{"type": "run_started", "trace_version": 99}\n', "trace version 99 is not 1"),
        ('{"type": "run_started"}\n', "trace version None is not 1"),
    ],
)
def test_another_file_is_no_trace(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "t.jsonl").write_text(text)
    with pytest.raises(TraceError, match=says):
        read_trace(tmp_path / "t.jsonl")


def test_a_file_that_cannot_be_read_is_a_trace_error(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(TraceError, match="cannot be read"):
            read_trace(path)


_DISK_IS_FULL = """
import resource, sys, anyio, modulo
from modulo.testing import ScriptedGenerator

@modulo.critic(proves="it is ok")
def is_ok(problem, candidate):
    if candidate != "ok":
        yield modulo.Violation("not_ok", "It is not ok.")

async def run():
    generator = ScriptedGenerator(lambda r: f"no {r.turn}" + 500 * "." if r.turn < int(sys.argv[3]) else "ok")
    with modulo.Trace(sys.argv[1]) as trace:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
        outcome = await modulo.solve("p", generator=generator, critics=[is_ok], trace=trace)
    print(outcome.stop_reason, len(outcome.attempts), getattr(outcome, "error", None))

anyio.run(run)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on the size of files")
def test_a_trace_that_cannot_be_written_any_further_ends_the_run_with_the_work_so_far(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    command = [sys.executable, "-c", _DISK_IS_FULL, str(path), "20000", "1000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    reason, attempts, error = done.stdout.splitlines()[-1].split(" ", 2)
    assert reason == "error"
    assert int(attempts) >= 5
    assert "cannot be written any further: File too large" in error
    assert done.stderr.count("Traceback") == 0
    assert len(read_trace(path)) > 20  # what was written before can be read


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on the size of files")
def test_a_trace_that_cannot_be_written_at_all_is_an_error_before_anything_is_paid(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _DISK_IS_FULL, str(tmp_path / "trace.jsonl"), "10", "0"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "modulo.errors.TraceError: the trace" in done.stderr
