/** One item of the inbox: a bad minute of a call, with its alerts and what can be done about them. */
import { Acts } from "../desk/acts";
import { Comments, Signs } from "../desk/signs";
import { language, say, t } from "../i18n";
import type { InboxAlert, InboxItem } from "../state/inbox";
import { nameOf, people } from "../state/people";
import { nowMs } from "../state/store";
import { clock, timeOfDay } from "../ui/format";
import { SeveritySign } from "../ui/icons";
import { callPath } from "../ui/router";

interface ItemProps {
  readonly item: InboxItem;
  readonly isLeaving: boolean;
  readonly isExpanded: boolean;
  readonly isSelected: boolean;
  readonly onExpand: () => void;
  readonly onSelect: () => void;
}

export function ItemRow({ item, isLeaving, isExpanded, isSelected, onExpand, onSelect }: ItemProps) {
  const words = t.value.inbox;
  const { alert, state, mute } = item.first;
  const title = say(alert.title);
  const id = `item-${item.key.replace(/[^\w-]/g, "-")}`;
  return (
    <li
      class="item"
      data-row={item.key}
      data-severity={alert.severity}
      data-standing={item.standing}
      data-leaving={isLeaving}
      data-selected={isSelected}
      onFocusCapture={onSelect}
    >
      <div class="item-head">
        <Badge alert={item.first} />
        <a class="item-title" href={callPath(item.callId)} aria-label={`${title}. ${words.acts.open}`}>
          {title}
        </a>
        <Since item={item} />
      </div>
      <p class="item-who">
        <b>{nameOf(people.value, item.agent) || item.callTitle}</b>
        {item.agent !== "" && item.callTitle !== item.agent && <span>{item.callTitle}</span>}
        <span>{words.inCall(clock(alert.raised_at_s))}</span>
        {item.standing === "cleared" && (
          <span class="item-over">{alert.cleared_at_s === null ? words.callOver : words.cleared}</span>
        )}
        {item.standing !== "open" && item.standing !== "cleared" && (
          <span class="item-over">{words.standings[item.standing]}</span>
        )}
        {isLeaving && <span class="unseen">{words.leaving}</span>}
      </p>
      <p class="item-because">{say(alert.because)}</p>
      <Signs state={state} mute={mute} />
      <Comments states={item.alerts.map((one) => one.state)} />
      {item.alerts.length > 1 && (
        <button
          type="button"
          class="item-more"
          aria-expanded={isExpanded}
          aria-controls={`${id}-all`}
          onClick={onExpand}
        >
          {isExpanded ? words.hide : words.more(item.alerts.length - 1)}
        </button>
      )}
      {item.alerts.length > 1 && isExpanded ? (
        <ul class="item-all" id={`${id}-all`}>
          {item.alerts.map((one) => (
            <One key={one.key} one={one} />
          ))}
        </ul>
      ) : (
        <span id={`${id}-all`} />
      )}
      <Acts
        id={`item ${item.key}`}
        targets={targetsOf(item)}
        title={title}
        {...(isExpanded && item.alerts.length > 1 ? { lead: words.acts.whole } : {})}
      />
    </li>
  );
}

/** What the buttons of an item are about: all of it that stands where the item stands, the named one first. */
export function targetsOf(item: InboxItem): InboxAlert[] {
  const others = item.alerts.filter((one) => one !== item.first && one.standing === item.standing);
  return [item.first, ...others];
}

function Badge({ alert: { alert } }: { alert: InboxAlert }) {
  return (
    <span class="badge" data-severity={alert.severity}>
      <SeveritySign severity={alert.severity} size={12} />
      {t.value.severity[alert.severity]}
    </span>
  );
}

function Since({ item }: { item: InboxItem }) {
  const words = t.value.inbox;
  const at = new Date(item.firstMs).toISOString();
  const minutes = Math.floor((nowMs.value - item.firstMs) / 60_000);
  return (
    <time class="item-since" dateTime={at}>
      {timeOfDay(at, language.value)}
      {item.standing === "open" && minutes < 600 && <small>{words.ago(Math.max(0, minutes))}</small>}
    </time>
  );
}

/** One of several alerts of an item. */
function One({ one }: { one: InboxAlert }) {
  const words = t.value.inbox;
  const { alert, state, mute, standing } = one;
  return (
    <li class="one" data-standing={standing}>
      <div class="item-head">
        <Badge alert={one} />
        <b>{say(alert.title)}</b>
        <span class="item-since">{clock(alert.raised_at_s)}</span>
      </div>
      <p class="item-because">
        {say(alert.because)}
        {standing === "cleared" && (
          <span class="item-over">{alert.cleared_at_s === null ? words.callOver : words.cleared}</span>
        )}
      </p>
      <Signs state={state} mute={mute} />
      <Acts id={`alert ${one.key}`} targets={[one]} title={say(alert.title)} />
    </li>
  );
}
