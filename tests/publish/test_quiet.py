"""What is quiet, and having it shown again, with real clients on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from monitor.accounts.office import AccountsOffice
from monitor.core.settings import CueSettings
from monitor.store.quiet import QuietRules
from tests.publish.conftest import OpenSite
from tests.publish.test_access import access_of, browser, office

__all__ = ["office"]


def sent_away(folder: Path) -> QuietRules:
    quiet = QuietRules(folder, CueSettings(quiet_times=1, quiet_agents=2))
    for agent in ("a-1", "a-2"):
        quiet.note(agent, "uses_jargon")
    return quiet


async def rows(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    answer = await client.get("/api/cues/quiet")
    assert answer.status_code == 200
    return [(row["rule"], row["agent"]) for row in answer.json()["rules"]]


async def test_a_team_lead_sees_what_is_quiet_and_wakes_it(open_site: OpenSite, tmp_path: Path) -> None:
    quiet = sent_away(tmp_path)
    async with open_site(quiet=quiet) as site, client_of(site.server.url) as client:
        assert await rows(client) == [("uses_jargon", ""), ("uses_jargon", "a-1"), ("uses_jargon", "a-2")]
        assert (await client.delete("/api/cues/quiet/uses_jargon?agent=a-1")).status_code == 204
        assert await rows(client) == [("uses_jargon", "a-2")]
        assert (await client.delete("/api/cues/quiet/uses_jargon")).status_code == 204
        again = await client.delete("/api/cues/quiet/uses_jargon")
        assert (again.status_code, again.json()["code"]) == (404, "server.not_found")
        assert await rows(client) == []


async def test_agents_neither_see_nor_wake(
    open_site: OpenSite, office: AccountsOffice, tmp_path: Path
) -> None:
    quiet = sent_away(tmp_path)
    async with (
        open_site(access=access_of(office), quiet=quiet) as site,
        browser(site, "wang") as agent,
        browser(site, "root") as admin,
    ):
        assert (await agent.get("/api/cues/quiet")).status_code == 403
        assert (await agent.delete("/api/cues/quiet/uses_jargon")).status_code == 403
        assert quiet.of("a-1") == ("uses_jargon",)
        assert len(await rows(admin)) == 3
        assert (await admin.delete("/api/cues/quiet/uses_jargon")).status_code == 204
        assert quiet.of("a-1") == ()


async def test_who_leads_a_team_wakes_for_that_team_alone(
    open_site: OpenSite, office: AccountsOffice, tmp_path: Path
) -> None:
    quiet = QuietRules(tmp_path, CueSettings(quiet_times=1, quiet_agents=3))
    for agent in ("A1", "A2"):
        quiet.note(agent, "uses_jargon")
    async with open_site(access=access_of(office), quiet=quiet) as site, browser(site, "li") as lead:
        assert await rows(lead) == [("uses_jargon", "A1")]
        assert (await lead.delete("/api/cues/quiet/uses_jargon?agent=A2")).status_code == 403
        assert (await lead.delete("/api/cues/quiet/uses_jargon")).status_code == 204
    assert (quiet.of("A1"), quiet.of("A2")) == ((), ("uses_jargon",))


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        yield client
