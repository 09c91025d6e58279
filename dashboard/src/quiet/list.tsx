/** Cues that rest because agents keep sending them away: whose, until when, and the way back. */
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "../ui/answer";
import { language, t } from "../i18n";
import type { QuietRule } from "../protocol/tuning";
import { nameOf, people } from "../state/people";
import { askRuleTitles, ruleTitle } from "../state/rules";
import { askAsOneself, visitor } from "../state/session";
import { Nothing } from "../ui/none";
import { seesAll } from "../state/visitor";
import { timeOfDay } from "../ui/format";
import { Icon } from "../ui/icons";
import "../styles/quiet.css";

interface Told {
  readonly rules: readonly QuietRule[];
}

/** What was just done, told once. */
const said = signal("");

const isOfAll = (row: QuietRule) => row.agent === "";

export function QuietList() {
  const words = t.value.tuning.quiet;
  const { value, error, again } = useAnswer<Told>("/api/cues/quiet");
  const [isNamed, setNamed] = useState(false);
  useEffect(() => {
    // With every list: a playbook may be edited meanwhile. The first one waits, so that no id shows for a moment.
    if (value !== null) void askRuleTitles().then(() => setNamed(true));
  }, [value]);
  useEffect(() => () => void (said.value = ""), []);
  const wake = async (row: QuietRule) => {
    const whose = isOfAll(row) ? "" : `?agent=${encodeURIComponent(row.agent)}`;
    try {
      await askAsOneself("DELETE", `/api/cues/quiet/${encodeURIComponent(row.rule)}${whose}`);
      said.value = words.woken(ruleTitle(row.rule));
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
      ) : value === null || !isNamed ? (
        <p>{t.value.page.loading}</p>
      ) : value.rules.length === 0 ? (
        <Nothing look="tuning-none" says={words.none} why={words.noneWhy} />
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
  const title = ruleTitle(row.rule);
  const until = new Date(row.until_s * 1000).toISOString();
  const whose = isOfAll(row) ? words.everybody : nameOf(people.value, row.agent);
  // What the agents of other teams sent away only those bring back who see them.
  const isOthers = isOfAll(row) && !seesAll(visitor.value);
  return (
    <li class="quiet-rule" data-everybody={isOfAll(row)}>
      <Icon name="bellOff" size={16} />
      <div>
        <h2>{title}</h2>
        <p class="draft-note">
          {words.of(whose)} · {words.times(row.times)} ·{" "}
          <time dateTime={until}>{words.until(timeOfDay(until, language.value))}</time>
        </p>
        {isOthers && <p class="draft-note">{words.ofOthers}</p>}
      </div>
      {!isOthers && (
        <button type="button" class="quiet" aria-label={words.wakeOf(title, whose)} onClick={wake}>
          {words.wake}
        </button>
      )}
    </li>
  );
}
