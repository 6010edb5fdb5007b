"""The comparison with other libraries counts and refuses as it says; the libraries themselves are not run here."""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from counting_proxy import Account, CountingProxy, Request, forward_to
from peer_problem import Run
from peer_process import PeerFailed, PeerProcess
from scripted_model import ScriptedModel, Skill

from modulo.domains.graph_coloring import DOMAIN, generate, parse_coloring, prompt

_DRAWN = [generate(nodes=6, colors=3, density=0.7, seed=seed) for seed in range(40)]


def _bill(tokens: int) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": "x"}}], "usage": {"total_tokens": tokens}}


def _post(account: Account, **body: Any) -> Any:
    request = urllib.request.Request(
        f"{account.base_url}/chat/completions",
        data=json.dumps({"model": "m", "messages": [{"role": "user", "content": "Color."}], **body}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


@pytest.fixture
def proxy() -> Iterator[CountingProxy]:
    with CountingProxy(lambda request: (200, _bill(40)), now=time.perf_counter) as proxy:
        yield proxy


def test_calls_are_refused_once_the_budget_is_spent(proxy: CountingProxy) -> None:
    account = proxy.open(100)
    for _ in range(3):
        _post(account)
    with pytest.raises(urllib.error.HTTPError) as refusal:
        _post(account)
    assert refusal.value.code == 400
    assert "budget" in refusal.value.read().decode()
    refusal.value.close()
    assert (account.tokens, account.calls, account.refused) == (120, 3, 1)


def test_runs_do_not_share_their_budgets(proxy: CountingProxy) -> None:
    spent, fresh = proxy.open(1), proxy.open(1)
    _post(spent)
    _post(fresh)
    assert (spent.calls, fresh.calls, fresh.refused) == (1, 1, 0)


def test_many_calls_at_once_overrun_by_one_call_at_most() -> None:
    all_sent = threading.Event()

    def slow(request: Request) -> tuple[int, dict[str, Any]]:
        all_sent.wait(30)
        return 200, _bill(40)

    with CountingProxy(slow, now=time.perf_counter) as proxy:
        account = proxy.open(100)
        answers: list[int] = []
        body = {"messages": [{"content": "x" * 30}], "max_tokens": 30}
        path = f"{account.base_url.partition('//')[2].partition('/')[2]}/chat/completions"
        calls = [
            threading.Thread(target=lambda: answers.append(proxy.answer(path, body)[0])) for _ in range(12)
        ]
        for call in calls:
            call.start()
        while account.refused < 9:
            assert any(call.is_alive() for call in calls)
            time.sleep(0.001)
        all_sent.set()
        for call in calls:
            call.join()
    assert sorted(answers) == [200] * 3 + [400] * 9
    assert account.tokens == 120


def test_a_call_that_the_model_does_not_answer_is_not_billed_and_gives_back_what_was_set_aside() -> None:
    with CountingProxy(
        forward_to("http://127.0.0.1:9/v1", "", seed=0, max_seconds=1), now=time.perf_counter
    ) as proxy:
        account = proxy.open(100, 0)
        for _ in range(3):
            with pytest.raises(urllib.error.HTTPError) as failure:
                _post(account, max_tokens=90)
            assert failure.value.code == 504
            failure.value.close()
    assert (account.tokens, account.calls, account.refused) == (0, 0, 0)


def _asked(number: int, messages: list[dict[str, str]], problem: int = 0, **body: Any) -> str:
    account = Account(base_url="", most_tokens=10**6, about=problem)
    request = Request(
        path="", body={"model": "m", "messages": messages, **body}, account=account, number=number
    )
    _, answer = ScriptedModel(_DRAWN, Skill())(request)
    return str(answer["choices"][0]["message"]["content"])


def _share_of_right(messages_after: list[dict[str, str]]) -> float:
    right = 0
    for number, (problem, _) in enumerate(_DRAWN):
        for call in range(25):
            messages = [{"role": "user", "content": prompt(problem)}, *messages_after]
            coloring = parse_coloring(_asked(call, messages, number), problem)
            right += all(coloring[one] != coloring[other] for one, other in problem.edges)
    return right / (25 * len(_DRAWN))


def test_the_scripted_model_has_the_skill_that_it_is_given() -> None:
    skill = Skill()
    bare = skill.success * (1 - 0.9 * skill.misconception)
    criticised = [{"role": "assistant", "content": "{}"}, {"role": "user", "content": "That is not correct."}]
    assert _share_of_right([]) == pytest.approx(bare, abs=0.06)
    assert _share_of_right(criticised) == pytest.approx(skill.success + skill.gain, abs=0.06)


def test_the_scripted_model_answers_in_the_form_that_is_asked_for() -> None:
    problem, _ = _DRAWN[0]
    messages = [{"role": "user", "content": prompt(problem)}]

    def schema(*names: str) -> dict[str, Any]:
        properties = {name: {} for name in names}
        return {"type": "json_schema", "json_schema": {"name": "a", "schema": {"properties": properties}}}

    assert set(json.loads(_asked(0, messages, response_format=schema("coloring")))) == {"coloring"}
    assert json.loads(_asked(0, messages, response_format=schema("score", "reasoning")))["score"] in (3, 9)
    begun = [*messages, {"role": "assistant", "content": '{"A": "red",'}]
    step = _asked(0, begun, stop=",")
    assert step.startswith('"B": "')
    assert "," not in step


def test_a_peer_that_cannot_be_started_is_said_to(tmp_path: Path) -> None:
    with (
        (tmp_path / "log").open("wb") as log,
        PeerProcess(Path(sys.executable), "nobody.Setup", log) as peer,
        pytest.raises(PeerFailed, match="cannot be started"),
    ):
        peer.present({}, max_seconds=60)


def test_the_checker_of_the_peers_agrees_with_our_critic() -> None:
    for problem, solution in _DRAWN:
        run = Run(
            base_url="", model="", prompt="", schema=DOMAIN.answer_schema(problem), nodes=problem.nodes,
            edges=problem.edges, colors=problem.colors, temperature=1, answer_tokens=1, remark_tokens=1,
            samples=1, judged_samples=1, particles=1,
        )  # fmt: skip
        one, other = problem.edges[0]
        assert run.score(json.dumps(solution)) == 1
        assert run.score(json.dumps({**solution, one: solution[other]})) < 1
        assert run.score(json.dumps({**solution, one: "mauve"})) < 1
        assert run.score(json.dumps({one: "red"})) == 0
        assert run.score("no coloring") == 0
