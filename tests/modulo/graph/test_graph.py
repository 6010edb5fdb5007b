from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ForwardRef

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo.critique import Critique, Remark, Soundness, Violation
from modulo.errors import GraphError
from modulo.graph import Graph, Node, Program
from modulo.graph.nodes import Either
from modulo.nested import NestedLoop
from modulo.problem import NO_SOLUTION, NoSolution
from modulo.protocols import Critic, Message, SoftCritic
from modulo.testing import ScriptedGenerator
from tests.modulo.sample_graphs import NOBODY, is_even, is_target, number_graph, staged_graph, whole_number


@dataclass(frozen=True)
class Map:
    countries: tuple[str, ...]


@dataclass(frozen=True)
class Coloring:
    colors: dict[str, str]


@dataclass(frozen=True)
class Route:
    stops: tuple[str, ...]


def coloring_of(text: str) -> Coloring:
    return Coloring({})


def route_of(text: str) -> Route:
    return Route(())


def anything(text: str) -> Any:
    return text


@modulo.critic(proves="anything goes")
def accepts(problem: Any, candidate: Any) -> Iterator[Violation]:
    yield from ()


@modulo.critic(proves="both go")
def accepts_two(problem: Any, candidate: Any, other: Any) -> Iterator[Violation]:
    yield from ()


@modulo.critic(proves="a coloring")
def is_colored(problem: Map, candidate: Coloring) -> Iterator[Violation]:
    yield from ()


@modulo.critic(proves="no solution", judges="unsolvability")
def is_unsolvable(problem: Any, candidate: Any) -> Iterator[Violation]:
    yield from ()


class Taste(SoftCritic[Any, Any]):
    def remark(self, problem: Any, candidate: Any) -> Remark:
        return Remark(score=0.0)


class ProperRoute(Critic[Map, Route]):
    proves = "a route"

    def critique(self, problem: Map, candidate: Route) -> Critique:
        return Critique.accept()


def faults_of(graph: Graph) -> tuple[str, ...]:
    with pytest.raises(GraphError) as caught:
        graph.check()
    return caught.value.faults


def graph_of(*, critic: Any = accepts, **options: Any) -> Graph:
    """A sound graph of one generator and one critic, whose parts a test then spoils."""
    graph = Graph("g")
    graph.generator("guess", NOBODY, **options)
    graph.critic("judge", critic, reads="guess")
    return graph


# ------------------------------------------------------------------------------------------------ sound graphs


def test_one_generator_and_one_critic_are_a_program() -> None:
    program = graph_of().check()
    assert list(program.stages) == ["guess"]
    assert program.answer.artefact == "guess"
    assert program.answer.critics[0].backprompts == ("guess",)


def test_a_chain_of_reformulators_ends_in_one_artefact() -> None:
    graph = Graph("g")
    guess = graph.generator("guess", NOBODY)
    first = graph.reformulator("first", anything, reads=guess)
    second = graph.reformulator("second", coloring_of, reads=first)
    graph.critic("judge", is_colored, reads=second)
    program = graph.check()
    assert [node.name for node in program.answer.paths["guess"]] == ["first", "second"]
    assert program.answer.codec.annotation is Coloring
    assert program.stage_of == {"guess": "second"}


def test_stages_come_in_an_order_in_which_each_follows_what_it_is_built_on() -> None:
    graph = Graph("g")
    graph.generator("c", NOBODY, reads=["a", "b"])
    graph.generator("b", NOBODY, reads="a")
    graph.generator("a", NOBODY)
    for name in "abc":
        graph.critic(f"judge {name}", accepts, reads=name)
    program = graph.check()
    assert list(program.stages) == ["a", "b", "c"]
    assert [node.name for node in program.generators] == ["a", "b", "c"]
    assert [node.name for node in program.critics] == ["judge a", "judge b", "judge c"]
    assert program.generator("b").reads == ("a",)


