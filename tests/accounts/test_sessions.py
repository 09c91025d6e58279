"""Sessions end by themselves, by signing out, and everywhere at once; attempts have a limit."""

from __future__ import annotations

import pytest

from monitor.accounts.book import AccountBook, AccountChange
from monitor.accounts.database import AccountsFile
from monitor.accounts.limits import KEYS_MAX, AttemptLimit
from monitor.accounts.roles import Account
from monitor.accounts.sessions import Sessions
from monitor.accounts.trail import Trail
from monitor.errors import AccountError
from tests.accounts.conftest import Clock


def is_in(sessions: Sessions, token: str) -> bool:
    try:
        sessions.find(token)
    except AccountError as error:
        assert error.code == "account.signed_out"
        return False
    return True


def test_a_token_finds_its_account(sessions: Sessions, li: Account) -> None:
    session, account = sessions.find(sessions.open(li))
    assert (session.name, account) == ("li", li)
    assert not is_in(sessions, "made up")


def test_use_keeps_a_session_alive_up_to_its_length(sessions: Sessions, li: Account, clock: Clock) -> None:
    token = sessions.open(li)
    for _ in range(28):
        clock.now_s += 1_500
        assert is_in(sessions, token)
    clock.now_s += 1_500
    assert not is_in(sessions, token), "twelve hours are over"


def test_a_session_nobody_uses_is_over(sessions: Sessions, li: Account, clock: Clock) -> None:
    token = sessions.open(li)
    clock.now_s += 1_801
    assert not is_in(sessions, token)


def test_a_clock_set_back_makes_no_session_longer(sessions: Sessions, li: Account, clock: Clock) -> None:
    token = sessions.open(li)
    clock.now_s -= 2
    assert is_in(sessions, token), "a clock that is corrected signs nobody out"
    clock.now_s -= 86_400
    assert not is_in(sessions, token)


def test_sessions_outlive_a_restart(
    sessions: Sessions, file: AccountsFile, book: AccountBook, li: Account, clock: Clock
) -> None:
    token = sessions.open(li)
    again = Sessions(file, book, idle_s=1_800.0, length_s=43_200.0, now=clock)
    assert is_in(again, token)


def test_signing_out_everywhere_ends_streams_too(sessions: Sessions, li: Account) -> None:
    tokens = [sessions.open(li) for _ in range(3)]
    ended: list[int] = []
    for number, token in enumerate(tokens):
        session, _ = sessions.find(token)
        sessions.on_end(session, lambda number=number: ended.append(number))  # type: ignore[misc]
    sessions.close(tokens[0])
    assert ended == [0]
    assert sessions.close_all("LI") == 2
    assert sorted(ended) == [0, 1, 2]
    assert not any(is_in(sessions, token) for token in tokens)


def test_a_stream_that_is_over_is_not_told(sessions: Sessions, li: Account) -> None:
    token = sessions.open(li)
    ended: list[str] = []
    take_back = sessions.on_end(sessions.find(token)[0], lambda: ended.append("told"))
    take_back()
    sessions.close(token)
    assert ended == []


def test_a_shut_or_removed_account_is_out_at_once(sessions: Sessions, book: AccountBook, li: Account) -> None:
    token = sessions.open(li)
    book.change("li", AccountChange(is_enabled=False))
    assert not is_in(sessions, token)
    book.change("li", AccountChange(is_enabled=True))
    token = sessions.open(li)
    book.remove("li")
    assert not is_in(sessions, token)


def test_attempts_fill_again_with_time() -> None:
    now = [0.0]
    limit = AttemptLimit(3, 10.0, now=lambda: now[0])
    assert [limit.take("a") for _ in range(3)] == [0, 0, 0]
    assert limit.take("a") == pytest.approx(10.0)
    assert limit.take("b") == 0, "another key has attempts of its own"
    now[0] = 10.0
    assert limit.take("a") == 0
    limit.forgive("a")
    assert [limit.take("a") for _ in range(3)] == [0, 0, 0]


def test_a_flood_of_keys_is_bounded() -> None:
    limit = AttemptLimit(1, 10.0, now=lambda: 0.0)
    for number in range(KEYS_MAX + 50):
        limit.take(str(number))
    assert len(limit._buckets) == KEYS_MAX


def test_the_trail_tells_the_latest_first(trail: Trail) -> None:
    trail.note("li", "signed_in", address="127.0.0.1")
    trail.note("li", "call_played", "c1", address="127.0.0.1")
    trail.note("root", "link_made", "li")
    assert [(entry.name, entry.action, entry.object) for entry in trail.read()] == [
        ("root", "link_made", "li"),
        ("li", "call_played", "c1"),
        ("li", "signed_in", ""),
    ]
    latest = trail.read(limit=1)[0]
    assert [entry.action for entry in trail.read(before=latest.number)] == ["call_played", "signed_in"]
    assert [entry.action for entry in trail.read(name="root")] == ["link_made"]
    assert latest.at == "2027-01-15T08:00:00Z"
