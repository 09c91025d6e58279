/** The supervisor's message: the oldest that was not seen yet, until the agent says so. */
import { useEffect } from "preact/hooks";
import { language, say, t } from "../i18n";
import type { MessageToAgent } from "../protocol/messages";
import { heldBack, type SideState, unseen } from "../state/side";
import { timeOfDay } from "../ui/format";
import { Icon } from "../ui/icons";
import { Key } from "./keys";
import { isOwnPage, markMessage } from "./own";

/** The message on the screen now: urgent ones first. */
export function shownMessage(side: SideState | null): MessageToAgent | null {
  const waiting = unseen(side);
  return waiting.find((message) => message.is_urgent) ?? waiting[0] ?? null;
}

export function MessageCard({ side }: { side: SideState | null }) {
  const words = t.value.live.agent;
  const message = shownMessage(side);
  useShownMark(side?.callId ?? null, message);
  const held = heldBack(side);
  const others = unseen(side).length - 1;
  return (
    <div class="message-place" aria-live="polite">
      {message !== null && (
        <article class="message-card" key={message.id} data-urgent={message.is_urgent}>
          <p class="message-from">
            <Icon name="letter" size={16} />
            <span>{words.from(message.display)}</span>
            <span>{words.at(timeOfDay(message.at, language.value))}</span>
            {message.is_urgent && <b>{words.urgent}</b>}
          </p>
          <p class="message-text">{say(message.text)}</p>
          <div class="message-acts">
            {isOwnPage() && (
              <button
                type="button"
                class="act main-act"
                aria-keyshortcuts="s"
                onClick={() => void markMessage(side!.callId, message.id, "seen")}
              >
                <Icon name="check" size={16} />
                {words.seen}
                <Key name="S" />
              </button>
            )}
            {others > 0 && <span class="message-others">{words.waiting(others)}</span>}
          </div>
        </article>
      )}
      {held > 0 && <p class="message-held">{words.held(held)}</p>}
    </div>
  );
}

/** Says that the message is on the agent's screen, once the page is really looked at. */
function useShownMark(callId: string | null, message: MessageToAgent | null): void {
  const id = message?.id ?? null;
  const isNew = message !== null && message.shown_at === null && isOwnPage();
  useEffect(() => {
    if (callId === null || id === null || !isNew) return;
    const mark = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", mark);
      void markMessage(callId, id, "shown");
    };
    document.addEventListener("visibilitychange", mark);
    mark();
    return () => document.removeEventListener("visibilitychange", mark);
  }, [callId, id, isNew]);
}
