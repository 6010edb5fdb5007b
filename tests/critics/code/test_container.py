"""The container backend, as far as it can be tried without an engine: its command line, and a stand-in for one."""

import sys
from pathlib import Path

import pytest

from modulo.critics.code import Limits, PassesTests, SandboxUnusable
from modulo.critics.code.container import CONTROL, container_command, image
from modulo.critics.code.packages import places_inside
from modulo.errors import MissingDependencyError
from tests.critics.code.problems import needs_linux, problem

pytestmark = [pytest.mark.anyio, needs_linux]

LIMITS = Limits(max_memory_mb=256, max_processes=8, max_tmp_mb=5)


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> Path:
    """Put an engine on the PATH that is no more than a program; the file that it writes its arguments to."""
    engine = folder / "docker"
    engine.write_text(f"#!{sys.executable}\nimport os, sys\nLOG = {str(folder / 'log')!r}\n{program}")
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder / "log"


RUNS_HERE = f"""
open(LOG, "a").write(sys.argv[3] + "\\n")
socket = next(a for a in sys.argv if a.endswith(":{CONTROL}")).partition("=")[2].partition(":")[0]
start = [socket if a == "{CONTROL}" else a for a in sys.argv[sys.argv.index("python3") + 1:]]
os.execv(sys.executable, [sys.executable, *start])
"""


def test_the_command_shuts_off_network_files_and_privileges() -> None:
    packages = places_inside([Path("/site/pytest")])
    command = container_command("docker", "modulo-1", Path("/tmp/x/control"), LIMITS, packages=packages)
    assert command[:2] == ["docker", "run"]
    assert {
        "--rm", "--pull=never", "--name=modulo-1", "--network=none", "--read-only", "--cap-drop=ALL",
        "--security-opt=no-new-privileges", "--user=65534:65534", "--memory=256m", "--memory-swap=256m",
        "--pids-limit=8", "--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=5m", f"--volume=/tmp/x/control:{CONTROL}",
        "--volume=/site/pytest:/packages/0/pytest:ro",
    } <= set(command)  # fmt: skip
    assert command[-2:] == [image(), "python3"]


async def test_each_side_of_each_check_gets_a_container_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in(tmp_path, monkeypatch, RUNS_HERE)
    critic = PassesTests(isolation="container", limits=LIMITS)
    await critic.prepare()
    about = problem("candidate(2) == 4")
    assert (await critic.critique(about, "def f(n): return n * 2")).accepts
    assert not (await critic.critique(about, "def f(n): return n")).accepts
    assert len(log.read_text().splitlines()) == 4
    assert critic.options()["isolation"] == "container"


async def test_without_an_engine_it_is_said_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="podman or docker on the PATH and the image"):
        await PassesTests(isolation="container", limits=Limits(max_tmp_mb=6)).prepare()


async def test_an_engine_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "sys.exit('No such image')")
    with pytest.raises(SandboxUnusable, match="No such image"):
        await PassesTests(isolation="container", limits=Limits(max_tmp_mb=7)).prepare()
