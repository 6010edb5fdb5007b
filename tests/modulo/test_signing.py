"""Detached signatures: they hold for exactly the certificate, the signature and the key that belong together."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import modulo
from modulo.certificate import Certificate
from modulo.errors import CertificateError, ConfigurationError
from modulo.signing import check_signature, sign
from tests.modulo.sample_graphs import Target, certificate_for, number_graph

PKCS8, NONE = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
PEM, SPKI = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo


class Keys(NamedTuple):
    """A pair of keys as PEM."""

    private: bytes
    public: bytes


def pem_of(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> Keys:
    return Keys(key.private_bytes(PEM, PKCS8, NONE), key.public_key().public_bytes(PEM, SPKI))


@pytest.fixture(scope="module")
def keys() -> Keys:
    return pem_of(Ed25519PrivateKey.generate())


@pytest.fixture(scope="module")
def other_keys() -> Keys:
    return pem_of(Ed25519PrivateKey.generate())


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return certificate_for(number_graph(), Target(4), number=4)


@pytest.mark.anyio
async def test_a_signed_certificate_holds(certificate: Certificate, keys: Keys, tmp_path: Path) -> None:
    signature = certificate.sign(keys.private)
    verified = await modulo.verify(
        certificate, graph=number_graph(), signature=signature, public_key=keys.public
    )
    assert verified.certificate == certificate
    files = [tmp_path / name for name in ("c.json", "c.json.sig", "key.pem", "private.pem")]
    for file, data in zip(files, (certificate.to_bytes(), signature, keys.public, keys.private), strict=True):
        file.write_bytes(data)
    assert certificate.sign(files[3]) == signature
    await modulo.verify(files[0], graph=number_graph(), signature=files[1], public_key=str(files[2]))


@pytest.mark.anyio
async def test_an_intact_certificate_that_was_not_signed_is_refused(
    certificate: Certificate, keys: Keys
) -> None:
    """Each holds by itself, but they do not belong together."""
    other = certificate_for(number_graph(), Target(6), number=6)
    await modulo.verify(other, graph=number_graph())
    with pytest.raises(CertificateError, match="the signature is not one by this key"):
        await modulo.verify(
            other, graph=number_graph(), signature=certificate.sign(keys.private), public_key=keys.public
        )


@pytest.mark.anyio
async def test_no_critic_runs_for_a_signature_that_does_not_fit(
    certificate: Certificate, keys: Keys, other_keys: Keys
) -> None:
    ran: list[int] = []

    @modulo.critic(proves="the number is the target")
    def spies(problem: Target, candidate: int) -> list[modulo.Violation]:
        ran.append(candidate)
        return []

    with pytest.raises(CertificateError, match="the signature"):
        await modulo.verify(
            certificate,
            graph=number_graph(spies),
            signature=certificate.sign(other_keys.private),
            public_key=keys.public,
        )
    assert ran == []


def test_every_flipped_bit_of_the_signature_is_refused(certificate: Certificate, keys: Keys) -> None:
    data, signature = certificate.to_bytes(), certificate.sign(keys.private)
    for place in range(8 * len(signature)):
        damaged = bytearray(signature)
        damaged[place // 8] ^= 1 << place % 8
        with pytest.raises(CertificateError):
            check_signature(data, bytes(damaged), keys.public)


def test_every_flipped_byte_of_the_certificate_is_refused(certificate: Certificate, keys: Keys) -> None:
    data, signature = certificate.to_bytes(), certificate.sign(keys.private)
    for place in range(len(data)):
        damaged = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(CertificateError):
            check_signature(damaged, signature, keys.public)


def test_another_key_is_refused(certificate: Certificate, keys: Keys, other_keys: Keys) -> None:
    with pytest.raises(CertificateError):
        check_signature(certificate.to_bytes(), certificate.sign(keys.private), other_keys.public)


@pytest.mark.parametrize("signature", [b"", b"x" * 63, b"x" * 65, b"x" * 100_000])
def test_what_is_no_signature_is_refused(certificate: Certificate, keys: Keys, signature: bytes) -> None:
    with pytest.raises(CertificateError, match="64"):
        check_signature(certificate.to_bytes(), signature, keys.public)


def test_what_is_no_key_is_refused_in_a_sentence(certificate: Certificate, keys: Keys, tmp_path: Path) -> None:
    elliptic = pem_of(ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "key.pem").write_bytes(b"no key")
    for key in (b"", b"no key", keys.public, elliptic.private, tmp_path / "key.pem"):
        with pytest.raises(ConfigurationError, match="must be an Ed25519 key as PEM"):
            certificate.sign(key)
    for key in (b"", b"no key", keys.private, elliptic.public, tmp_path / "key.pem"):
        with pytest.raises(ConfigurationError, match="must be an Ed25519 key as PEM"):
            check_signature(b"", b"", key)
    for path in (tmp_path / "absent.pem", tmp_path, "a\0b"):
        with pytest.raises(ConfigurationError, match="cannot be read"):
            certificate.sign(path)


def test_a_key_under_a_passphrase_is_refused(keys: Keys) -> None:
    key = serialization.load_pem_private_key(keys.private, None)
    locked = key.private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(b"secret"))
    with pytest.raises(ConfigurationError, match="without a passphrase"):
        sign(b"", locked)


@pytest.mark.anyio
async def test_a_signature_and_a_key_go_together(certificate: Certificate, keys: Keys) -> None:
    with pytest.raises(ConfigurationError, match="go together"):
        await modulo.verify(certificate, graph=number_graph(), signature=b"x" * 64)
    with pytest.raises(ConfigurationError, match="go together"):
        await modulo.verify(certificate, graph=number_graph(), public_key=keys.public)


def test_without_the_extra_the_error_names_it(keys: Keys) -> None:
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from modulo.signing import sign\n"
        "try: sign(b'', b'')\n"
        "except ImportError as error: print(type(error).__name__, error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "MissingDependencyError signatures need: pip install 'llm-modulo[sign]'\n"


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not here")
def test_openssl_takes_our_signatures_and_we_take_its(
    certificate: Certificate, keys: Keys, tmp_path: Path
) -> None:
    document, signature, public, private = (tmp_path / name for name in ("c", "s", "public", "private"))
    certificate.save(document)
    signature.write_bytes(certificate.sign(keys.private))
    public.write_bytes(keys.public)
    private.write_bytes(keys.private)
    verify = ["-verify", "-pubin", "-inkey", public, "-sigfile", signature]
    subprocess.run(["openssl", "pkeyutl", "-rawin", "-in", document, *verify], check=True, capture_output=True)
    signed = ["-sign", "-inkey", private, "-out", signature]
    subprocess.run(["openssl", "pkeyutl", "-rawin", "-in", document, *signed], check=True, capture_output=True)
    check_signature(document.read_bytes(), signature, public)
