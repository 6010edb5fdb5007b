"""Models as judges: they rank and remark, are paid from the budget of the run, and decide nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

import modulo
from modulo import (
    Budget,
    Certified,
    ChatBackprompter,
    Exhausted,
    Generation,
    Graph,
    Ledger,
    LLMJudge,
    NestedLoop,
    Remark,
    StopReason,
    Usage,
    Violation,
)
from modulo.errors import (
    AuthenticationFailed,
    Billing,
    ConfigurationError,
    ConnectionLost,
    MissingDependencyError,
)
from modulo.events import BudgetSettled, RemarkGiven, RunStarted
from modulo.protocols import Finish, Generator, Request, SoftCritic
from modulo.running.retrying import Retries
from modulo.testing import ManualClock, ScriptedGenerator

pytestmark = pytest.mark.anyio

PAID = Usage(calls=1, prompt_tokens=10, completion_tokens=5, cost_usd=0.01)


def opinion(verdict: str, score: float, reason: str = "so it seems") -> str:
    return json.dumps({"reason": reason, "verdict": verdict, "score": score})


def paid(text: str) -> Generation:
    return Generation(text=text, usage=PAID)


@modulo.critic(proves="it is even")
def is_even(problem: Any, candidate: int) -> list[Violation]:
    return [Violation("odd", f"{candidate} is odd.")] if candidate % 2 else []


def graph_of(answers: list[str], *judges: SoftCritic[Any, Any]) -> Graph:
    graph = Graph("parity")
    draft = graph.generator("draft", ScriptedGenerator(answers), prompt=lambda problem: "an even number")
    number = graph.reformulator("number", int, reads=draft)
    graph.critic("even", is_even, reads=number)
    for i, judge in enumerate(judges):
        graph.soft_critic(f"judge {i}", judge, reads=number)
    return graph


def judge_of(*replies: Any, repeats_last: bool = True, **options: Any) -> LLMJudge:
    model = ScriptedGenerator(replies, worst_case=PAID, repeats_last=repeats_last)
    return LLMJudge(model, rubric="The number is large.", **options)


async def best_of(answers: list[str], *judges: SoftCritic[Any, Any], **options: Any) -> Any:
    options = {"budget": Budget(rounds=len(answers)), "select": "best"} | options
    return await modulo.solve(graph_of(answers, *judges), "p", **options)


async def test_a_judge_chooses_among_certified_answers() -> None:
    judge = judge_of(opinion("reject", 2), opinion("accept", 9), opinion("reject", 3))
    outcome = await best_of(["2", "4", "6"], judge)
    assert isinstance(outcome, Certified)
    assert outcome.solution == 4
    assert [critic.node for critic in outcome.certificate.critics] == ["even"]
    assert [attempt.remarks[0].score for attempt in outcome.attempts] == [2, 9, 3]


async def test_what_it_is_asked_is_made_of_rubric_problem_and_answer() -> None:
    model = ScriptedGenerator([opinion("accept", 9)], repeats_last=True)
    judge = LLMJudge(model, rubric="The number is large.")
    await judge.remark({"least": 4}, [1, 2])
    (request,) = model.requests
    prompt = request.messages[0].content
    assert "The number is large." in prompt
    assert '{"least":4}' in prompt
    assert "\n[1,2]\n" in prompt
    shown = LLMJudge(model, rubric="Right.", shows=lambda problem, candidate: ("P!", f"C{candidate}!"))
    await shown.remark("p", 3)
    assert "\nP!\n" in model.requests[1].messages[0].content
    assert "\nC3!\n" in model.requests[1].messages[0].content


async def test_an_enthusiastic_judge_certifies_nothing() -> None:
    outcome = await best_of(["1", "3"], judge_of(opinion("accept", 10)))
    assert isinstance(outcome, Exhausted)


async def test_a_judge_that_rejects_everything_vetoes_nothing() -> None:
    for select in ("first", "best"):
        outcome = await best_of(["1", "2"], judge_of(opinion("reject", 0)), select=select)
        assert isinstance(outcome, Certified)
        assert outcome.solution == 2


async def test_its_reasons_are_remarks_in_backprompts_and_no_requirements() -> None:
    graph = graph_of(["1", "2"], judge_of(opinion("reject", 0, "far too small")))
    trace = modulo.Trace()
    await modulo.solve(
        graph, "p", budget=Budget(rounds=2), backprompter=ChatBackprompter(granularity="all"), trace=trace
    )
    (remark,) = [event.remark for event in trace.events if isinstance(event, RemarkGiven)]
    assert remark == Remark(score=0, text="far too small", critic="judge 0")
    prompts = [event.messages[-1].content for event in trace.events if hasattr(event, "messages")]
    assert "(a remark, not a requirement) far too small" in prompts[1]


async def test_nobody_is_asked_about_an_answer_that_ends_the_run() -> None:
    model = ScriptedGenerator([opinion("reject", 0)], repeats_last=True)
    await best_of(["2"], LLMJudge(model, rubric="Right."), select="first")
    assert model.requests == []


NO_OPINIONS = [
    "I cannot tell.",
    '{"verdict": "accept"}',
    Generation(text="", finish=Finish.EMPTY),
    Generation(text=opinion("accept", 10), finish=Finish.REFUSED, detail="no"),
    AuthenticationFailed("wrong key"),
    ValueError("broken"),
    SystemExit(1),
]


@pytest.mark.parametrize("reply", NO_OPINIONS)
async def test_no_opinion_counts_neither_for_nor_against_an_answer(reply: Any) -> None:
    for others, best in (([8.0, 4.0], 4), ([4.0, 8.0], 6)):
        judge = judge_of(reply, *[opinion("accept", score) for score in others])
        outcome = await best_of(["2", "4", "6"], judge)
        assert outcome.solution == best
        (remark,) = outcome.attempts[0].remarks
        assert remark.error
        assert remark.score == 0
    worst = judge_of(reply, opinion("reject", 0), opinion("reject", 0))
    assert (await best_of(["2", "4", "6"], worst)).solution == 4  # of equals, one that was looked at


async def test_every_call_of_a_judge_is_on_the_books_of_the_run_and_in_its_trace() -> None:
    trace = modulo.Trace()
    session = Ledger(Budget(cost_usd=1))
    judge = judge_of(paid(opinion("accept", 1)), paid("?"), paid(opinion("accept", 3)))
    outcome = await best_of(["1", "2", "4"], judge, trace=trace, within=session)
    assert outcome.usage == session.spent
    assert outcome.usage.calls == 6
    assert outcome.usage.cost_usd == pytest.approx(0.03)
    nested = [event for event in trace.events if isinstance(event, BudgetSettled) and event.nested]
    assert [(event.attempt, event.bill) for event in nested] == [(0, PAID), (1, PAID), (2, PAID)]
    assert session.reserved == Usage()
    start = trace.events[0]
    assert isinstance(start, RunStarted)
    assert start.settings["soft_critics"]["judge 0"]["options"]["rubric"] == "The number is large."  # type: ignore[call-overload, index]


async def test_a_call_whose_worst_case_does_not_fit_is_not_made() -> None:
    model = ScriptedGenerator([paid(opinion("accept", 9))], worst_case=PAID, repeats_last=True)
    judge = LLMJudge(model, rubric="Right.")
    outcome = await best_of(["2", "4", "6"], judge, budget=Budget(rounds=3, cost_usd=0.025))
    assert isinstance(outcome, Certified)
    assert len(model.requests) == 2
    assert outcome.usage.cost_usd == pytest.approx(0.02)
    assert outcome.attempts[2].accepted
    assert outcome.attempts[2].remarks[0].error == "the limit on cost_usd is reached"


async def test_calls_that_failed_or_were_tried_again_are_counted() -> None:
    lost = ConnectionLost("gone", billing=Billing.UNKNOWN)
    judge = judge_of(lost, retries=Retries(max_tries=3, base_seconds=0), repeats_last=True)
    outcome = await best_of(["2"], judge)
    assert outcome.usage.calls == 1 + 3
    assert outcome.unconfirmed.cost_usd == pytest.approx(0.03)
    assert outcome.attempts[0].remarks[0].error == "gone"


async def test_a_bill_above_its_announcement_is_set_aside_from_then_on() -> None:
    dear = Generation(text=opinion("accept", 9), usage=Usage(calls=1, cost_usd=0.5))
    model = ScriptedGenerator([dear], worst_case=PAID, repeats_last=True)
    outcome = await best_of(
        ["2", "4", "6"], LLMJudge(model, rubric="Right."), budget=Budget(rounds=3, cost_usd=0.9)
    )
    assert len(model.requests) == 1
    assert outcome.usage.cost_usd == pytest.approx(0.5)


async def test_a_replay_takes_its_remarks_from_the_trace_and_asks_nobody(tmp_path: Path) -> None:
    answers = ["1", "2", "4", "6"]
    judge = judge_of(paid(opinion("reject", 1)), paid("?"), paid(opinion("accept", 9)), paid("??"))
    with modulo.Trace(tmp_path / "run.jsonl") as trace:
        outcome = await best_of(answers, judge, trace=trace, budget=Budget(rounds=4, cost_usd=0.05))
    assert outcome.solution == 4

    class Absent(Generator):
        async def prepare(self, limits: Any) -> None:
            raise MissingDependencyError("no key")

        async def generate(self, request: Request) -> Generation:
            raise AssertionError("a replay asks nobody")

    replayed = await modulo.replay(
        tmp_path / "run.jsonl", graph=graph_of(answers, LLMJudge(Absent(), rubric="Right."))
    )
    assert replayed.differences == ()
    with pytest.raises(MissingDependencyError):
        await best_of(answers, LLMJudge(Absent(), rubric="Right."))


class Hangs(Generator):
    """Never answers, and turns the clock when it is asked."""

    def __init__(self, clock: ManualClock | None = None) -> None:
        self.clock = clock
        self.ended = 0

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        return PAID

    async def generate(self, request: Request) -> Generation:
        try:
            if self.clock:
                self.clock.advance(60)
            await anyio.sleep_forever()
        finally:
            self.ended += 1
        raise AssertionError


@pytest.mark.parametrize("select", ["first", "best"])
async def test_a_deadline_that_comes_while_the_judge_is_asked_takes_no_answer_back(
    select: str, tmp_path: Path
) -> None:
    clock = ManualClock()
    model = Hangs(clock)
    with modulo.Trace(tmp_path / "run.jsonl") as trace:
        outcome = await best_of(
            ["1", "2", "4"],
            LLMJudge(model, rubric="Right."),
            select=select,
            clock=clock,
            budget=Budget(rounds=5, seconds=30),
            backprompter=ChatBackprompter(granularity="none"),
            trace=trace,
        )
    assert isinstance(outcome, Certified if select == "first" else Exhausted)
    replayed = await modulo.replay(
        tmp_path / "run.jsonl", graph=graph_of(["1", "2", "4"], LLMJudge(model, rubric="Right."))
    )
    assert replayed.differences == ()


async def test_an_accepted_answer_that_is_being_remarked_on_is_certified_at_the_deadline(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    model = Hangs(clock)
    graph = graph_of(["2"], judge_of(opinion("accept", 5)), LLMJudge(model, rubric="Right."), judge_of("?"))
    with modulo.Trace(tmp_path / "run.jsonl") as trace:
        outcome = await modulo.solve(
            graph, "p", select="best", clock=clock, budget=Budget(rounds=5, seconds=30), trace=trace
        )
    assert isinstance(outcome, Certified)
    assert outcome.solution == 2
    assert model.ended == 1
    errors = [remark.error for remark in outcome.attempts[0].remarks]
    assert errors == [None, *["the run ended before it could say anything"] * 2]
    assert outcome.unconfirmed.cost_usd == pytest.approx(PAID.cost_usd)
    assert outcome.usage.attempts == 1
    assert (await modulo.replay(tmp_path / "run.jsonl", graph=graph)).differences == ()


async def test_it_is_cancelled_with_its_run() -> None:
    model, session = Hangs(), Ledger(Budget())
    with anyio.move_on_after(0.05) as scope:
        await best_of(["1"], LLMJudge(model, rubric="Right."), within=session)
    assert scope.cancelled_caught
    assert model.ended == 1
    assert session.reserved == Usage()
    assert session.spent.calls == 2
    assert session.unconfirmed.cost_usd == pytest.approx(PAID.cost_usd)


async def test_a_judge_in_a_nested_loop_gets_ready_and_is_charged_to_the_outer_run() -> None:
    ready: list[bool] = []

    class Paid(ScriptedGenerator):
        async def prepare(self, limits: Any) -> None:
            ready.append(limits("cost_usd"))

    model = Paid([paid(opinion("accept", 9))], worst_case=PAID, repeats_last=True)
    inner = graph_of(["2", "4"], LLMJudge(model, rubric="Right."))
    outer = Graph("outer")
    draft = outer.generator("text", ScriptedGenerator(["an even number"]), prompt=lambda problem: "?")
    loop = NestedLoop(inner, problem=lambda text, problem: "p", select="best", budget=Budget(rounds=2))
    number = outer.reformulator("number", loop, reads=draft)
    outer.critic("even", is_even, reads=number)
    trace = modulo.Trace()
    outcome = await modulo.solve(outer, "p", budget=Budget(rounds=1, cost_usd=0.015), trace=trace)
    assert isinstance(outcome, Certified)
    assert ready  # before the first call of the outer run, and once more in the inner one
    assert all(ready)
    assert len(model.requests) == 1  # of two, one fits
    assert outcome.usage.cost_usd == pytest.approx(0.01)
    assert PAID in [event.bill for event in trace.events if isinstance(event, BudgetSettled) and event.nested]


async def test_what_is_too_long_to_ask_about_gets_no_opinion() -> None:
    remark = await judge_of(opinion("accept", 9), max_characters=10).remark("p", "x" * 10)
    assert "more than 10 characters" in str(remark.error)


async def test_outside_of_runs_it_answers_too() -> None:
    assert (await judge_of(opinion("accept", 9)).opinion("p", 3)).verdict == "accept"


async def test_a_function_can_play_the_model() -> None:
    judge = LLMJudge(lambda request: opinion("reject", 1), rubric="Right.")
    assert (await judge.opinion("p", 3)).verdict == "reject"


@pytest.mark.parametrize(
    ("model", "options", "fault"),
    [
        ("openai/gpt-5", {"rubric": "Right."}, "a generator or a function"),
        (ScriptedGenerator([]), {"rubric": " "}, "rubric"),
        (ScriptedGenerator([]), {"rubric": None}, "rubric"),
        (ScriptedGenerator([]), {"rubric": "Right.", "max_characters": 0}, "max_characters"),
        (ScriptedGenerator([]), {"rubric": "Right.", "max_characters": True}, "max_characters"),
    ],
)
def test_settings_that_make_no_sense_are_refused(model: Any, options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        LLMJudge(model, **options)


def test_no_graph_takes_it_for_a_hard_critic() -> None:
    graph = Graph("parity")
    draft = graph.generator("draft", ScriptedGenerator(["2"]), prompt=lambda problem: "an even number")
    graph.critic("judge", judge_of(opinion("accept", 10)), reads=draft)  # type: ignore[arg-type]
    with pytest.raises(modulo.GraphError, match="'judge'"):
        graph.check()


async def test_a_run_without_room_for_any_call_ends_as_ever() -> None:
    outcome = await best_of(["1"], judge_of("?"), budget=Budget(rounds=3, calls=0))
    assert outcome.stop_reason is StopReason.CALLS_LIMIT
