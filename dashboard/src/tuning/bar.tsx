/** Beside the forms: what is changed, what it would have done to recent calls, and saving it. */
import { useState } from "preact/hooks";
import { say, t } from "../i18n";
import type { MovedAlert, Trial } from "../protocol/tuning";
import { clock } from "../ui/format";
import { callPath } from "../ui/router";
import { same } from "./draft";
import { DifferenceList } from "./versions";
import { begin, busy, cancel, changes, discard, draft, faults, problem, save, savedAs, trial } from "./store";

const MOVED_SHOWN = 12;

export function problemWords(code: string): string {
  const { errors } = t.value.tuning;
  return errors[code] ?? errors.other!;
}

export function DraftBar() {
  const words = t.value.tuning;
  const [comment, setComment] = useState("");
  const count = changes.value.length;
  const errors = faults.value.filter((one) => one.level === "error");
  const isTrying = trial.value?.trial.status === "running";
  // In a narrow window the draft lies over the forms' lower end, and is opened when it is wanted.
  const [isOpen, setOpen] = useState(false);
  const hasNothing = count === 0 && trial.value === null && savedAs.value === null && problem.value === null;
  return (
    <aside class="draft" aria-label={words.draft} data-open={isOpen} data-empty={hasNothing}>
      <div class="draft-head">
        <h2>{words.draft}</h2>
        <span role="status">{words.changes(count)}</span>
        <button
          type="button"
          class="quiet draft-toggle"
          aria-expanded={isOpen}
          aria-controls="draft-rest"
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? words.draftHide : words.draftShow}
        </button>
        {count > 0 && (
          <button type="button" class="plain" onClick={discard}>
            {words.discard}
          </button>
        )}
      </div>
      <div class="draft-rest" id="draft-rest">
        {savedAs.value !== null && (
          <p class="draft-saved" role="status">
            {words.saved(savedAs.value)}
          </p>
        )}
        {problem.value !== null && (
          <p class="draft-problem" role="alert">
            {problemWords(problem.value)}
          </p>
        )}
        {count === 0 ? (
          <p class="draft-note">{words.draftEmpty}</p>
        ) : (
          <>
            <DifferenceList found={changes.value} />
            <Faults />
            {!isTrying && (
              <button
                type="button"
                class="quiet draft-try"
                onClick={() => void begin()}
                disabled={errors.length > 0}
              >
                {words.tryIt}
              </button>
            )}
          </>
        )}
        {trial.value !== null && (
          <Outcome
            trial={trial.value.trial}
            isOld={draft.value !== null && !same(trial.value.of, draft.value)}
          />
        )}
        {count > 0 && (
          <form
            class="draft-save"
            onSubmit={(event) => {
              event.preventDefault();
              void save(comment).then((isSaved) => isSaved && setComment(""));
            }}
          >
            <label for="draft-comment">{words.comment}</label>
            <input
              id="draft-comment"
              value={comment}
              maxLength={500}
              autocomplete="off"
              onInput={(event) => setComment(event.currentTarget.value)}
            />
            <button type="submit" class="primary" disabled={busy.value || errors.length > 0}>
              {busy.value ? words.saving : words.save}
            </button>
          </form>
        )}
      </div>
    </aside>
  );
}

function Faults() {
  const words = t.value.tuning;
  const shown = (level: "error" | "warning") => faults.value.filter((one) => one.level === level);
  return (
    <>
      {(["error", "warning"] as const).map((level) =>
        shown(level).length === 0 ? null : (
          <div key={level} class="draft-faults" data-level={level}>
            <h3>{level === "error" ? words.faults : words.warnings}</h3>
            <ul>
              {shown(level)
                .slice(0, 6)
                .map((one) => (
                  <li key={one.rule + one.field + one.message}>
                    <code>{[one.rule, one.field].filter((part) => part !== "").join(" ")}</code> {one.message}
                  </li>
                ))}
            </ul>
          </div>
        ),
      )}
    </>
  );
}

function Outcome({ trial: told, isOld }: { trial: Trial; isOld: boolean }) {
  const words = t.value.tuning;
  const [shown, setShown] = useState(MOVED_SHOWN);
  const rate = (count: number) => (told.hours > 0 ? (count / told.hours).toFixed(1) : "–");
  return (
    <section class="outcome" aria-busy={told.status === "running"}>
      {told.status === "running" && (
        <p class="outcome-progress">
          <progress value={told.progress} max={1} aria-label={words.trying(told.calls_done, told.calls)} />
          <span role="status">{words.trying(told.calls_done, told.calls)}</span>
          <button type="button" class="quiet" onClick={() => void cancel()}>
            {words.cancel}
          </button>
        </p>
      )}
      {told.status === "cancelled" && <p>{words.cancelled}</p>}
      {told.status === "done" && told.calls_done < told.calls && (
        <p class="outcome-old">{words.outOfTime(told.calls_done, told.calls)}</p>
      )}
      {isOld && told.status !== "running" && <p class="outcome-old">{words.outdated}</p>}
      {told.calls_done > 0 && (
        <>
          <dl class="outcome-rates">
            <Rate name={words.alerts} before={rate(told.alerts_before)} after={rate(told.alerts_after)} />
            <Rate name={words.cues} before={rate(told.cues_before)} after={rate(told.cues_after)} />
          </dl>
          <p class="draft-note">
            {words.over(told.calls_done - told.calls_left_out, told.hours.toFixed(1))}
            {told.calls_left_out > 0 && ` · ${words.leftOut(told.calls_left_out)}`}
          </p>
          {told.moved_count === 0 && told.status === "done" && <p>{words.noMove}</p>}
          <ul class="moved">
            {told.moved.slice(0, shown).map((one, at) => (
              // The list only grows at its end.
              <Moved key={at} moved={one} />
            ))}
          </ul>
          {told.moved.length > shown ? (
            <button type="button" class="plain" onClick={() => setShown(told.moved.length)}>
              {words.more(told.moved_count - shown)}
            </button>
          ) : (
            told.moved_count > told.moved.length && <p>{words.more(told.moved_count - told.moved.length)}</p>
          )}
        </>
      )}
    </section>
  );
}

function Rate({ name, before, after }: { name: string; before: string; after: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {before} → <b>{after}</b> <small>{t.value.tuning.perHour}</small>
      </dd>
    </div>
  );
}

function Moved({ moved }: { moved: MovedAlert }) {
  const words = t.value.tuning;
  const at = clock(moved.at_s);
  return (
    <li data-comes={moved.comes}>
      <span class="moved-sign">
        {moved.comes ? "+" : "−"} {moved.comes ? words.comes : words.goes}
      </span>
      <span class="moved-what" title={say(moved.because)}>
        {say(moved.title)}
        <small>{moved.call_title}</small>
      </span>
      <a
        href={`${callPath(moved.call_id)}?at=${moved.at_s}`}
        aria-label={words.listenTo(moved.call_title, at)}
      >
        {words.listen} {at}
      </a>
    </li>
  );
}
