"""Tuning over the wire: try a draft on a call that is over, save it, be told of another's, take it back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.accounts.office import AccountsOffice
from monitor.accounts.roles import Account, Role, TunedBy
from monitor.config import AccountSettings, Settings
from monitor.core.inputs import CallInfo
from monitor.playbook_watch import playbook_digest
from monitor.publish import tuning_api
from monitor.publish.access import COOKIE, Access
from monitor.store.facts import FACTS_VERSION, FactsHeader, FactsWriter, facts_path
from tests.publish.conftest import CallScript, OpenSite, Site
from tests.test_whatif import CALL, with_told

PEOPLE = {"li": Role.SUPERVISOR, "eve": Role.VIEWER, "wang": Role.AGENT}
OFF = {"rules": {"no_authority": {"is_on": False}}}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[AccountsOffice]:
    with AccountsOffice.open(tmp_path / "accounts", AccountSettings()) as opened:
        for name, role in PEOPLE.items():
            opened.book.create(Account(name=name, display=name, role=role))
        yield opened


class Asked:
    """A site, and who asks it."""

    def __init__(self, site: Site, office: AccountsOffice) -> None:
        self.site = site
        self.cookies = {name: office.sessions.open(office.book.account(name)) for name in PEOPLE}

    async def __call__(self, method: str, path: str, body: Any = None, *, who: str = "li") -> tuple[int, Any]:
        headers = {"origin": self.site.url, "cookie": f"{COOKIE}={self.cookies[who]}"}
        async with httpx.AsyncClient(base_url=self.site.url, headers=headers, timeout=30) as client:
            answer = await client.request(method, path, json=body)
        return answer.status_code, answer.json()

    async def tried(self, tuned: Any) -> Any:
        """A trial that is over."""
        status, trial = await self("POST", "/api/tuning/trials", {"tuned": tuned})
        assert status == 202, trial
        while trial["status"] == "running":
            await asyncio.sleep(0.1)
            _, trial = await self("GET", f"/api/tuning/trials/{trial['id']}")
        return trial


def keep_call(site: Site) -> None:
    """A call that is over, with its facts."""
    script = CallScript("one", "A1")
    site.emit(script.started(), script.ended())
    store = site.publisher.log.path.parent
    info = CallInfo(call_id="one", started_at="", source="file", title="talk")
    settings = Settings().core.model_dump(mode="json")
    header = FactsHeader(version=FACTS_VERSION, info=info, settings=settings, playbook=playbook_digest(None))
    writer = FactsWriter(facts_path(store, "one"), header)
    for record in with_told(CALL):
        writer.write(record)
    writer.close()


async def test_a_draft_is_tried_saved_and_taken_back(open_site: OpenSite, office: AccountsOffice) -> None:
    access = Access(office.book, office.sessions, office.trail, is_open=False)
    async with open_site(access=access, has_tuning=True) as site:
        ask = Asked(site, office)
        status, nothing = await ask("POST", "/api/tuning/trials", {"tuned": OFF})
        assert (status, nothing["code"]) == (409, "tuning.no_calls")
        keep_call(site)
        _, state = await ask("GET", "/api/tuning")
        assert state["version"] == 0 and len(state["rules"]) > 200
        assert (await ask("POST", "/api/tuning/check", {"tuned": OFF}))[1] == {"faults": []}
        trial = await ask.tried(OFF)
        assert (trial["status"], trial["calls_done"], trial["progress"]) == ("done", 1, 1.0)
        (moved,) = trial["moved"]
        assert (moved["call_id"], moved["comes"], moved["rule"]) == ("one", False, "no_authority")
        assert 0 < moved["at_s"] < 20
        assert trial["alerts_after"] == trial["alerts_before"] - 1
        quieter = {"thresholds": {"detectors": {"dead_air_cue_s": 100.0, "dead_air_alert_s": 100.0}}}
        assert {one["rule"] for one in (await ask.tried(quieter))["moved"]} == {"dead_air"}
        saved = await ask("POST", "/api/tuning/versions", {"base": 0, "tuned": OFF, "comment": "not here"})
        assert saved == (201, {"version": 1})
        status, refused = await ask("POST", "/api/tuning/versions", {"base": 0, "tuned": {}})
        assert (status, refused["code"]) == (409, "tuning.conflict")
        broken = {"rules": {"no_authority": {"severity": "deadly"}}}
        status, refused = await ask("POST", "/api/tuning/versions", {"base": 1, "tuned": broken})
        assert (status, refused["code"]) == (400, "tuning.invalid")
        assert await ask("POST", "/api/tuning/versions/0/restore", {"base": 1}) == (201, {"version": 2})
        _, listed = await ask("GET", "/api/tuning/versions")
        assert [(one["number"], one["author"], one["comment"]) for one in listed["versions"]] == [
            (2, "li", ""),
            (1, "li", "not here"),
        ]
        _, shown = await ask("GET", "/api/tuning/versions/1")
        assert shown == {"tuned": {"thresholds": {}, **OFF}, "before": {"thresholds": {}, "rules": {}}}
        actions = [entry.action for entry in office.trail.read()]
        assert {"tuning_saved", "tuning_restored"} <= set(actions)


async def test_a_trial_can_be_cancelled_and_is_its_owner_s(
    open_site: OpenSite, office: AccountsOffice
) -> None:
    access = Access(office.book, office.sessions, office.trail, is_open=False)
    async with open_site(access=access, has_tuning=True) as site:
        ask = Asked(site, office)
        keep_call(site)
        _, trial = await ask("POST", "/api/tuning/trials", {"tuned": OFF})
        status, busy = await ask("POST", "/api/tuning/trials", {"tuned": OFF})
        assert (status, busy["code"]) == (409, "tuning.busy")
        _, cancelled = await ask("DELETE", f"/api/tuning/trials/{trial['id']}")
        assert cancelled["status"] == "cancelled"
        status, unknown = await ask("GET", "/api/tuning/trials/77")
        assert (status, unknown["code"]) == (404, "tuning.unknown_trial")
        office.book.create(Account(name="he", display="He", role=Role.SUPERVISOR))
        ask.cookies["he"] = office.sessions.open(office.book.account("he"))
        status, _ = await ask("GET", f"/api/tuning/trials/{trial['id']}", who="he")
        assert status == 404


async def test_who_may_not_tune_is_refused(open_site: OpenSite, office: AccountsOffice) -> None:
    access = Access(office.book, office.sessions, office.trail, is_open=False)
    async with open_site(access=access, has_tuning=True) as site:
        ask = Asked(site, office)
        for method, path in tuning_api.TUNING_API:
            plain = path.replace("{trial_id}", "1").replace("{number:int}", "1")
            for who in ("eve", "wang"):
                status, answer = await ask(method, plain, {} if method == "POST" else None, who=who)
                assert (status, answer["code"]) == (403, "account.forbidden"), plain


@pytest.mark.parametrize(
    ("tuned_by", "allowed"),
    [("admins", {"root"}), ("house", {"root", "li"}), ("supervisors", {"root", "li", "he"})],
)
async def test_who_tunes_the_whole_house_is_a_setting(
    open_site: OpenSite, office: AccountsOffice, tuned_by: TunedBy, allowed: set[str]
) -> None:
    access = Access(office.book, office.sessions, office.trail, is_open=False, tuned_by=tuned_by)
    async with open_site(access=access, has_tuning=True) as site:
        ask = Asked(site, office)
        for account in (
            Account(name="root", display="", role=Role.ADMIN),
            Account(name="he", display="", role=Role.SUPERVISOR, teams=("postal",)),
        ):
            office.book.create(account)
            ask.cookies[account.name] = office.sessions.open(account)
        for who in ("root", "li", "he", "eve", "wang"):
            status, _ = await ask("GET", "/api/tuning", who=who)
            assert status == (200 if who in allowed else 403), who
            _, session = await ask("GET", "/api/session", who=who)
            assert ("tune" in session["rights"]) is (who in allowed), "the page knows it, too"
