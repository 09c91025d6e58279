"""Signing in by an identity provider: OpenID Connect's code flow with PKCE.

Authlib speaks the protocol and joserfc checks the tokens; here is only whom it lets in.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from monitor.accounts.book import AccountBook
from monitor.accounts.roles import Account
from monitor.errors import AccountError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures with the provider's public key; a token signed with a shared secret, or not at all, is none."""

WAIT_S = 600.0
"""How long somebody may take at the provider."""

_WAITING_MAX = 1_000
_TIMEOUT_S = 10.0
_LEEWAY_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was sent with somebody to the provider, and must come back with them."""

    nonce: str
    verifier: str
    until_s: float


class IdentityProvider:
    """Sends people to the provider and says who came back."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        name_claim: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`name_claim` is the claim that holds the account's name, such as `preferred_username`."""
        self._issuer = issuer.rstrip("/")
        self._client_id, self._client_secret = client_id, client_secret
        self._name_claim = name_claim
        self._now = now
        self._waiting: OrderedDict[str, _Asked] = OrderedDict()

    async def start(self, return_to: str) -> str:
        """The address at the provider to send a browser to; it comes back to `return_to`.

        Raises:
            AccountError: account.provider.
        """
        async with self._client(return_to) as client:
            place = await self._discover(client)
            nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
            address, state = client.create_authorization_url(
                place["authorization_endpoint"], code_verifier=verifier, nonce=nonce
            )
        self._waiting[state] = _Asked(nonce=nonce, verifier=verifier, until_s=self._now() + WAIT_S)
        while len(self._waiting) > _WAITING_MAX:
            self._waiting.popitem(last=False)
        return str(address)

    async def finish(self, book: AccountBook, *, state: str, code: str, return_to: str) -> Account:
        """The account of whoever came back. The first time, an account that was invited becomes theirs.

        Raises:
            AccountError: account.provider, account.not_invited, account.refused (the account is shut).
        """
        asked = self._waiting.pop(state, None)
        if asked is None or asked.until_s < self._now():
            raise AccountError("account.provider", reason="it took too long, or was begun elsewhere")
        async with self._client(return_to) as client:
            claims = await self._claims(client, asked, code)
        name = str(claims.get(self._name_claim, ""))
        account = book.external(f"{claims['iss']} {claims['sub']}", name)
        if account is None:
            raise AccountError("account.not_invited", name=name)
        if not account.is_enabled:
            raise AccountError("account.refused")
        return account

    async def _claims(self, client: AsyncOAuth2Client, asked: _Asked, code: str) -> dict[str, Any]:
        place = await self._discover(client)
        try:
            tokens = await client.fetch_token(
                place["token_endpoint"], code=code, code_verifier=asked.verifier
            )
            keys = KeySet.import_key_set(
                (await client.request("GET", place["jwks_uri"], withhold_token=True)).json()
            )
            token = jwt.decode(tokens["id_token"], keys, algorithms=ALGORITHMS)
            jwt.JWTClaimsRegistry(
                now=lambda: int(self._now()),
                leeway=_LEEWAY_S,
                iss={"essential": True, "value": place["issuer"]},
                aud={"essential": True, "value": self._client_id},
                sub={"essential": True},
                exp={"essential": True},
                nonce={"essential": True, "value": asked.nonce},
            ).validate(token.claims)
        except (httpx2.HTTPError, AuthlibBaseError, JoseError, KeyError, ValueError) as error:
            raise AccountError("account.provider", reason=type(error).__name__) from error
        return dict(token.claims)

    async def _discover(self, client: AsyncOAuth2Client) -> dict[str, Any]:
        try:
            answer = await client.request(
                "GET", f"{self._issuer}/.well-known/openid-configuration", withhold_token=True
            )
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            is_whole = {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= found.keys()
        except (httpx2.HTTPError, ValueError, AttributeError) as error:
            raise AccountError("account.provider", reason="it does not answer as one") from error
        if not is_whole or str(found.get("issuer", "")).rstrip("/") != self._issuer:
            raise AccountError("account.provider", reason="it is not the issuer that the settings name")
        return found

    def _client(self, return_to: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._client_id,
            self._client_secret,
            scope="openid profile email",
            redirect_uri=return_to,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )
