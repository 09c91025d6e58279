"""Passwords: which are taken, and how they are kept (Argon2id with the library's recommended cost)."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from monitor.errors import AccountError

LENGTH_MIN = 10
LENGTH_MAX = 256
"""Long enough for any sentence; longer input would only cost time."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex(16))
"""Compared with where there is no such account, so that an answer's time tells nothing."""


def hashed(password: str, name: str) -> str:
    """What is kept of a password for the account `name`.

    Raises:
        AccountError: account.password, with what is wrong with it.
    """
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise AccountError("account.password", reason=f"it takes {LENGTH_MIN} to {LENGTH_MAX} characters")
    if name.lower() in password.lower():
        raise AccountError("account.password", reason="it must not hold the account's name")
    if len(set(password)) < 5:
        raise AccountError("account.password", reason="it needs at least 5 different characters")
    return _hasher.hash(password)


def is_right(kept: str | None, password: str) -> bool:
    """Whether `password` is the one that was kept. Takes the same time where none was."""
    try:
        _hasher.verify(kept or _NOBODY, password[:LENGTH_MAX])
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether the library's recommended cost has grown since."""
    return _hasher.check_needs_rehash(kept)