def test_several_generators_may_race_for_one_artefact() -> None:
    graph = Graph("g")
    fast, slow = graph.generator("fast", NOBODY), graph.generator("slow", NOBODY)
    graph.critic("judge", accepts, reads=fast | slow)
    graph.critic("second", accepts, reads=slow | fast)
    program = graph.check()
    assert [node.name for node in program.answer.generators] == ["fast", "slow"]
    assert len(program.answer.critics) == 2
    assert program.answer.critics[0].backprompts == ("fast", "slow")


@pytest.mark.parametrize(
    "join",
    [
        lambda a, b, c: a | b | c,
        lambda a, b, c: a | (b | c),
        lambda a, b, c: a | "b" | c,
        lambda a, b, c: "a" | b | "c",
        lambda a, b, c: "a" | (b | c),
        lambda a, b, c: a | b | a | c,
    ],
)
def test_alternatives_are_written_with_handles_or_names(join: Callable[..., Either]) -> None:
    graph = Graph("g")
    nodes = [graph.generator(name, NOBODY) for name in "abc"]
    answer = graph.reformulator("answer", anything, reads=join(*nodes))
    graph.critic("judge", accepts, reads=answer)
    assert graph.check().stage_of == dict.fromkeys("abc", "answer")


def test_a_back_edge_names_what_a_rejection_withdraws() -> None:
    program = staged_graph(blames_half=True).check()
    assert program.answer.withdraws == {"is_double": ("half",)}
    assert not staged_graph().check().answer.withdraws


def test_nodes_may_be_read_before_they_are_added() -> None:
    graph = Graph("g")
    graph.critic("judge", accepts, reads="answer")
    graph.reformulator("answer", anything, reads="guess")
    graph.generator("guess", NOBODY)
    assert graph.check().answer.artefact == "answer"


def test_names_may_come_from_an_enum_and_are_plain_text_afterwards() -> None:
    class Name(StrEnum):
        GUESS = "guess"
        JUDGE = "judge"

    graph = Graph("g")
    graph.generator(Name.GUESS, NOBODY)
    graph.critic(Name.JUDGE, accepts, reads=Name.GUESS, backprompts=[Name.GUESS])
    (critic,) = graph.check().critics
    names = (critic.name, *critic.reads, *critic.backprompts)
    assert [(type(name), name) for name in names] == [(str, "judge"), (str, "guess"), (str, "guess")]


def test_a_graph_is_checked_again_after_it_was_changed() -> None:
    graph = graph_of()
    first = graph.check()
    assert graph.check() is first
    graph.critic("second", accepts, reads="guess")
    assert len(graph.check().critics) == 2


def test_the_type_of_problems_is_the_one_that_functions_are_annotated_with() -> None:
    assert number_graph().problem_type.__name__ == "Target"
    assert graph_of().problem_type is Any
    assert Graph("g", problem_type=Map).problem_type is Map


def test_a_reformulator_may_say_that_it_can_claim_there_is_no_solution() -> None:
    def convert(text: str) -> Coloring | NoSolution:
        return NO_SOLUTION

    graph = Graph("g")
    graph.reformulator("answer", convert, reads=graph.generator("guess", NOBODY))
    graph.critic("judge", is_colored, reads="answer")
    graph.critic("refuter", is_unsolvable, reads="answer")
    assert graph.check().answer.codec.annotation is Coloring


def test_generators_and_conversions_can_be_replaced_in_a_copy() -> None:
    graph = Graph("g")
    guess = graph.generator("guess", NOBODY)
    first = graph.reformulator("first", whole_number, reads=guess)
    second = graph.reformulator("second", lambda number: Coloring({}), reads=first)
    graph.critic("judge", accepts, reads=second)
    other = ScriptedGenerator(["1"])
    copy = graph.with_nodes(generators={"guess": other}, conversions={"first": coloring_of, "second": None})
    path = copy.check().answer.paths["guess"]
    assert copy.check().answer.generators[0].generator is other
    assert [node.convert("x") for node in path if node.convert] == [Coloring({}), "x"]
    assert copy.check().answer.codec.annotation is graph.check().answer.codec.annotation
    assert graph.check().answer.paths["guess"][0].convert is whole_number


