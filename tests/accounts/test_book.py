"""Accounts: who there is, what proves it, and links to choose a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.accounts.book import LINK_LIVES_S, AccountBook, AccountChange
from monitor.accounts.database import AccountsFile
from monitor.accounts.roles import RIGHTS, Account, Right, Role
from monitor.errors import AccountError
from tests.accounts.conftest import PASSWORD, Clock


def refusal(error: pytest.ExceptionInfo[AccountError]) -> str:
    return error.value.code


def test_an_account_keeps_what_it_was_made_with(book: AccountBook) -> None:
    made = book.create(Account(name="wang.5", display="小王", role=Role.AGENT, team="postal", agent="8012"))
    assert made == book.account("WANG.5"), "names are the same in any case"
    assert (made.display, made.role, made.team, made.agent) == ("小王", Role.AGENT, "postal", "8012")
    assert not made.has_password and made.is_enabled and made.created_at == "2027-01-15T08:00:00Z"


@pytest.mark.parametrize("name", ["", "with space", "a" * 65, "semi;colon", "../up"])
def test_names_that_are_none(book: AccountBook, name: str) -> None:
    with pytest.raises(AccountError) as error:
        book.create(Account(name=name, display="", role=Role.VIEWER))
    assert refusal(error) == "account.name"


def test_a_name_is_given_once(book: AccountBook, li: Account) -> None:
    with pytest.raises(AccountError) as error:
        book.create(Account(name="LI", display="", role=Role.VIEWER))
    assert refusal(error) == "account.exists"


def test_a_password_proves_an_account(book: AccountBook, li: Account) -> None:
    assert book.prove("li", PASSWORD) == li


@pytest.mark.parametrize(("name", "password"), [("li", "wrong password"), ("nobody", PASSWORD), ("li", "")])
def test_what_was_wrong_is_not_told(book: AccountBook, li: Account, name: str, password: str) -> None:
    with pytest.raises(AccountError) as error:
        book.prove(name, password)
    assert refusal(error) == "account.refused"


def test_an_account_without_a_password_cannot_be_proved(book: AccountBook) -> None:
    book.create(Account(name="new", display="", role=Role.VIEWER))
    with pytest.raises(AccountError) as error:
        book.prove("new", "")
    assert refusal(error) == "account.refused"


def test_a_shut_account_cannot_be_proved(book: AccountBook, li: Account) -> None:
    book.change("li", AccountChange(is_enabled=False))
    with pytest.raises(AccountError):
        book.prove("li", PASSWORD)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "my name is li!", "x" * 300])
def test_passwords_that_are_not_taken(book: AccountBook, li: Account, password: str) -> None:
    with pytest.raises(AccountError) as error:
        book.set_password("li", password)
    assert refusal(error) == "account.password"
    assert book.prove("li", PASSWORD) == li, "the old one stays"


def test_the_file_holds_neither_passwords_nor_tokens(
    book: AccountBook, li: Account, file: AccountsFile
) -> None:
    token = book.make_link("li")
    file.close()
    content = b"".join(path.read_bytes() for path in file.path.parent.iterdir())
    assert PASSWORD.encode() not in content
    assert token.encode() not in content
    assert b"$argon2id$" in content


def test_only_its_owner_may_read_the_file(file: AccountsFile) -> None:
    assert file.path.stat().st_mode & 0o077 == 0


def test_a_link_sets_a_password_once(book: AccountBook, li: Account) -> None:
    token = book.make_link("li")
    assert book.linked(token).name == "li"
    book.redeem(token, "another quiet river")
    assert book.prove("li", "another quiet river").name == "li"
    with pytest.raises(AccountError) as error:
        book.redeem(token, "a third quiet river")
    assert refusal(error) == "account.link"


def test_a_bad_password_leaves_the_link_good(book: AccountBook, li: Account) -> None:
    token = book.make_link("li")
    with pytest.raises(AccountError):
        book.redeem(token, "short")
    assert book.linked(token).name == "li"


def test_a_link_dies_of_age_and_of_a_newer_one(book: AccountBook, li: Account, clock: Clock) -> None:
    first = book.make_link("li")
    second = book.make_link("li")
    for token, age_s in ((first, 0.0), (second, LINK_LIVES_S + 1)):
        clock.now_s += age_s
        with pytest.raises(AccountError) as error:
            book.linked(token)
        assert refusal(error) == "account.link"


def test_the_last_administrator_stays(book: AccountBook) -> None:
    book.create(Account(name="root", display="", role=Role.ADMIN))
    for lose in (
        lambda: book.remove("root"),
        lambda: book.change("root", AccountChange(role=Role.VIEWER)),
        lambda: book.change("root", AccountChange(is_enabled=False)),
    ):
        with pytest.raises(AccountError) as error:
            lose()
        assert refusal(error) == "account.last_admin"
    book.create(Account(name="second", display="", role=Role.ADMIN))
    book.remove("root")
    with pytest.raises(AccountError):
        book.account("root")


def test_a_change_leaves_the_rest(book: AccountBook, li: Account) -> None:
    changed = book.change("li", AccountChange(teams=("postal", "night")))
    assert changed.teams == ("postal", "night")
    assert (changed.display, changed.role, changed.has_password) == (li.display, li.role, True)


def test_an_invited_account_becomes_the_provider_s(book: AccountBook, li: Account) -> None:
    book.create(Account(name="zhao", display="", role=Role.VIEWER, is_external=True))
    assert book.external("https://idp sub-1", "Zhao") == book.account("zhao")
    assert book.external("https://idp sub-1", "renamed") == book.account("zhao"), (
        "the subject counts from now on"
    )
    assert book.external("https://idp sub-2", "zhao") is None, "nobody else takes it over by its name"
    assert book.external("https://idp sub-3", "li") is None, "nor an account with a password"


def test_accounts_are_there_after_a_restart(tmp_path: Path, book: AccountBook, li: Account) -> None:
    again = AccountsFile(tmp_path)
    assert AccountBook(again).prove("li", PASSWORD) == li
    again.close()


def test_every_role_has_its_rights() -> None:
    assert set(RIGHTS) == set(Role)
    assert RIGHTS[Role.AGENT] == {Right.SEE_OWN_CALL}
    assert Right.MANAGE not in RIGHTS[Role.SUPERVISOR]
    assert Right.HEAR_CALLS not in RIGHTS[Role.VIEWER]
