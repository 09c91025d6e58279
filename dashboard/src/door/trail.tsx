/** The trail: who did what, the latest first. */
import { useEffect, useState } from "preact/hooks";
import { language, t } from "../i18n";
import type { TrailEntry } from "../protocol/accounts";
import { askAsOneself } from "../state/session";
import { timeOfDay } from "../ui/format";
import { callPath } from "../ui/router";
import { useReturned } from "../ui/returned";
import { Fault, useAct, worded } from "./form";
import "../styles/accounts.css";

/** What the server calls whoever typed `tingyin accounts` on its machine. */
const BY_COMMAND = "command line";
const HERE = "this machine";
/** Acts whose object is a call. */
const OF_CALLS = /^call_(opened|played|heard|heard_until)$|^message_sent$/;

interface TrailPart {
  readonly entries: readonly TrailEntry[];
  readonly next_before: number | null;
}

export function TrailPage() {
  const { trail, log, list, errors } = t.value.door;
  const [entries, setEntries] = useState<readonly TrailEntry[] | null>(null);
  const [next, setNext] = useState<number | null>(null);
  const [name, setName] = useState("");
  const [shownName, setShownName] = useState("");
  const { busy, error, act } = useAct();
  const load = (of: string, before: number | null) =>
    act(async () => {
      const query = new URLSearchParams({ limit: "100" });
      if (of !== "") query.set("name", of);
      if (before !== null) query.set("before", String(before));
      const part = await askAsOneself<TrailPart>("GET", `/api/trail?${query}`);
      setEntries((known) => (before === null ? part.entries : [...(known ?? []), ...part.entries]));
      setNext(part.next_before);
      setShownName(of);
    });
  useEffect(() => load("", null), []);
  useReturned(() => {
    if (entries === null) load("", null);
  });
  return (
    <main id="content" class="office">
      <div class="office-head">
        <h1>{trail}</h1>
        <form
          class="office-filter"
          onSubmit={(event) => {
            event.preventDefault();
            load(name.trim(), null);
          }}
        >
          <label for="trail-name">{log.filter}</label>
          <input
            id="trail-name"
            value={name}
            autocomplete="off"
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <button type="submit" class="quiet">
            {log.show}
          </button>
        </form>
      </div>
      <Fault says={error === null ? null : worded(error)} />
      {entries === null && error === null && <p class="door-note">{list.loading}</p>}
      {entries === null && error !== null && (
        <button type="button" class="quiet" disabled={busy} onClick={() => load("", null)}>
          {t.value.page.again}
        </button>
      )}
      {entries?.length === 0 && <p class="door-note">{log.empty}</p>}
      {entries !== null && entries.length > 0 && (
        <table class="office-table">
          <thead>
            <tr>
              {[log.when, log.who, log.what, log.whom, log.from].map((title) => (
                <th scope="col" key={title}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={entry.number}>
                <td>
                  <time dateTime={entry.at}>{timeOfDay(entry.at, language.value)}</time>
                </td>
                <td>{entry.name === BY_COMMAND ? log.byCommand : entry.name}</td>
                <td>{(log.actions as Record<string, string>)[entry.action] ?? entry.action}</td>
                <td>
                  {OF_CALLS.test(entry.action) ? (
                    <a href={callPath(entry.object)}>{entry.object}</a>
                  ) : (
                    ((errors as Record<string, string>)[entry.object] ?? entry.object)
                  )}
                </td>
                <td>{entry.address === HERE ? log.here : entry.address}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {next !== null && (
        <button type="button" class="quiet" disabled={busy} onClick={() => load(shownName, next)}>
          {log.older}
        </button>
      )}
    </main>
  );
}