# ----------------------------------------------------------------------------------------- faults of structure


def test_an_empty_graph_has_no_generator() -> None:
    assert faults_of(Graph("g")) == ("it has no generator.",)


def test_an_answer_without_a_hard_critic_is_refused() -> None:
    graph = Graph("g")
    graph.generator("guess", NOBODY)
    assert faults_of(graph) == ("the answer 'guess' has no hard critic, so nothing could be certified.",)


def test_a_soft_critic_or_a_critic_of_claims_is_no_hard_critic_of_solutions() -> None:
    graph = Graph("g")
    graph.generator("guess", NOBODY)
    graph.soft_critic("taste", Taste(), reads="guess")
    graph.critic("refuter", is_unsolvable, reads="guess")
    assert faults_of(graph) == ("the answer 'guess' has no hard critic, so nothing could be certified.",)


def test_an_artefact_without_a_hard_critic_must_not_flow_to_the_next_generator() -> None:
    graph = Graph("g")
    draft = graph.generator("draft", NOBODY)
    final = graph.generator("final", NOBODY, reads=draft)
    graph.critic("judge", accepts, reads=final)
    assert faults_of(graph) == (
        "artefact 'draft' has no hard critic, so it must not flow to the next generator.",
    )


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_circle_of_data_is_refused_with_its_nodes(length: int) -> None:
    graph = Graph("g")
    for i in range(length):
        graph.generator(f"g{i}", NOBODY, reads=f"g{(i + 1) % length}")
        graph.critic(f"c{i}", accepts, reads=f"g{i}")
    (circle,) = [fault for fault in faults_of(graph) if "circle" in fault]
    assert all(f"'g{i}'" in circle for i in range(length))


def test_a_circle_through_reformulators_is_refused() -> None:
    graph = Graph("g")
    graph.generator("guess", NOBODY)
    graph.reformulator("a", anything, reads=Either(("guess", "b")))
    graph.reformulator("b", anything, reads="a")
    graph.critic("judge", accepts, reads="b")
    assert "data runs in a circle: 'a' → 'b' → 'a'." in faults_of(graph)


def test_a_reformulator_that_nothing_leads_to_is_unreachable() -> None:
    graph = graph_of()
    graph.reformulator("lost", anything, reads="found")
    graph.reformulator("found", anything, reads="lost")
    faults = faults_of(graph)
    assert "reformulator 'lost' is unreachable: no generator leads to it." in faults
    assert "reformulator 'found' is unreachable: no generator leads to it." in faults


def test_a_critic_that_no_generator_could_hear_is_refused() -> None:
    graph = graph_of()
    graph.critic("lonely", accepts, reads=graph.reformulator("lost", anything, reads="nowhere"))
    assert "critic 'lonely' has no generator to backprompt: none leads to 'lost'." in faults_of(graph)


def test_a_critic_that_wants_nobody_to_hear_it_is_refused() -> None:
    graph = Graph("g")
    graph.critic("judge", accepts, reads=graph.generator("guess", NOBODY), backprompts=[])
    (fault,) = faults_of(graph)
    assert fault.startswith("critic 'judge' backprompts nobody")


def test_two_conversions_of_one_node_are_refused() -> None:
    graph = Graph("g")
    guess = graph.generator("guess", NOBODY)
    graph.critic("a", accepts, reads=graph.reformulator("left", anything, reads=guess))
    graph.critic("b", accepts, reads=graph.reformulator("right", anything, reads=guess))
    fork = "'guess' is converted by 'left' and 'right'; only one reformulator may convert it."
    assert fork in faults_of(graph)


