"""Detached Ed25519 signatures (RFC 8032): who vouches for a certificate, beside what it proves.

A signature is the 64 bytes that ``openssl pkeyutl -sign -rawin`` makes of the certificate's file, so either side
can do without this library. Keys are PEM files, as ``openssl genpkey -algorithm ed25519`` and ``openssl pkey
-pubout`` write them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from modulo.errors import CertificateError, ConfigurationError, MissingDependencyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = ["FileOrBytes", "check_signature", "sign"]

FileOrBytes: TypeAlias = "str | os.PathLike[str] | bytes"
"""The path of a file, or what would stand in it."""

_LENGTH: Final = 64


def sign(data: bytes, private_key: FileOrBytes) -> bytes:
    """The signature of some bytes.

    Args:
        data: What to sign.
        private_key: The key, PEM without a passphrase.

    Raises:
        ConfigurationError: The key cannot be read, or is no Ed25519 key.
        MissingDependencyError: The extra ``sign`` is not installed.
    """
    return _private_key(private_key).sign(data)


def check_signature(data: bytes, signature: FileOrBytes, public_key: FileOrBytes) -> None:
    """See that a key's owner signed exactly these bytes.

    Raises:
        CertificateError: It is not so.
        ConfigurationError: The signature or the key cannot be read, or the key is no Ed25519 key.
        MissingDependencyError: The extra ``sign`` is not installed.
    """
    key, signed = _public_key(public_key), _read("signature", signature)
    from cryptography.exceptions import InvalidSignature

    if len(signed) != _LENGTH:
        raise CertificateError(f"the signature has {len(signed)} bytes, and Ed25519's have {_LENGTH}")
    try:
        key.verify(signed, data)
    except InvalidSignature as error:
        raise CertificateError(
            "the signature is not one by this key of this certificate: one of the three was changed"
        ) from error


def _private_key(given: FileOrBytes) -> Ed25519PrivateKey:
    serialization, ed25519 = _cryptography()
    data = _read("private key", given)
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except Exception as error:  # the library says what is wrong with many types
        raise _no_key("private key", given, "-----BEGIN PRIVATE KEY-----, without a passphrase") from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise _no_key("private key", given, f"no {type(key).__name__}")
    return cast("Ed25519PrivateKey", key)


def _public_key(given: FileOrBytes) -> Ed25519PublicKey:
    serialization, ed25519 = _cryptography()
    data = _read("public key", given)
    try:
        key = serialization.load_pem_public_key(data)
    except Exception as error:  # the library says what is wrong with many types
        raise _no_key("public key", given, "-----BEGIN PUBLIC KEY-----") from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise _no_key("public key", given, f"no {type(key).__name__}")
    return cast("Ed25519PublicKey", key)


def _cryptography() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise MissingDependencyError("signatures need: pip install 'llm-modulo[sign]'") from error
    return serialization, ed25519


def _no_key(what: str, given: FileOrBytes, wanted: str) -> ConfigurationError:
    where = "" if isinstance(given, bytes) else f" in {os.fspath(given)}"
    return ConfigurationError(f"the {what}{where} must be an Ed25519 key as PEM: {wanted}")


def _read(what: str, given: FileOrBytes) -> bytes:
    if isinstance(given, bytes):
        return given
    try:
        return Path(given).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"the {what} {os.fspath(given)!r} cannot be read: {reason}") from error
