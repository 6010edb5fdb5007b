"""What is saved of a disagreement: the whole case, once, and never at the cost of the failure itself."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from modulo.critics.n_version import NVersion
from modulo.critics.n_version.cases import CaseFolder
from modulo.errors import ConfigurationError, CriticsDisagree
from tests.critics.n_version.parts import EvenByBit, EvenByRemainder, Says, SaysToo

pytestmark = pytest.mark.anyio


async def failure(critic: NVersion, problem: Any = 2, candidate: Any = 4) -> str:
    with pytest.raises(CriticsDisagree) as caught:
        await critic.critique(problem, candidate)
    return caught.value.reason


async def test_a_case_is_a_row_with_all_that_is_needed_to_see_it_again(tmp_path: Path) -> None:
    critic = NVersion(
        EvenByRemainder(), EvenByBit(wrong_about=4), saves_to=tmp_path / "new" / "cases", domain="parity"
    )
    await critic.prepare()
    await failure(critic)
    (path,) = (tmp_path / "new" / "cases").iterdir()
    case = json.loads(path.read_text())
    assert path.name == f"{case['id']}.json"
    assert (case["domain"], case["problem"], case["candidate"]) == ("parity", 2, 4)
    first, second = case["critics"]
    assert first["critique"] == {"verdict": "accept", "violations": []}
    assert second == {
        "id": "tests.critics.n_version.parts:EvenByBit",
        "version": "2",
        "options": {"wrong_about": 4},
        "digests": {"bits": "0" * 64},
        "critique": {
            "verdict": "reject",
            "violations": [{"code": "last_bit", "message": "The last bits differ."}],
        },
    }


async def test_the_same_case_is_saved_once_and_its_file_never_written_to_again(tmp_path: Path) -> None:
    critic = NVersion(EvenByRemainder(), EvenByBit(wrong_about=4), saves_to=tmp_path)
    await failure(critic)
    (path,) = tmp_path.iterdir()
    path.write_text("noted by hand")
    assert str(path) in await failure(critic)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["noted by hand"]
    await failure(critic, problem=6)
    assert len([*tmp_path.iterdir()]) == 2


async def test_no_more_cases_are_saved_than_allowed(tmp_path: Path) -> None:
    critic = NVersion(EvenByRemainder(), EvenByBit(wrong_about=4), saves_to=tmp_path, max_cases=2)
    for problem in (2, 4):
        assert "saved as" in await failure(critic, problem)
    assert "was not saved" in await failure(critic, 6)
    assert "saved as" in await failure(critic, 2)
    assert len([*tmp_path.iterdir()]) == 2


async def test_a_case_that_cannot_be_saved_is_a_failure_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    critic = NVersion(EvenByRemainder(), EvenByBit(wrong_about=4), saves_to=tmp_path / "file")
    with pytest.raises(ConfigurationError, match="cannot be saved to"):
        await critic.prepare()
    reason = await failure(critic)
    assert "EvenByBit says reject" in reason
    assert "could not be saved" in reason
    assert "saved nowhere" in await failure(NVersion(EvenByRemainder(), EvenByBit(wrong_about=4)))


async def test_a_case_that_is_no_json_or_too_large_is_said_to_be_saved_nowhere(tmp_path: Path) -> None:
    critic = NVersion(Says("accept"), SaysToo("reject"), saves_to=tmp_path)
    assert "could not be saved" in await failure(critic, candidate=object())
    assert "could not be saved" in await failure(critic, candidate="\ud800")
    assert "not saved: it has more than" in await failure(critic, candidate="x" * 17_000_000)
    assert [*tmp_path.iterdir()] == []


async def test_nothing_but_whole_files_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    critic = NVersion(EvenByRemainder(), EvenByBit(wrong_about=4), saves_to=tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("os.link", full)
        assert "No space left" in await failure(critic)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("cases", [0, -1, True, 1.5, "many"])
def test_a_number_of_cases_that_is_none_is_refused(cases: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="max_cases"):
        CaseFolder(tmp_path, cases)


async def test_a_case_is_for_its_owner_to_read(tmp_path: Path) -> None:
    await failure(NVersion(EvenByRemainder(), EvenByBit(wrong_about=4), saves_to=tmp_path))
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
