/** The buttons by which a supervisor does something about an alert, or about several that belong together. */
import { signal } from "@preact/signals";
import { type ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { say, t } from "../i18n";
import type { InboxAlert } from "../state/inbox";
import { has, onAnother, visitor } from "../state/session";
import { act, askPeople, isBusy, mute, nameOf, people, unmute } from "./acting";
import { nameOf as agentName, people as agents } from "../state/people";
import "../styles/desk.css";

export type PanelKind = "snooze" | "assign" | "comment" | "mute";

interface Panel {
  readonly id: string;
  readonly kind: PanelKind;
}

const panel = signal<Panel | null>(null);
let openedFrom: HTMLElement | null = null;
onAnother(() => {
  panel.value = null;
});

const SNOOZE_MIN = [5, 15, 30, 60];
const MUTE_S = [15 * 60, 3600, 4 * 3600, 8 * 3600];

/** Opens one part of the buttons `id`, or closes it; where the focus was it returns to. */
export function togglePanel(id: string, kind: PanelKind): void {
  const isOpen = panel.peek()?.id === id && panel.peek()?.kind === kind;
  if (isOpen) {
    closePanel();
    return;
  }
  if (panel.peek() === null) openedFrom = document.activeElement as HTMLElement | null;
  panel.value = { id, kind };
}

export function closePanel(): void {
  if (panel.peek() === null) return;
  panel.value = null;
  openedFrom?.focus();
}

/** What the keys do, too. */
export function acknowledge(targets: readonly InboxAlert[]): void {
  const open = targets.filter(({ state }) => !state?.acknowledged);
  if (open.length > 0) void act(alertsOf(open), "acknowledge");
  else void act(alertsOf(targets), "unacknowledge");
}

export function take(targets: readonly InboxAlert[]): void {
  const own = visitor.peek().account?.name;
  if (own !== undefined) void act(alertsOf(targets), "assign", { to: own });
}

export function toggleFalse(targets: readonly InboxAlert[]): void {
  void act(alertsOf(targets), areMarked(targets, "false") ? "unmark" : "mark_false");
}

const alertsOf = (targets: readonly InboxAlert[]) => targets.map(({ alert }) => alert);
const areMarked = (targets: readonly InboxAlert[], verdict: "false" | "true") =>
  targets.every(({ state }) => state?.marked?.verdict === verdict);

interface ActsProps {
  /** Tells these buttons from others of the page. */
  readonly id: string;
  readonly targets: readonly InboxAlert[];
  readonly title: string;
  /** Said before the buttons, where others beside them are about less. */
  readonly lead?: string;
}

export function Acts({ id, targets, title, lead }: ActsProps) {
  const [hasMore, setMore] = useState(false);
  if (!has("act")) return null;
  const words = t.value.inbox.acts;
  const isOver = targets.every(({ standing }) => standing === "cleared");
  const isAcknowledged = targets.every(({ state }) => state?.acknowledged);
  const isOpen = targets.some(({ standing }) => standing === "open");
  const isSnoozed = targets.every(({ standing }) => standing === "snoozed");
  const isMine = targets.every(({ state }) => state?.assigned?.to === visitor.value.account?.name);
  const opened = panel.value?.id === id ? panel.value.kind : null;
  const toggle = (kind: PanelKind) => () => togglePanel(id, kind);
  return (
    <div
      class="acts"
      role="group"
      aria-label={words.label(title)}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || opened === null) return;
        event.stopPropagation();
        closePanel();
      }}
    >
      <div class="acts-row">
        {lead !== undefined && <span class="acts-lead">{lead}</span>}
        <Button isPressed={isAcknowledged} isFirst={isOpen} onClick={() => acknowledge(targets)}>
          {isAcknowledged ? words.acknowledged : words.acknowledge}
        </Button>
        {!isOver && !isAcknowledged && (
          <Button
            isExpanded={isSnoozed ? undefined : opened === "snooze"}
            onClick={isSnoozed ? () => void act(alertsOf(targets), "unsnooze") : toggle("snooze")}
          >
            {isSnoozed ? words.unsnooze : words.snooze}
          </Button>
        )}
        {!isMine && !isOver && <Button onClick={() => take(targets)}>{words.take}</Button>}
        <Button isPressed={areMarked(targets, "false")} onClick={() => toggleFalse(targets)}>
          {words.markFalse}
        </Button>
        <Button isExpanded={hasMore} onClick={() => setMore(!hasMore)}>
          {hasMore ? words.less : words.more}
        </Button>
      </div>
      {hasMore && (
        <div class="acts-row">
          <Button
            isPressed={areMarked(targets, "true")}
            onClick={() => void act(alertsOf(targets), areMarked(targets, "true") ? "unmark" : "mark_true")}
          >
            {words.markTrue}
          </Button>
          <Button isExpanded={opened === "comment"} onClick={toggle("comment")}>
            {words.comment}
          </Button>
          <Button isExpanded={opened === "assign"} onClick={toggle("assign")}>
            {words.assign}
          </Button>
          <MuteButton targets={targets} isExpanded={opened === "mute"} onToggle={toggle("mute")} />
        </div>
      )}
      {opened === "snooze" && <SnoozePanel targets={targets} />}
      {opened === "assign" && <AssignPanel targets={targets} />}
      {opened === "comment" && <CommentPanel targets={targets} />}
      {opened === "mute" && <MutePanel targets={targets} />}
    </div>
  );
}