def test_two_ends_are_refused() -> None:
    graph = graph_of()
    graph.critic("other judge", accepts, reads=graph.generator("other", NOBODY))
    assert faults_of(graph) == ("'guess' and 'other' are all ends of the graph; a graph has one answer.",)


def test_what_is_converted_further_cannot_be_read() -> None:
    graph = Graph("g")
    guess = graph.generator("guess", NOBODY)
    graph.reformulator("answer", anything, reads=guess)
    graph.critic("judge", accepts, reads="answer")
    graph.critic("early", accepts, reads=guess)
    (fault,) = faults_of(graph)
    assert fault.startswith(
        "critic 'early' reads 'guess', which is converted further into 'answer'; it must read"
    )


@pytest.mark.parametrize(
    ("add", "reader"),
    [
        (lambda graph: graph.critic("new", accepts, reads="judge"), "critic 'new'"),
        (lambda graph: graph.soft_critic("new", Taste(), reads="judge"), "soft critic 'new'"),
        (lambda graph: graph.generator("new", NOBODY, reads="judge"), "generator 'new'"),
        (lambda graph: graph.reformulator("new", anything, reads="judge"), "reformulator 'new'"),
        (
            lambda graph: graph.reformulator("new", anything, reads=Node("guess") | "judge"),
            "reformulator 'new'",
        ),
        (lambda graph: graph.reformulator("new", anything, reads="taste"), "reformulator 'new'"),
    ],
)
def test_a_critic_gives_nothing_to_read(add: Callable[[Graph], Node], reader: str) -> None:
    graph = graph_of()
    graph.soft_critic("taste", Taste(), reads="guess")
    add(graph)
    assert any(f.startswith(f"{reader} reads ") and "which is a critic" in f for f in faults_of(graph))


def test_names_that_do_not_exist_are_all_reported() -> None:
    graph = Graph("g")
    graph.generator("guess", NOBODY, reads="gess")
    graph.reformulator("answer", anything, reads="gues")
    graph.critic("judge", accepts, reads=["guess", "anwser"], backprompts=["ges", "judge"])
    faults = faults_of(graph)
    for sentence in (
        "'guess' reads 'gess', which does not exist.",
        "'answer' reads 'gues', which does not exist.",
        "'judge' reads 'anwser', which does not exist.",
        "critic 'judge' backprompts 'ges', which does not exist.",
        "critic 'judge' backprompts 'judge', which is no generator.",
    ):
        assert sentence in faults


def test_two_nodes_of_one_name_are_refused_whatever_their_kinds() -> None:
    adds: Sequence[Callable[[Graph], Node]] = (
        lambda graph: graph.generator("x", NOBODY),
        lambda graph: graph.reformulator("x", anything, reads="guess"),
        lambda graph: graph.critic("x", accepts, reads="guess"),
        lambda graph: graph.soft_critic("x", Taste(), reads="guess"),
    )
    for first in adds:
        for second in adds:
            graph = graph_of()
            first(graph)
            second(graph)
            assert "two nodes are called 'x'." in faults_of(graph)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_node_with_the_name_of_a_choice_is_not_taken_for_it(is_first: bool) -> None:
    graph = Graph("g")
    a, b = graph.generator("a", NOBODY), graph.generator("b", NOBODY)
    if is_first:
        graph.reformulator("a | b", anything, reads=a)
    graph.critic("judge", accepts, reads=a | b)
    if not is_first:
        graph.reformulator("a | b", anything, reads=a)
    assert "two nodes are called 'a | b'." in faults_of(graph)


def test_a_critic_may_only_read_what_its_candidate_is_always_built_on() -> None:
    graph = Graph("g")
    plan, other = graph.generator("plan", NOBODY), graph.generator("other", NOBODY)
    slow, fast = (
        graph.generator("slow", NOBODY, reads=[plan, other]),
        graph.generator("fast", NOBODY, reads=other),
    )
    for name in ("plan", "other"):
        graph.critic(f"judge {name}", accepts, reads=name)
    graph.critic("judge", accepts_two, reads=[slow | fast, plan])
    graph.critic("right", accepts_two, reads=[slow | fast, other])
    graph.critic("twisted", accepts_two, reads=[plan, other])
    assert faults_of(graph) == (
        "critic 'judge' reads 'plan', on which 'slow | fast' is not always built.",
        "critic 'twisted' reads 'other', on which 'plan' is not built.",
    )


