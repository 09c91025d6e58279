/** Cues that rest because agents keep sending them away: whose, until when, and the way back. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useAnswer } from "../ui/answer";
import { language, say, t } from "../i18n";
import type { QuietRule } from "../protocol/tuning";
import { nameOf, people } from "../state/people";
import { askAsOneself } from "../state/session";
import { timeOfDay } from "../ui/format";
import { Icon } from "../ui/icons";
import { server } from "./store";

interface Told {
  readonly rules: readonly QuietRule[];
}

/** What was just done, told once. */
const said = signal("");

export function QuietList() {
  const words = t.value.tuning.quiet;
  const { value, error, again } = useAnswer<Told>("/api/cues/quiet");
  useEffect(() => () => void (said.value = ""), []);
  const wake = async (row: QuietRule) => {
    const whose = row.agent === "" ? "" : `?agent=${encodeURIComponent(row.agent)}`;
    try {
      await askAsOneself("DELETE", `/api/cues/quiet/${encodeURIComponent(row.rule)}${whose}`);
      said.value = words.woken(titleOf(row.rule));
    } catch {
      said.value = words.failed; // it may be awake by now: the list that is fetched anew tells
    }
    again();
  };
  return (
    <>
      <p class="draft-note">{words.lead}</p>
      <p role="status" class="quiet-said">
        {said.value}
      </p>
      {error !== null ? (
        <div role="alert" class="tuning-none">
          <p>{words.notLoaded}</p>
          <button type="button" class="quiet" onClick={again}>
            {t.value.page.again}
          </button>
        </div>
      ) : value === null ? (
        <p>{t.value.tuning.loading}</p>
      ) : value.rules.length === 0 ? (
        <div class="tuning-none">
          <p>
            <b>{words.none}</b>
          </p>
          <p>{words.noneWhy}</p>
        </div>
      ) : (
        <ul class="quiet-rules">
          {value.rules.map((row) => (
            <QuietRow key={`${row.rule} ${row.agent}`} row={row} wake={() => void wake(row)} />
          ))}
        </ul>
      )}
    </>
  );
}

function QuietRow({ row, wake }: { row: QuietRule; wake: () => void }) {
  const words = t.value.tuning.quiet;
  const until = new Date(row.until_s * 1000).toISOString();
  const whose = row.agent === "" ? words.everybody : nameOf(people.value, row.agent);
  return (
    <li class="quiet-rule" data-everybody={row.agent === ""}>
      <Icon name="bellOff" size={16} />
      <div>
        <h2>{titleOf(row.rule)}</h2>
        <p class="draft-note">
          {words.of(whose)} · {words.times(row.times)} ·{" "}
          <time dateTime={until}>{words.until(timeOfDay(until, language.value))}</time>
        </p>
      </div>
      <button type="button" class="quiet" aria-label={words.wakeOf(titleOf(row.rule), whose)} onClick={wake}>
        {words.wake}
      </button>
    </li>
  );
}

function titleOf(rule: string): string {
  const known = server.value?.rules.find((one) => one.id === rule);
  return known === undefined ? rule : say(known.title);
}
