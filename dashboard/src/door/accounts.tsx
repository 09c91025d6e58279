/** The accounts: who there is, and what an administrator does about them. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import type { Account } from "../protocol/accounts";
import { askAsOneself } from "../state/session";
import { AccountForm, type Given } from "./account-form";
import { useReturned } from "../ui/returned";
import { Fault, useAct, worded } from "./form";
import "../styles/accounts.css";

const addressOf = (name: string) => `/api/accounts/${encodeURIComponent(name)}`;

interface Link {
  readonly name: string;
  readonly path: string;
}

export function AccountsPage() {
  const words = t.value.door;
  const [accounts, setAccounts] = useState<readonly Account[] | null>(null);
  const [edited, setEdited] = useState<Account | "new" | null>(null);
  const [removed, setRemoved] = useState<string | null>(null);
  const [link, setLink] = useState<Link | null>(null);
  const { busy, error, act } = useAct();
  const load = async () =>
    setAccounts((await askAsOneself<{ accounts: Account[] }>("GET", "/api/accounts")).accounts);
  useEffect(() => act(load), []);
  useReturned(() => act(load));
  const change = (name: string, body: object) =>
    act(async () => {
      await askAsOneself("PATCH", addressOf(name), body);
      setEdited(null);
      await load();
    });
  const create = (given: Given) =>
    act(async () => {
      const made = await askAsOneself<{ account: Account; link: string | null }>(
        "POST",
        "/api/accounts",
        given,
      );
      setEdited(null);
      setLink(made.link === null ? null : { name: made.account.name, path: made.link });
      await load();
    });
  const makeLink = (name: string) =>
    act(async () => {
      const made = await askAsOneself<{ link: string }>("POST", `${addressOf(name)}/link`);
      setLink({ name, path: made.link });
    });
  const putOut = (name: string) =>
    act(async () => {
      await askAsOneself("DELETE", `${addressOf(name)}/sessions`);
    });
  const remove = (name: string) =>
    act(async () => {
      await askAsOneself("DELETE", addressOf(name));
      setRemoved(null);
      await load();
    });
  return (
    <main id="content" class="office">
      <div class="office-head">
        <h1>{words.accounts}</h1>
        <button type="button" class="quiet" onClick={() => setEdited("new")}>
          {words.list.add}
        </button>
      </div>
      <Fault says={error === null ? null : worded(error)} />
      {link !== null && <LinkShown link={link} onDone={() => setLink(null)} />}
      {edited !== null && (
        <AccountForm
          key={edited === "new" ? "" : edited.name}
          account={edited === "new" ? null : edited}
          isBusy={busy}
          onGiven={(given) => {
            if (edited === "new") create(given);
            else {
              const { name: _name, is_external: _external, ...rest } = given;
              change(edited.name, rest);
            }
          }}
          onCancel={() => setEdited(null)}
        />
      )}
      {accounts === null && error === null && <p class="door-note">{words.list.loading}</p>}
      <ul class="people">
        {accounts?.map((account) => (
          <li key={account.name} class="person" data-shut={!account.is_enabled}>
            <h2>
              {account.display}
              {account.display !== account.name && <small>{account.name}</small>}
            </h2>
            <p class="person-what">{described(account)}</p>
            {removed === account.name ? (
              <p class="person-acts" role="group" aria-label={words.list.removeSure(account.name)}>
                <span>{words.list.removeSure(account.name)}</span>
                <button type="button" class="quiet" disabled={busy} onClick={() => remove(account.name)}>
                  {words.list.yes}
                </button>
                <button type="button" class="quiet" onClick={() => setRemoved(null)}>
                  {words.list.no}
                </button>
              </p>
            ) : (
              <p class="person-acts" role="group" aria-label={`${words.list.actions}: ${account.name}`}>
                <button type="button" class="quiet" onClick={() => setEdited(account)}>
                  {words.list.change}
                </button>
                {!account.is_external && (
                  <button type="button" class="quiet" disabled={busy} onClick={() => makeLink(account.name)}>
                    {words.list.link}
                  </button>
                )}
                <button type="button" class="quiet" disabled={busy} onClick={() => putOut(account.name)}>
                  {words.everywhere}
                </button>
                <button
                  type="button"
                  class="quiet"
                  disabled={busy}
                  onClick={() => change(account.name, { is_enabled: !account.is_enabled })}
                >
                  {account.is_enabled ? words.list.shutIt : words.list.openIt}
                </button>
                <button type="button" class="quiet" onClick={() => setRemoved(account.name)}>
                  {words.list.remove}
                </button>
              </p>
            )}
          </li>
        ))}
      </ul>
    </main>
  );
}

/** Role, team, label and state in one line. */
function described(account: Account): string {
  const { roles, list } = t.value.door;
  const parts = [roles[account.role]];
  if (account.team !== "") parts.push(list.pair(list.team, account.team));
  if (account.teams.length > 0) parts.push(list.pair(list.teams, account.teams.join(list.comma)));
  if (account.agent !== "") parts.push(list.pair(list.agent, account.agent));
  if (account.is_external) parts.push(list.external);
  else if (!account.has_password) parts.push(list.invited);
  if (!account.is_enabled) parts.push(list.shut);
  return parts.join(" · ");
}

function LinkShown({ link, onDone }: { link: Link; onDone: () => void }) {
  const { list } = t.value.door;
  const [isCopied, setCopied] = useState(false);
  const address = location.origin + link.path;
  const copy = () =>
    void navigator.clipboard?.writeText(address).then(
      () => setCopied(true),
      () => undefined, // the browser forbids it: the address can be marked and copied by hand
    );
  return (
    <section class="link-shown" aria-label={list.linkFor(link.name)}>
      <h2>{list.linkFor(link.name)}</h2>
      <code>{address}</code>
      <p class="door-note">{list.linkWhy}</p>
      <p class="person-acts">
        <button type="button" class="quiet" onClick={copy}>
          {list.copy}
        </button>
        <button type="button" class="quiet" onClick={onDone}>
          {list.done}
        </button>
        <span role="status">{isCopied ? list.copied : ""}</span>
      </p>
    </section>
  );
}