def test_a_back_edge_leads_to_a_generator_that_has_a_part_in_the_candidate() -> None:
    graph = staged_graph()
    graph.critic("odd", is_even, reads="half", backprompts="doubler")
    assert faults_of(graph) == ("critic 'odd' backprompts 'doubler', which has no part in 'half'.",)


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


# ----------------------------------------------------------------------------------------------- random graphs

NAMES = ("a", "b", "c", "maker 0.0", "end 0", "maker 1.0", "end 1", "judge 0")
names = st.sampled_from(NAMES)
nonsense = st.sampled_from(
    ["", " ", "nowhere", "a | b", None, 5, (), ["a"], {"a"}, Either(()), Node("a"), Node("x")]
)
read = names | st.builds(lambda x, y: Node(x) | Node(y), names, names)
reads = read | st.lists(read, max_size=3) | nonsense
conversions = st.sampled_from(
    [anything, whole_number, coloring_of, route_of, lambda: "", lambda a, b: a, 5, str]
)
critics = st.sampled_from(
    [accepts, accepts_two, is_colored, is_unsolvable, ProperRoute(), Taste(), is_target, None]
)
prompts = st.none() | st.sampled_from([lambda problem: "", lambda problem, other: "", "text"])
node_names = names | nonsense


def add_generator(name: Any, prompt: Any, reads: Any) -> Callable[[Graph], object]:
    return lambda graph: graph.generator(name, NOBODY, prompt=prompt, reads=reads)


def add_reformulator(name: Any, convert: Any, reads: Any) -> Callable[[Graph], object]:
    return lambda graph: graph.reformulator(name, convert, reads=reads)


def add_critic(name: Any, critic: Any, reads: Any, backprompts: Any) -> Callable[[Graph], object]:
    return lambda graph: graph.critic(name, critic, reads=reads, backprompts=backprompts)


def add_soft_critic(name: Any, critic: Any, reads: Any) -> Callable[[Graph], object]:
    return lambda graph: graph.soft_critic(name, critic, reads=reads)


wirings = st.lists(
    st.builds(add_generator, node_names, prompts, reads | st.just(()))
    | st.builds(add_reformulator, node_names, conversions, reads)
    | st.builds(add_critic, node_names, critics, reads, st.none() | reads)
    | st.builds(add_soft_critic, node_names, critics, reads),
    max_size=10,
)


@dataclass(frozen=True)
class Stage:
    """A stage of a random graph: what each of its makers reads, and whether it is converted and judged."""

    makers: Sequence[Sequence[int]]
    is_converted: bool
    is_judged: bool
    blames: int | None

    def add_to(self, graph: Graph, number: int, ends: Sequence[Node]) -> Node:
        for i, needs in enumerate(self.makers):
            graph.generator(f"maker {number}.{i}", NOBODY, reads=[ends[need] for need in needs])
        end: Any = Either(tuple(f"maker {number}.{i}" for i in range(len(self.makers))))
        if self.is_converted or len(self.makers) > 1:
            end = graph.reformulator(f"end {number}", anything, reads=end)
        if self.is_judged:
            blamed = () if self.blames is None else (f"maker {self.blames}.0",)
            targets = [*(f"maker {number}.{i}" for i in range(len(self.makers))), *blamed]
            graph.critic(f"judge {number}", accepts, reads=end, backprompts=targets)
        return end if isinstance(end, Node) else Node(end.names[0])


