"""Accounts by the command line, alone and beside a running server."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

from monitor.accounts.office import AccountsOffice
from monitor.config import AccountSettings
from tests.product.conftest import PATIENCE_S, Program, Tingyin

REQUIRED = {"TINGYIN_ACCOUNTS__IS_REQUIRED": "true"}
PASSWORD = "a quiet river at noon"


class Browser:
    """Asks a server, and keeps its cookies."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def status(self, path: str, body: object = None) -> int:
        request = urllib.request.Request(
            self._url + path, None if body is None else json.dumps(body).encode(), {"origin": self._url}
        )
        try:
            with self._opener.open(request, timeout=PATIENCE_S) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


def welcome_of(program: Program) -> str:
    """The path of the one link that a program names."""
    return "/welcome/" + (program.out + program.err).split("/welcome/")[1].split()[0]


def test_accounts_are_made_changed_and_listed(tingyin: Tingyin) -> None:
    made = tingyin.run("accounts", "add", "li", "--role", "supervisor", "--sees", "post", "--sees", "bank")
    assert made.code == 0 and made.out.splitlines()[-1].startswith("http://127.0.0.1:8765/welcome/")
    assert (
        tingyin.run("accounts", "add", "wang", "--role", "agent", "--agent", "8012", "--external").code == 0
    )
    assert tingyin.run("accounts", "role", "wang", "viewer", "--team", "post").code == 0
    listed = tingyin.run("accounts", "list").out.splitlines()
    assert [line.split()[:2] for line in listed] == [["li", "supervisor"], ["wang", "viewer"]]
    assert "sees post, bank" in listed[0] and "has no password yet" in listed[0]
    assert "team post · agent 8012 · signs in through the company" in listed[1]
    assert tingyin.run("accounts", "disable", "wang").out.strip().endswith("disabled")
    assert not tingyin.run("accounts", "enable", "wang").out.strip().endswith("disabled")
    assert tingyin.run("accounts", "remove", "wang").code == 0
    with AccountsOffice.open(tingyin.store, AccountSettings()) as office:
        told = [(entry.name, entry.action, entry.object) for entry in office.trail.read()]
    assert told[0] == ("command line", "account_removed", "wang")
    assert told[-1] == ("command line", "account_created", "li")


def test_what_does_not_fit_is_told(tingyin: Tingyin) -> None:
    assert tingyin.run("accounts", "add", "root", "--role", "admin").code == 0
    tingyin.refuses("account.exists", "accounts", "add", "ROOT", "--role", "viewer")
    tingyin.refuses("account.name", "accounts", "add", "no spaces", "--role", "viewer")
    tingyin.refuses("account.last_admin", "accounts", "disable", "root")
    tingyin.refuses("account.last_admin", "accounts", "role", "root", "viewer")
    for command in ("link", "disable", "remove", "sign-out-everywhere"):
        tingyin.refuses("account.unknown", "accounts", command, "nobody")


def test_a_first_start_asks_for_a_password_and_a_command_signs_out(tingyin: Tingyin) -> None:
    server = tingyin.start("serve", "--no-asr", "--port", "0", env=REQUIRED)
    browser = Browser(server.url())
    assert browser.status("/api/wall") == 401
    assert browser.status("/api/links/" + welcome_of(server).split("/")[-1], {"password": PASSWORD}) == 200
    assert browser.status("/api/wall") == 200
    assert "1 session(s) of admin ended" in tingyin.run("accounts", "sign-out-everywhere", "admin").err
    assert browser.status("/api/wall") == 401
    assert browser.status("/api/session", {"name": "admin", "password": PASSWORD}) == 200
    made = tingyin.run("accounts", "add", "li", "--role", "supervisor")
    other = Browser(server.url())
    assert other.status("/api/links/" + welcome_of(made).split("/")[-1], {"password": PASSWORD + "!"}) == 200
    assert tingyin.run("accounts", "disable", "li").code == 0
    assert (other.status("/api/wall"), browser.status("/api/wall")) == (401, 200)


def test_serving_asks_for_accounts_unless_told_otherwise(tingyin: Tingyin) -> None:
    assert AccountSettings().is_required
    demo = tingyin.start("demo", "--no-asr", "--port", "0", "--language", "zh", env=REQUIRED)
    assert Browser(demo.url()).status("/api/wall") == 200, "the demo signs in by itself on loopback"
    assert "/welcome/" not in demo.err
    demo.signal(signal.SIGTERM)
    assert demo.wait() == 0
    tingyin.refuses("settings.invalid", "serve", "--no-asr", "--host", "0.0.0.0", "--port", "0")