interface ButtonProps {
  readonly onClick: () => void;
  readonly children: ComponentChildren;
  readonly isPressed?: boolean;
  readonly isExpanded?: boolean | undefined;
  readonly isFirst?: boolean;
}

/** It stays where the focus is while the server is asked: a disabled button would lose it. */
function Button({ onClick, children, isPressed, isExpanded, isFirst }: ButtonProps) {
  return (
    <button
      type="button"
      class={isFirst ? "primary small" : "quiet small"}
      aria-pressed={isPressed === true ? true : undefined}
      aria-expanded={isExpanded}
      aria-disabled={isBusy.value}
      onClick={() => {
        if (!isBusy.peek()) onClick();
      }}
    >
      {children}
    </button>
  );
}

function MuteButton(props: { targets: readonly InboxAlert[]; isExpanded: boolean; onToggle: () => void }) {
  const words = t.value.inbox.acts;
  const known = props.targets[0]?.mute;
  if (known) return <Button onClick={() => void unmute(known)}>{words.unmute}</Button>;
  return (
    <Button isExpanded={props.isExpanded} onClick={props.onToggle}>
      {words.mute}
    </Button>
  );
}

/** A part that opens beneath the buttons, with the focus in it. */
function Opened({ label, children }: { label: string; children: ComponentChildren }) {
  const root = useRef<HTMLDivElement>(null);
  // Before the next key, which would else be taken for a command of the list.
  useLayoutEffect(() => {
    root.current?.querySelector<HTMLElement>("button, input, textarea")?.focus();
  }, []);
  return (
    <div class="acts-panel" role="group" aria-label={label} ref={root}>
      {children}
    </div>
  );
}

type Targets = { readonly targets: readonly InboxAlert[] };

function SnoozePanel({ targets }: Targets) {
  const words = t.value.inbox.acts;
  return (
    <Opened label={words.snooze}>
      {SNOOZE_MIN.map((minutes) => (
        <Button
          key={minutes}
          onClick={() => {
            closePanel();
            void act(alertsOf(targets), "snooze", { for_s: minutes * 60 });
          }}
        >
          {words.snoozeFor(minutes)}
        </Button>
      ))}
    </Opened>
  );
}

function AssignPanel({ targets }: Targets) {
  const words = t.value.inbox.acts;
  const own = visitor.value.account?.name ?? "";
  useEffect(() => void askPeople(), []);
  const others = (people.value ?? []).map(({ name }) => name).filter((name) => name !== own);
  const assign = (to: string) => {
    closePanel();
    void act(alertsOf(targets), "assign", { to });
  };
  return (
    <Opened label={words.assign}>
      <Button onClick={() => assign(own)}>{words.me(nameOf(own))}</Button>
      {others.map((name) => (
        <Button key={name} onClick={() => assign(name)}>
          {nameOf(name)}
        </Button>
      ))}
      {targets.some(({ state }) => state?.assigned) && (
        <Button
          onClick={() => {
            closePanel();
            void act(alertsOf(targets), "unassign");
          }}
        >
          {words.unassign}
        </Button>
      )}
    </Opened>
  );
}

/** A comment is about the worst of the alerts: once is enough. */
function CommentPanel({ targets }: Targets) {
  const words = t.value.inbox.acts;
  const [text, setText] = useState("");
  const isSaving = useRef(false);
  // Another act that is still on its way does not swallow what was typed; only a second Enter is.
  const save = async () => {
    if (text.trim() === "" || isSaving.current) return;
    isSaving.current = true;
    const isKept = await act(alertsOf(targets.slice(0, 1)), "comment", { text });
    isSaving.current = false;
    // What is typed stays where it cannot be kept.
    if (isKept) closePanel();
  };
  return (
    <Opened label={words.comment}>
      <form
        class="acts-comment"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <input
          aria-label={words.commentLabel}
          placeholder={words.commentLabel}
          maxLength={500}
          autocomplete="off"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="quiet small">
          {words.save}
        </button>
      </form>
    </Opened>
  );
}

function MutePanel({ targets }: Targets) {
  const words = t.value.inbox.acts;
  const { rule, agent, title } = targets[0]!.alert;
  const [isForAll, setForAll] = useState(agent === "");
  return (
    <Opened label={words.muteFor(say(title))}>
      <p class="acts-why">
        <b>{words.muteFor(say(title))}</b> {words.muteWhy}
      </p>
      {agent !== "" && (
        <fieldset class="acts-whose">
          <legend class="unseen">{words.muteWhose}</legend>
          {[false, true].map((isAll) => (
            <label key={String(isAll)}>
              <input
                type="radio"
                name={`whose ${targets[0]!.key}`}
                checked={isForAll === isAll}
                onChange={() => setForAll(isAll)}
              />
              {isAll ? words.muteAll : words.muteAgent(agentName(agents.value, agent))}
            </label>
          ))}
        </fieldset>
      )}
      <div class="acts-row" role="group" aria-label={words.muteUntil}>
        {MUTE_S.map((seconds) => (
          <Button
            key={seconds}
            onClick={() => {
              closePanel();
              void mute(rule, isForAll ? null : agent, seconds);
            }}
          >
            {seconds < 3600 ? words.minutes(seconds / 60) : words.hours(seconds / 3600)}
          </Button>
        ))}
      </div>
    </Opened>
  );
}