@st.composite
def layered(draw: st.DrawFn) -> Sequence[Stage]:
    """Stages that mostly make a sound graph."""
    stages: list[Stage] = []
    mostly = st.sampled_from([True] * 9 + [False])
    for number in range(draw(st.integers(1, 4))):
        before = range(number)
        makers = [
            [need for need in before if draw(mostly) or draw(st.booleans())]
            for _ in range(draw(st.integers(1, 2)))
        ]
        read = set().union(*makers)
        blames = draw(st.none() | st.sampled_from(sorted(read))) if read else None
        stages.append(Stage(makers, draw(st.booleans()), draw(mostly), blames))
    return stages


def graph_of_stages(stages: Sequence[Stage]) -> Graph:
    graph = Graph("g")
    ends: list[Node] = []
    for number, stage in enumerate(stages):
        ends.append(stage.add_to(graph, number, ends))
    return graph


def assert_is_sound(graph: Graph) -> None:
    """What must hold of every graph that passes its checks, said without looking at how it is checked."""
    program = graph.check()
    ends = list(program.stages)
    for end, stage in program.stages.items():
        hard = [n for n in stage.critics if n.critic.judges == "solutions" and isinstance(n.critic, Critic)]
        assert hard, f"{end} has no hard critic"
        assert stage.generators
        for generator in stage.generators:
            at = generator.name
            for reformulator in stage.paths[generator.name]:
                assert at in reformulator.reads
                at = reformulator.name
            assert at == end
            assert all(need in ends[: ends.index(end)] for need in generator.reads)
        for critic in stage.critics:
            assert critic.reads[0] == end
            assert critic.backprompts
            assert set(critic.backprompts) <= set(program.stage_of)
    on_path = {r.name for stage in program.stages.values() for path in stage.paths.values() for r in path}
    assert on_path == graph.reformulators.keys()
    assert {critic.name for critic in program.critics} == graph.critics.keys()
    read_by_generators = {need for generator in program.generators for need in generator.reads}
    assert set(ends) - read_by_generators == {program.answer.artefact}


@given(layered())
@settings(max_examples=200)
def test_a_graph_passes_exactly_if_every_artefact_is_judged_and_there_is_one_answer(
    stages: Sequence[Stage],
) -> None:
    graph = graph_of_stages(stages)
    unread = set(range(len(stages))).difference(*(needs for stage in stages for needs in stage.makers))
    if all(stage.is_judged for stage in stages) and len(unread) == 1:
        assert_is_sound(graph)
        assert len(graph.check().stages) == len(stages)
    else:
        unjudged = [number for number, stage in enumerate(stages) if not stage.is_judged]
        faults = faults_of(graph)
        assert sum("has no hard critic" in fault for fault in faults) == len(unjudged)
        assert any("ends of the graph" in fault for fault in faults) is (len(unread) > 1)


@given(st.just(()) | layered(), wirings)
@settings(max_examples=300)
def test_any_wiring_is_a_sound_program_or_a_graph_error_in_bounded_time(
    stages: Sequence[Stage], wiring: Sequence[Callable[[Graph], object]]
) -> None:
    started = time.monotonic()
    graph = graph_of_stages(stages)
    for add in wiring:
        add(graph)
    try:
        assert_is_sound(graph)
    except GraphError as error:
        faults = error.faults
    else:
        faults = ("none.",)
    assert faults
    assert all(isinstance(fault, str) and fault.endswith(".") for fault in faults)
    graph.to_mermaid()
    graph.to_dot()
    assert time.monotonic() - started < 5


def test_the_check_of_a_large_graph_takes_no_time_to_speak_of() -> None:
    graph = Graph("g")
    started = time.monotonic()
    for i in range(60):
        graph.generator(f"g{i}", NOBODY, reads=[f"r{j}" for j in range(i)])
        graph.reformulator(f"r{i}", anything, reads=f"g{i}")
        graph.critic(f"c{i}", accepts, reads=f"r{i}")
    assert len(graph.check().stages) == 60
    assert time.monotonic() - started < 20
