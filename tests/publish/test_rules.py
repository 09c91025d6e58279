"""What rules are called, with real clients on loopback."""

from __future__ import annotations

from monitor.accounts.office import AccountsOffice
from monitor.playbook_files import load_playbook
from tests.publish.conftest import OpenSite
from tests.publish.test_access import access_of, browser, office

__all__ = ["office"]


async def test_whoever_sees_calls_is_told_what_rules_are_called(
    open_site: OpenSite, office: AccountsOffice
) -> None:
    book = load_playbook()
    async with open_site(access=access_of(office), rulebook=book) as site:
        for name in ("root", "li", "eve"):
            async with browser(site, name) as client:
                answer = await client.get("/api/rules")
            assert answer.status_code == 200
            titles = answer.json()["rules"]
            assert set(titles) == {rule.id for rule in book}
            assert titles["hot_temper"] == {
                "zh": book["hot_temper"].title.zh,
                "en": book["hot_temper"].title.en,
            }
        async with browser(site, "wang") as agent:
            assert (await agent.get("/api/rules")).status_code == 403
