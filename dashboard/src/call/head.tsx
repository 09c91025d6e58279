/** The top of a call's page: which call, how long, the caller's temper, shares, and what is amiss. */
import { language, say, t } from "../i18n";
import { PARTIES } from "../protocol/messages";
import type { CallState } from "../state/call";
import { callTimeS } from "../state/clock";
import { nameOf, people } from "../state/people";
import { isStale, nowMs } from "../state/store";
import { clock, percent, shortSeconds, timeOfDay } from "../ui/format";
import { Icon, type IconName, TemperSign } from "../ui/icons";
import { agentPath } from "../ui/router";
import { has } from "../state/session";
import { lastHistory } from "../history/last";
import { ListenIn } from "./listen";

export function CallHead({ call }: { call: CallState }) {
  const words = t.value;
  const started = call.started;
  const nowS = call.ended
    ? call.ended.duration_s
    : isStale.value
      ? call.lastS
      : callTimeS(call.zeroMs, call.lastS, nowMs.value);
  const state = call.ended ? (call.ended.reason === "completed" ? "ended" : call.ended.reason) : "live";
  const startedAt = timeOfDay(started?.started_at ?? "", language.value);
  return (
    <div class="call-head">
      <a
        class="back"
        href={(call.ended && lastHistory.value) ?? "/"}
        aria-label={words.call.back}
        title={words.call.back}
      >
        <Icon name="back" />
      </a>
      <div class="call-name">
        <h1>{started ? nameOf(people.value, started.agent) || started.title : call.id}</h1>
        <p class="row-sub">
          {started && started.agent !== "" && started.title !== started.agent && <span>{started.title}</span>}
          {started && <span>{words.source[started.source] ?? started.source}</span>}
          {started && <span>{call.ended ? startedAt : words.wall.startedAt(startedAt)}</span>}
          <a href={agentPath(call.id)}>{words.call.agentView}</a>
        </p>
      </div>
      <div class="call-clock" data-state={state}>
        <time>{clock(nowS)}</time>
        <span>{words.state[state]}</span>
      </div>
      <Temper call={call} />
      <TalkShare call={call} />
      <Interruptions call={call} />
      {call.ended === null && has("hear_calls") && <ListenIn callId={call.id} />}
    </div>
  );
}

function Temper({ call }: { call: CallState }) {
  const words = t.value;
  const reading = call.temper.last;
  return (
    <div class="fact" title={words.call.temperWhy}>
      <span class="fact-name">{words.call.temper}</span>
      <span class="row-temper" data-temper={reading ? reading.state : "unknown"}>
        <TemperSign temper={reading?.state ?? "calm"} size={18} />
        {reading ? words.temper[reading.state] : words.temperUnknown}
        {reading && <b>{Math.round(reading.score * 100)}</b>}
      </span>
    </div>
  );
}

function TalkShare({ call }: { call: CallState }) {
  const words = t.value;
  const talk = call.ended?.talk_s ?? call.talkS;
  const both = (talk.agent ?? 0) + (talk.caller ?? 0);
  if (both === 0) return null;
  const share = (talk.agent ?? 0) / both;
  return (
    <div class="fact talk">
      <span class="fact-name">{words.call.talkShare}</span>
      <span class="talk-bar" aria-hidden="true">
        <i data-party="agent" style={{ width: percent(share) }} />
        <i data-party="caller" style={{ width: percent(1 - share) }} />
      </span>
      <span class="talk-words">
        {PARTIES.map((party) => (
          <span key={party} data-party={party}>
            {words.party[party]} {percent(party === "agent" ? share : 1 - share)}
          </span>
        ))}
      </span>
    </div>
  );
}

function Interruptions({ call }: { call: CallState }) {
  const words = t.value;
  const by = { agent: 0, caller: 0 };
  for (const cut of call.interruptions) by[cut.by] += 1;
  if (by.agent + by.caller === 0) return null;
  return (
    <div class="fact">
      <span class="fact-name">{words.call.interruptionsBy}</span>
      <span class="fact-counts">
        {PARTIES.map((party) => (
          <span key={party}>
            {words.party[party]} <b>{by[party]}</b>
          </span>
        ))}
      </span>
    </div>
  );
}

interface Note {
  readonly icon: IconName;
  readonly level: "info" | "warning" | "error";
  readonly says: string;
}

/** What the supervisor should know before believing the page. */
export function Notes({ call }: { call: CallState }) {
  const words = t.value;
  const notes: Note[] = [];
  const add = (icon: IconName, level: Note["level"], says: string) => notes.push({ icon, level, says });
  if (call.isIncomplete) add("broken", "warning", words.notice.incomplete);
  if (call.started && !call.started.has_words) add("noWords", "info", words.notice.noWordsWhy);
  if (call.isLagging) add("clock", "warning", words.notice.laggingWhy);
  for (const party of PARTIES) {
    const lostS = call.lost
      .filter((lost) => lost.party === party)
      .reduce((sum, lost) => sum + lost.end_s - lost.start_s, 0);
    if (lostS > 0)
      add("muted", "warning", words.notice.audioLostWhy(words.party[party], shortSeconds(lostS)));
  }
  const told = new Set<string>();
  for (const notice of call.notices) {
    if (told.has(notice.code)) continue;
    told.add(notice.code);
    add("sound", notice.level, say(notice.text));
  }
  if (call.ended && call.ended.reason !== "completed") {
    const code = call.ended.code ? ` (${call.ended.code})` : "";
    add("broken", "warning", words.call.endedNote[call.ended.reason] + code);
  }
  if (notes.length === 0) return null;
  return (
    <ul class="notes" aria-label={words.call.noticesTitle}>
      {notes.map((note) => (
        <li key={note.says} data-level={note.level}>
          <Icon name={note.icon} size={14} />
          {note.says}
        </li>
      ))}
    </ul>
  );
}
