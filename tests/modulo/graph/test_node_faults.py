"""Graphs: faults of single nodes, of their signatures and of their types."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, ForwardRef

import pytest

import modulo
from modulo.critique import Critique, Remark, Soundness, Violation
from modulo.graph import Graph, Node, Program
from modulo.graph.nodes import Either
from modulo.nested import NestedLoop
from modulo.protocols import Critic, Message, SoftCritic
from tests.modulo.graph.graphs import (
    Coloring,
    Map,
    ProperRoute,
    Route,
    Taste,
    accepts,
    accepts_two,
    anything,
    coloring_of,
    faults_of,
    graph_of,
    is_colored,
    route_of,
)
from tests.modulo.sample_graphs import NOBODY, whole_number

# -------------------------------------------------------------------------------------- faults of single nodes


@pytest.mark.parametrize("name", ["", "  ", None, 5, b"x", ("a",), ["a"], "\ud800"], ids=repr)
@pytest.mark.parametrize("kind", ["generator", "reformulator", "critic", "soft_critic"])
def test_a_name_that_is_none_is_refused_and_does_not_stop_the_checks(name: Any, kind: str) -> None:
    graph = Graph("g")
    guess = graph.generator("guess" if kind != "generator" else name, NOBODY)
    answer = graph.reformulator(name, anything, reads=guess) if kind == "reformulator" else guess
    graph.critic("judge" if kind != "critic" else name, accepts, reads=answer)
    if kind == "soft_critic":
        graph.soft_critic(name, Taste(), reads=answer)
    assert faults_of(graph) == (f"a node's name must be a non-empty text, not {name!r}.",)


@pytest.mark.parametrize("name", ["", None, 5, "\ud800"], ids=repr)
def test_a_graph_that_could_not_stand_in_a_certificate_is_refused(name: Any) -> None:
    graph = Graph(name)
    graph.critic("judge", accepts, reads=graph.generator("guess", NOBODY))
    assert faults_of(graph) == (f"the graph's name must be a non-empty text, not {name!r}.",)
    assert graph.to_dot()


@pytest.mark.parametrize(
    "reads", [None, 5, [None], [["guess"]], {"guess"}, Either(()), [Either((5,))], Node(5)], ids=repr
)  # type: ignore[arg-type]
def test_what_is_neither_a_node_nor_a_name_cannot_be_read(reads: Any) -> None:
    graph = graph_of()
    graph.generator("a", NOBODY, reads=reads)
    graph.reformulator("b", anything, reads=reads)
    graph.critic("c", accepts, reads=reads, backprompts=reads)
    graph.soft_critic("d", Taste(), reads=reads)
    faults = faults_of(graph)
    for reader in ("generator 'a'", "reformulator 'b'", "critic 'c'", "soft critic 'd'"):
        assert any(f.startswith(f"{reader}: ") and f.endswith("is neither a node nor a name.") for f in faults)


def test_reformulators_convert_one_thing_at_a_time() -> None:
    graph = graph_of()
    graph.reformulator("both", anything, reads=["guess", "other"])  # type: ignore[arg-type]
    assert "reformulator 'both': ['guess', 'other'] is neither a node nor a name." in faults_of(graph)


@pytest.mark.parametrize(
    ("add", "fault"),
    [
        (
            lambda g: g.generator("x", "gpt"),
            "generator 'x': a str is neither a Generator nor a function; write modulo.LLM('gpt').",
        ),
        (
            lambda g: g.generator("x", int),
            "generator 'x': the class int is neither a Generator nor a function.",
        ),
        (lambda g: g.reformulator("x", "json", reads="guess"), "reformulator 'x': a str is not a function."),
        (
            lambda g: g.critic("x", print, reads="guess"),
            "critic 'x': a builtin_function_or_method is not a hard critic; decorate it with"
            " @modulo.critic(proves=...).",
        ),
        (
            lambda g: g.critic("x", ProperRoute, reads="guess"),
            "critic 'x': the class ProperRoute is not a hard critic; write ProperRoute().",
        ),
        (lambda g: g.critic("x", int, reads="guess"), "critic 'x': the class int is not a hard critic."),
        (lambda g: g.critic("x", Taste(), reads="guess"), "critic 'x': a Taste is not a hard critic."),
        (
            lambda g: g.soft_critic("x", accepts, reads="guess"),
            "soft critic 'x': a FunctionCritic is not a SoftCritic.",
        ),
    ],
)
def test_a_node_that_is_not_what_it_should_be_is_refused(add: Callable[[Graph], Node], fault: str) -> None:
    graph = graph_of()
    add(graph)
    assert fault in faults_of(graph)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"proves": ""}, "does not say what its ACCEPT proves"),
        ({"proves": None}, "does not say what its ACCEPT proves"),
        ({"proves": "\ud800"}, "has a claim that is no plain text"),
        ({"soundness": Soundness.OPINION}, "is of soundness opinion; only PROOF and TESTS can certify."),
        ({"soundness": "certain"}, "is of soundness certain; only PROOF and TESTS can certify."),
        ({"soundness": None}, "is of soundness None; only PROOF and TESTS can certify."),
        ({"judges": "everything"}, "judges 'everything'; it must be 'solutions' or 'unsolvability'."),
        ({"version": ""}, "has no version."),
        ({"version": 2}, "has no version."),
        ({"version": "\ud800"}, "has a version that is no plain text"),
        ({"runs_in": "cloud"}, "runs in 'cloud'; it must be one of auto, loop, thread, process."),
        ({"cost": -1}, "has a cost of -1; it must be a number of at least 0."),
        ({"cost": "cheap"}, "has a cost of 'cheap'"),
        ({"cost": float("nan")}, "has a cost of nan"),
        ({"cost": None}, "has a cost of None"),
        ({"cost": True}, "has a cost of True"),
        ({"max_seconds": 0}, "has max_seconds of 0; it must be above 0."),
        ({"max_seconds": float("inf")}, "has max_seconds of inf; it must be above 0."),
        ({"max_seconds": 10**400}, "has max_seconds of 1"),
        ({"options": lambda: {"a": {1}}}, "has options that are not canonical JSON: a set is no JSON value."),
        ({"options": lambda: {"a": float("nan")}}, "has options that are not canonical JSON: nan"),
        ({"options": lambda: None}, "cannot say what it is: TypeError"),
        ({"options": lambda: 1 / 0}, "cannot say what it is: ZeroDivisionError: division by zero."),
    ],
)
def test_a_critic_that_declares_nonsense_is_refused(attributes: dict[str, Any], says: str) -> None:
    critic = ProperRoute()
    vars(critic).update(attributes)
    graph = Graph("g")
    answer = graph.reformulator("route", route_of, reads=graph.generator("guess", NOBODY))
    graph.critic("judge", critic, reads=answer)
    assert any(fault.startswith(f"critic 'judge' {says}") for fault in faults_of(graph))


@pytest.mark.parametrize("cost", [0, 0.5, 10**400])
def test_any_cost_that_can_be_compared_will_do(cost: float) -> None:
    critic = ProperRoute()
    critic.cost = cost
    graph = Graph("g")
    graph.critic(
        "judge", critic, reads=graph.reformulator("r", route_of, reads=graph.generator("guess", NOBODY))
    )
    assert isinstance(graph.check(), Program)


def test_a_critic_that_cannot_be_sent_to_a_process_is_refused_if_it_runs_there() -> None:
    @modulo.critic(proves="local")
    def local(problem: Any, candidate: Any) -> Iterator[Violation]:
        yield from ()

    graph_of(critic=local).check()
    for attributes in ({"runs_in": "process"}, {"max_seconds": 1.0}):
        vars(local).update(attributes)
        assert any(
            "judge' cannot be sent to a worker process" in fault for fault in faults_of(graph_of(critic=local))
        )


def test_a_coroutine_or_asynchronous_generator_cannot_run_in_a_process() -> None:
    @modulo.critic(proves="x", runs_in="process")
    async def waits(problem: Any, candidate: Any) -> Critique:
        return Critique.accept()

    @modulo.critic(proves="x", runs_in="process")
    async def yields(problem: Any, candidate: Any) -> AsyncIterator[Violation]:
        for violation in ():
            yield violation

    for critic in (waits, yields):
        assert faults_of(graph_of(critic=critic)) == (
            "critic 'judge' is a coroutine, which cannot run in a worker process.",
        )
        critic.runs_in, critic.max_seconds = "auto", 1.0
        graph_of(critic=critic).check()


# ---------------------------------------------------------------------------------------- signatures and types


@pytest.mark.parametrize(
    ("add", "fault"),
    [
        (
            lambda g: g.reformulator("x", lambda: "", reads="guess"),
            "reformulator 'x' must take the text, or the text and the problem.",
        ),
        (
            lambda g: g.reformulator("x", lambda a, b, c: "", reads="guess"),
            "reformulator 'x' must take the text, or the text and the problem.",
        ),
        (
            lambda g: g.reformulator("x", lambda a, *, b: "", reads="guess"),
            "reformulator 'x' must take the text, or the text and the problem.",
        ),
        (lambda g: g.critic("x", accepts_two, reads="guess"), "critic 'x' must take the problem, 'guess'."),
        (
            lambda g: g.critic("x", accepts, reads=["guess", "guess"]),
            "critic 'x' must take the problem, 'guess', 'guess'.",
        ),
        (
            lambda g: g.soft_critic("x", Taste(), reads=["guess", "guess"]),
            "soft critic 'x' must take the problem, 'guess', 'guess'.",
        ),
        (
            lambda g: g.generator("x", NOBODY, prompt=lambda: ""),
            "generator 'x': its prompt function must take the problem.",
        ),
        (
            lambda g: g.generator("x", NOBODY, prompt=lambda problem: "", reads="guess"),
            "generator 'x': its prompt function must take the problem, 'guess'.",
        ),
        (
            lambda g: g.generator("x", NOBODY, prompt="Color this map."),
            "generator 'x': its prompt is a str, not a function.",
        ),
        (
            lambda g: g.generator("x", NOBODY, prompt=[Message("user", "hi")]),
            "generator 'x': its prompt is a list, not a function.",
        ),
    ],
)
def test_a_function_that_does_not_take_what_it_is_given_is_refused(
    add: Callable[[Graph], Node], fault: str
) -> None:
    graph = graph_of()
    add(graph)
    assert fault in faults_of(graph)


async def waits(problem: Any) -> str:
    return ""


async def yields_later(text: str) -> AsyncIterator[str]:
    yield text


def yields(text: str) -> Iterator[str]:
    yield text


def test_functions_that_are_called_but_not_awaited_or_iterated_are_plain() -> None:
    graph = Graph("g")
    guess = graph.generator("guess", NOBODY, prompt=waits)
    graph.critic("judge", accepts, reads=graph.reformulator("answer", yields, reads=guess))
    assert faults_of(graph)[:2] == (
        "generator 'guess': its prompt function must not be async.",
        "reformulator 'answer' yields; it must return one candidate.",
    )
    graph = Graph("g")
    graph.reformulator("answer", yields_later, reads=graph.generator("guess", NOBODY))
    graph.critic("judge", accepts, reads="answer")
    assert "reformulator 'answer' yields; it must return one candidate." in faults_of(graph)


def test_builtins_and_callable_objects_convert_too() -> None:
    for convert in (
        int,
        str.upper,
        whole_number,
        lambda text, problem: text,
        lambda *parts: "",
        lambda a, b=1: a,
    ):
        graph = Graph("g")
        graph.reformulator("answer", convert, reads=graph.generator("guess", NOBODY))
        graph.critic("judge", accepts, reads="answer")
        assert isinstance(graph.check(), Program)


def types_graph(
    *, convert: Callable[..., Any] = coloring_of, critic: Critic[Any, Any] = is_colored, prompt: Any = None
) -> Graph:
    graph = Graph("g")
    answer = graph.reformulator("answer", convert, reads=graph.generator("guess", NOBODY, prompt=prompt))
    graph.critic("judge", critic, reads=answer)
    return graph


def test_types_that_do_not_fit_are_refused_with_both_nodes() -> None:
    types_graph().check()
    assert faults_of(types_graph(convert=route_of)) == (
        "'answer' gives Route, but critic 'judge' takes Coloring.",
    )
    assert faults_of(types_graph(critic=ProperRoute())) == (
        "'answer' gives Coloring, but critic 'judge' takes Route.",
    )


def test_a_reformulator_of_something_else_than_text_is_refused_after_a_generator() -> None:
    def recolored(coloring: Coloring) -> Coloring:
        return coloring

    assert faults_of(types_graph(convert=recolored)) == (
        "'guess' gives str, but reformulator 'answer' takes Coloring.",
    )


def test_the_types_of_prompts_and_soft_critics_are_checked_too() -> None:
    def prompt(problem: Map, route: Route) -> str:
        return ""

    class Shortness(SoftCritic[Map, Route]):
        def remark(self, problem: Map, candidate: Route) -> Remark:
            return Remark(score=0.0)

    graph = types_graph()
    graph.critic("last", accepts, reads=graph.generator("next", NOBODY, prompt=prompt, reads="answer"))
    graph.soft_critic("short", Shortness(), reads="answer")
    assert faults_of(graph) == (
        "'answer' gives Coloring, but the prompt of generator 'next' takes Route.",
        "'answer' gives Coloring, but soft critic 'short' takes Route.",
    )


def test_functions_that_take_different_problems_are_refused() -> None:
    def prompt(problem: Route) -> str:
        return ""

    assert faults_of(types_graph(prompt=prompt)) == (
        "critic 'judge' takes a problem of type Map, but the prompt of generator 'guess' takes Route.",
    )
    declared = Graph("g", problem_type=Route)
    declared.critic(
        "judge",
        is_colored,
        reads=declared.reformulator("a", coloring_of, reads=declared.generator("guess", NOBODY)),
    )
    assert faults_of(declared) == ("critic 'judge' takes a problem of type Map, but the graph takes Route.",)


def test_alternatives_of_different_types_cannot_be_joined() -> None:
    graph = Graph("g")
    first = graph.reformulator("route", route_of, reads=graph.generator("a", NOBODY))
    second = graph.reformulator("coloring", coloring_of, reads=graph.generator("b", NOBODY))
    graph.critic("judge", accepts, reads=first | second)
    assert faults_of(graph) == ("'route | coloring' joins different types: 'Route' and 'Coloring'.",)


@pytest.mark.parametrize(
    "annotation", [set, set[str], "Unknown", dict[str, ForwardRef("Unknown")], object()], ids=str
)
def test_a_candidate_that_has_no_json_is_refused(annotation: Any) -> None:
    def convert(text: str) -> Any:
        return text

    convert.returns = annotation  # type: ignore[attr-defined]
    graph = types_graph(convert=convert, critic=accepts)
    assert faults_of(graph)[0].startswith("'answer': ")


def test_a_nested_loop_with_faults_is_a_fault_of_the_graph_around_it() -> None:
    inner = Graph("inner")
    inner.generator("guess", NOBODY)
    graph = types_graph(convert=NestedLoop(inner, problem=lambda text, problem: text), critic=accepts)
    assert faults_of(graph) == (
        "reformulator 'answer': graph 'inner' cannot be run: the answer 'guess' has no hard critic, so nothing"
        " could be certified.",
    )


def test_all_faults_are_reported_at_once_and_each_only_once() -> None:
    graph = Graph("g")
    graph.generator("guess", NOBODY, prompt="hello", reads="guess")
    graph.reformulator("lost", lambda: "", reads="nowhere")
    graph.critic("judge", Taste(), reads="guess")  # type: ignore[arg-type]
    graph.critic("other", accepts_two, reads="guess", backprompts="lost")
    faults = faults_of(graph)
    assert len(faults) == len(set(faults)) >= 7
    assert all(fault.endswith(".") for fault in faults)
