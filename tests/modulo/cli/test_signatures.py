"""The command line signs certificates, and takes none that its owner did not sign."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modulo.cli.app import run
from tests.modulo.cli.test_cli import files, solve

__all__ = ["files"]

VERIFY = ["verify", "c.json", "--public-key", "public.pem"]


@pytest.fixture
def keys(files: Path) -> Path:
    """The folder with a pair of keys beside the rest."""
    key = Ed25519PrivateKey.generate()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (files / "private.pem").write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    (files / "public.pem").write_bytes(key.public_key().public_bytes(pem, spki))
    return files


def test_what_solve_signs_verify_takes(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(solve("--certificate", "c.json", "--sign", "private.pem")) == 0
    assert len((keys / "c.json.sig").read_bytes()) == 64
    capsys.readouterr()
    assert run(VERIFY) == 0
    assert "signed by the owner of public.pem" in capsys.readouterr().out
    (keys / "c.json.sig").rename(keys / "elsewhere")
    assert run([*VERIFY, "--signature", "elsewhere", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["signed"] is True
    assert run(["verify", "c.json", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["signed"] is False


def test_a_certificate_that_was_not_signed_does_not_hold(
    keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(solve("--certificate", "signed.json", "--sign", "private.pem")) == 0
    assert run(solve("--certificate", "c.json", "--seed", "1")) == 0
    (keys / "c.json").write_bytes((keys / "c.json").read_bytes())
    signature = bytearray((keys / "signed.json.sig").read_bytes())
    signature[5] ^= 1
    (keys / "c.json.sig").write_bytes(signature)
    capsys.readouterr()
    assert run(VERIFY) == 1
    assert "does not hold: the signature is not one by this key" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sign", "private.pem"], "--sign needs --certificate"),
        (["--certificate", "c.json", "--sign", "absent.pem"], "absent.pem cannot be read"),
        (["--certificate", "c.json", "--sign", "public.pem"], "must be an Ed25519 key as PEM"),
        (["--certificate", "runs.jsonl", "--sign", "private.pem"], "exists already"),
        (["--certificate", "c.json", "--sign", "private.pem", "--trace", "c.json.sig"], "name two files"),
        (["--certificate", "old", "--sign", "private.pem"], "old.sig exists already"),
    ],
)
def test_a_wrong_use_of_sign_is_told_before_the_first_call(
    keys: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    (keys / "old.sig").touch()
    assert run(solve(*arguments)) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert "round" not in printed.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["verify", "c.json", "--signature", "c.json.sig"], "--signature needs the --public-key"),
        (VERIFY, "c.json.sig' cannot be read"),
        ([*VERIFY[:3], "private.pem", "--signature", "private.pem"], "must be an Ed25519 key as PEM"),
    ],
)
def test_a_wrong_use_of_verify_is_told(
    keys: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert run(solve("--certificate", "c.json")) == 0
    capsys.readouterr()
    assert run(arguments) == 2
    assert says in capsys.readouterr().err
