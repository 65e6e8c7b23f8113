"""Secrets that people carry: links, cookies, tokens. We keep hashes only, so a stolen database opens nothing."""

import hmac
import secrets
from hashlib import sha256

BYTES = 24  # 192 bits


def fresh() -> str:
    return secrets.token_urlsafe(BYTES)


def hashed(secret: str) -> str:
    """A plain hash is enough: the secrets are random and long, not chosen by people."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def signed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
