"""Signing in by an identity provider, against one that these tests run on loopback."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor.accounts.book import AccountBook, AccountChange
from monitor.accounts.provider import WAIT_S, IdentityProvider
from monitor.accounts.roles import Account, Role
from monitor.config import ServerSettings
from monitor.errors import AccountError
from monitor.publish.run import Server, listen

RETURN_TO = "http://127.0.0.1:9/api/provider/return"


class Issuer:
    """An identity provider that tests can make misbehave."""

    def __init__(self) -> None:
        self.url = ""
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.signing_key: RSAKey | OctKey = self.key
        self.algorithm = "RS256"
        self.claims: dict[str, Any] = {}
        self.announced_issuer: str | None = None
        self.challenges: dict[str, str] = {}
        self.nonce = ""

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid-configuration", self.discovery),
            Route("/token", self.token, methods=["POST"]),
            Route("/keys", self.keys),
        ]

    async def discovery(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.announced_issuer or self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }
        )

    async def keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != self.challenges.get(form["code"][0]):
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {
            "iss": self.url,
            "aud": "tingyin",
            "sub": "sub-1",
            "exp": int(time.time()) + 60,
            "nonce": self.nonce,
            "preferred_username": "zhao",
            **self.claims,
        }
        token = jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, self.signing_key)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": token})

    def visit(self, address: str) -> str:
        """What a browser does there: signs in, and is sent back with a state."""
        query = parse_qs(urlsplit(address).query)
        assert query["redirect_uri"] == [RETURN_TO] and query["code_challenge_method"] == ["S256"]
        self.challenges["code-1"] = query["code_challenge"][0]
        self.nonce = query["nonce"][0]
        return query["state"][0]


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    made = Issuer()
    async with Server(Starlette(routes=made.routes()), listen(ServerSettings(port=0))) as server:
        made.url = server.url
        yield made


@pytest.fixture
def provider(issuer: Issuer) -> IdentityProvider:
    return IdentityProvider(
        issuer=issuer.url, client_id="tingyin", client_secret="secret", name_claim="preferred_username"
    )


@pytest.fixture
def zhao(book: AccountBook) -> Account:
    return book.create(Account(name="zhao", display="", role=Role.VIEWER, is_external=True))


async def come_back(provider: IdentityProvider, issuer: Issuer, book: AccountBook) -> Account:
    state = issuer.visit(await provider.start(RETURN_TO))
    return await provider.finish(book, state=state, code="code-1", return_to=RETURN_TO)


async def test_who_was_invited_comes_in(
    provider: IdentityProvider, issuer: Issuer, book: AccountBook, zhao: Account
) -> None:
    assert await come_back(provider, issuer, book) == zhao
    issuer.claims = {"preferred_username": "renamed"}
    assert await come_back(provider, issuer, book) == zhao, "their subject is known now"


async def test_who_was_not_invited_does_not(
    provider: IdentityProvider, issuer: Issuer, book: AccountBook
) -> None:
    with pytest.raises(AccountError) as error:
        await come_back(provider, issuer, book)
    assert error.value.code == "account.not_invited"


async def test_a_shut_account_stays_shut(
    provider: IdentityProvider, issuer: Issuer, book: AccountBook, zhao: Account
) -> None:
    book.change("zhao", AccountChange(is_enabled=False))
    with pytest.raises(AccountError) as error:
        await come_back(provider, issuer, book)
    assert error.value.code == "account.refused"


@pytest.mark.parametrize(
    "claims",
    [{"aud": "another"}, {"iss": "https://evil.example"}, {"nonce": "stale"}, {"exp": 1_000}, {"sub": None}],
    ids=["audience", "issuer", "nonce", "expired", "subject"],
)
async def test_a_token_for_something_else_is_none(
    provider: IdentityProvider, issuer: Issuer, book: AccountBook, zhao: Account, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    with pytest.raises(AccountError) as error:
        await come_back(provider, issuer, book)
    assert error.value.code == "account.provider"


async def test_a_token_signed_by_another_key_is_none(
    provider: IdentityProvider, issuer: Issuer, book: AccountBook, zhao: Account
) -> None:
    issuer.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
    with pytest.raises(AccountError) as error:
        await come_back(provider, issuer, book)
    assert error.value.code == "account.provider"


async def test_a_token_signed_by_the_shared_secret_is_none(
    provider: IdentityProvider, issuer: Issuer, book: AccountBook, zhao: Account
) -> None:
    issuer.signing_key, issuer.algorithm = OctKey.import_key("secret" * 8), "HS256"
    with pytest.raises(AccountError) as error:
        await come_back(provider, issuer, book)
    assert error.value.code == "account.provider"


async def test_a_state_is_good_once_and_not_for_ever(
    issuer: Issuer, book: AccountBook, zhao: Account
) -> None:
    now = [time.time()]
    provider = IdentityProvider(
        issuer=issuer.url,
        client_id="tingyin",
        client_secret="secret",
        name_claim="preferred_username",
        now=lambda: now[0],
    )
    state = issuer.visit(await provider.start(RETURN_TO))
    await provider.finish(book, state=state, code="code-1", return_to=RETURN_TO)
    with pytest.raises(AccountError):
        await provider.finish(book, state=state, code="code-1", return_to=RETURN_TO)
    late = issuer.visit(await provider.start(RETURN_TO))
    now[0] += WAIT_S + 1
    with pytest.raises(AccountError):
        await provider.finish(book, state=late, code="code-1", return_to=RETURN_TO)


async def test_another_issuer_than_the_settings_name_is_refused(
    provider: IdentityProvider, issuer: Issuer
) -> None:
    issuer.announced_issuer = "https://evil.example"
    with pytest.raises(AccountError) as error:
        await provider.start(RETURN_TO)
    assert error.value.code == "account.provider"


async def test_a_provider_that_does_not_answer_is_told() -> None:
    silent = IdentityProvider(
        issuer="http://127.0.0.1:9", client_id="tingyin", client_secret="s", name_claim="preferred_username"
    )
    with pytest.raises(AccountError) as error:
        await silent.start(RETURN_TO)
    assert error.value.code == "account.provider"
