/** A line to the agent: typed, or picked from the ready ones; and what became of those that were sent. */
import { useEffect, useRef, useState } from "preact/hooks";
import { language, say, t } from "../i18n";
import { Refusal } from "../net/api";
import type { Bilingual, MessageToAgent } from "../protocol/messages";
import type { CallState } from "../state/call";
import { askAsOneself, has } from "../state/session";
import type { SideState } from "../state/side";
import { nowMs, side } from "../state/store";
import { clock, timeOfDay } from "../ui/format";
import { Icon } from "../ui/icons";
import "../styles/message.css";

interface Template {
  readonly id: string;
  readonly text: Bilingual;
}

interface Templates {
  readonly templates: readonly Template[];
  readonly length_max: number;
}

/** Of those that were sent, so many are shown at once. */
const SHOWN = 2;
/** From so few characters on, what is left is counted. */
const COUNTED_FROM = 30;

export function MessagePanel({ call }: { call: CallState }) {
  const words = t.value.live.message;
  const now = side.value;
  const isLive = call.ended === null;
  if (now === null || (now.messages.length === 0 && !(isLive && has("act")))) return null;
  return (
    <section class="message-panel" aria-label={words.title}>
      <h2>{words.title}</h2>
      {now.pause && isLive && (
        <p class="message-pause">
          <Icon name="pause" size={14} />
          {words.paused(clock((now.pause.untilMs - nowMs.value) / 1000))}
        </p>
      )}
      {has("act") && isLive && <Composer callId={call.id} />}
      <Sent now={now} />
    </section>
  );
}

function Composer({ callId }: { callId: string }) {
  const words = t.value.live.message;
  const [known, setKnown] = useState<Templates | null>(null);
  const [text, setText] = useState("");
  const [isUrgent, setUrgent] = useState(false);
  const [isSending, setSending] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    askAsOneself<Templates>("GET", "/api/templates").then(setKnown, () => undefined);
  }, []);
  const limit = known?.length_max ?? 120;
  const left = limit - [...text.trim()].length;

  const send = async () => {
    const line = text.trim();
    if (line === "" || left < 0 || isSending) return;
    // A ready line that nobody changed goes in both languages.
    const template = known?.templates.find((one) => say(one.text) === line);
    setSending(true);
    setFault(null);
    try {
      const said = template ? { template: template.id } : { text: line };
      const path = `/api/calls/${encodeURIComponent(callId)}/messages`;
      await askAsOneself("POST", path, { ...said, is_urgent: isUrgent });
      setText("");
      setUrgent(false);
    } catch (error) {
      setFault(faultOf(error));
    } finally {
      setSending(false);
      field.current?.focus();
    }
  };
  const pick = (template: Template) => {
    setText(say(template.text));
    list.current?.removeAttribute("open");
    field.current?.focus();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div class="composer-line">
        <input
          ref={field}
          type="text"
          value={text}
          maxLength={limit}
          autocomplete="off"
          aria-label={words.field}
          placeholder={words.placeholder}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setFault(null);
          }}
        />
        <button type="submit" class="send" disabled={isSending || text.trim() === "" || left < 0}>
          <Icon name="send" size={14} />
          <span>{isSending ? words.sending : words.send}</span>
        </button>
      </div>
      <div class="composer-more">
        {known !== null && known.templates.length > 0 && (
          <details ref={list} class="templates" onKeyDown={closeOnEscape}>
            <summary>{words.templates}</summary>
            <ul aria-label={words.pick}>
              {known.templates.map((template) => (
                <li key={template.id}>
                  <button type="button" onClick={() => pick(template)}>
                    {say(template.text)}
                  </button>
                </li>
              ))}
            </ul>
          </details>
        )}
        <label class="urgent">
          <input
            type="checkbox"
            checked={isUrgent}
            onChange={(event) => setUrgent(event.currentTarget.checked)}
          />
          {words.urgent}
        </label>
        {left <= COUNTED_FROM && text !== "" && <span class="composer-left">{words.left(left)}</span>}
      </div>
      <p class="composer-fault" role="alert">
        {fault}
      </p>
    </form>
  );
}

function closeOnEscape(event: KeyboardEvent): void {
  const details = (event.currentTarget as HTMLElement).closest("details");
  if (event.key !== "Escape" || !details?.open) return;
  details.open = false;
  details.querySelector("summary")?.focus();
}

function faultOf(error: unknown): string {
  const words = t.value.live.message;
  if (!(error instanceof Refusal)) return words.errors.other;
  if (error.code === "message.too_often") return words.tooOften(error.waitS ?? 10);
  return words.errors[error.code as keyof typeof words.errors] ?? words.errors.other;
}

function Sent({ now }: { now: SideState }) {
  const words = t.value.live.message;
  const [isWhole, setWhole] = useState(false);
  const latestFirst = [...now.messages].reverse();
  const shown = isWhole ? latestFirst : latestFirst.slice(0, SHOWN);
  const earlier = latestFirst.length - shown.length;
  if (latestFirst.length === 0) return null;
  return (
    <>
      <ul class="sent" aria-live="polite">
        {shown.map((message) => (
          <li key={message.id}>
            <p class="sent-text">{say(message.text)}</p>
            <p class="sent-about">
              <span>{words.by(message.display, timeOfDay(message.at, language.value))}</span>
              {message.is_urgent && <span class="sent-urgent">{words.isUrgent}</span>}
              <MessageMark message={message} />
            </p>
          </li>
        ))}
      </ul>
      {earlier > 0 && (
        <button type="button" class="quiet" onClick={() => setWhole(true)}>
          {words.earlier(earlier)}
        </button>
      )}
    </>
  );
}

/** Sent, on the agent's screen, seen: each with a sign of its own. */
function MessageMark({ message }: { message: MessageToAgent }) {
  const words = t.value.live.message;
  const mark = message.seen_at ? "seen" : message.shown_at ? "shown" : "sent";
  const says = message.seen_at
    ? words.seen(timeOfDay(message.seen_at, language.value))
    : words[mark as "sent" | "shown"];
  return (
    <span class="sent-mark" data-mark={mark}>
      <Icon name={mark === "seen" ? "check" : mark === "shown" ? "screen" : "send"} size={13} />
      {says}
    </span>
  );
}
