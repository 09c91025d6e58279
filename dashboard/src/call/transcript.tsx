/** The transcript: two lanes against time, followed while it grows unless the reader looks back. */
import { Component } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { language, say, t } from "../i18n";
import type { Party } from "../protocol/messages";
import type { CallState } from "../state/call";
import { clock, shortSeconds } from "../ui/format";
import { Icon, SeveritySign } from "../ui/icons";
import { useFollowPlay } from "./follow-play";
import { isSameRow, type Row, rowsOf, type Said } from "./rows";
import { type Match, piecesOf } from "./search";
import { SearchBar } from "./search-bar";
import { useSearch } from "./use-search";
import { isPlayedBack, seekTo } from "./view";

/** Keys that scroll: who presses one looks elsewhere than where the call is played. */
const SCROLL_KEYS = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);
/** Nearer to the end than this, in pixels, the transcript follows. */
const FOLLOW_PX = 48;

export function Transcript({ call }: { call: CallState }) {
  const words = t.value.call;
  const scroller = useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = useState(true);
  // Rows depend on these parts of the call only; prosody comes ten times a second.
  const rows = useMemo(
    () => rowsOf(call),
    [
      call.started,
      call.utterances,
      call.partial,
      call.overlaps,
      call.backchannels,
      call.interruptions,
      call.alerts,
      call.cues,
      call.speech,
      call.ended,
    ],
  );
  const isPlayback = call.ended !== null && isPlayedBack.value;
  const play = useFollowPlay(scroller, rows);
  const found = useSearch(rows, scroller, play.turnAway);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && isFollowing && !isPlayback) element.scrollTop = element.scrollHeight;
  }, [rows, isFollowing, isPlayback]);
  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < FOLLOW_PX);
  };
  return (
    <section class="transcript" aria-labelledby="transcript-title">
      <div class="lane-heads">
        <h2 id="transcript-title" class="unseen">
          {words.transcript}
        </h2>
        <LaneHead call={call} party="agent" />
        <LaneHead call={call} party="caller" />
        <SearchBar {...found.bar} />
      </div>
      <div
        class="transcript-scroll"
        ref={scroller}
        onScroll={onScroll}
        onWheel={play.turnAway}
        onTouchMove={play.turnAway}
        onPointerDown={(event) => event.target === scroller.current && play.turnAway()}
        onKeyDown={(event) => SCROLL_KEYS.has(event.key) && play.turnAway()}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-labelledby="transcript-title"
      >
        {rows.length === 0 && <p class="transcript-none">{words.waiting}</p>}
        {rows.map((row) => (
          <RowView
            key={row.key}
            row={row}
            language={language.value}
            marks={found.byRow.get(row.key) ?? NO_MARKS}
            current={found.current?.rowKey === row.key ? found.current : null}
          />
        ))}
      </div>
      {isPlayback && play.isAway && (
        <button type="button" class="to-live" onClick={play.comeBack}>
          <Icon name="play" />
          {t.value.playback.follow}
        </button>
      )}
      {!isFollowing && !isPlayback && (
        <button type="button" class="to-live" onClick={() => setFollowing(true)}>
          <Icon name="down" />
          {call.ended ? words.newBelow : words.backToLive}
        </button>
      )}
    </section>
  );
}

function LaneHead({ call, party }: { call: CallState; party: Party }) {
  const isSpeaking = call.speakingSince[party] !== null;
  return (
    <div class="lane-head" data-party={party} data-speaking={isSpeaking}>
      <i aria-hidden="true" />
      {t.value.party[party]}
      {isSpeaking && <span class="lane-now">{t.value.call.speakingNow}</span>}
    </div>
  );
}

const NO_MARKS: readonly Match[] = [];

interface RowProps {
  row: Row;
  language: string;
  marks: readonly Match[];
  current: Match | null;
}

/** A row that looks the same is not drawn again: a long call has hundreds. */
class RowView extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { row, language, marks, current } = this.props;
    const isMarked = marks.length > 0 || next.marks.length > 0;
    if (isMarked && (next.marks !== marks || next.current !== current)) return true;
    return next.language !== language || !isSameRow(next.row, row);
  }

  override render({ row, marks, current }: RowProps) {
    const words = t.value.call;
    const later = laterParty(row);
    return (
      <>
        {row.silenceS > 0 && <p class="silence">{words.silence(shortSeconds(row.silenceS))}</p>}
        <div class="said-row" data-later={later}>
          <button
            type="button"
            class="said-time"
            aria-label={words.jump(clock(row.start_s))}
            onClick={() => seekTo(row.start_s)}
          >
            {clock(row.start_s)}
          </button>
          <Lane party="agent" said={row.agent} marks={marks} current={current} />
          <Lane party="caller" said={row.caller} marks={marks} current={current} />
        </div>
        <RowMarks row={row} />
      </>
    );
  }
}

/** Of two who speak at once, the one who began later stands a little lower. */
function laterParty({ agent, caller }: Row): Party | undefined {
  const [first, second] = [agent[0], caller[0]];
  if (!first || !second) return undefined;
  return first.start_s > second.start_s ? "agent" : "caller";
}

interface LaneProps {
  party: Party;
  said: readonly Said[];
  marks: readonly Match[];
  current: Match | null;
}

function Lane({ party, said, marks, current }: LaneProps) {
  return (
    <div class="lane" data-party={party}>
      {said.map((item) => (
        <SaidView
          key={item.key}
          said={item}
          marks={marks.filter((match) => match.saidKey === item.key)}
          current={current}
        />
      ))}
    </div>
  );
}

function SaidView({ said, marks, current }: { said: Said; marks: readonly Match[]; current: Match | null }) {
  const { call: words, party } = t.value;
  const cut = said.interruption;
  if (said.isMute) {
    return <p class="said mute">{words.spokeFor(shortSeconds(said.end_s - said.start_s))}</p>;
  }
  return (
    <p class={said.isBackchannel ? "said backchannel" : "said"} data-cut={cut !== null}>
      <span class="unseen">{party[said.party]}: </span>
      {cut && (
        <span class="cut-note">
          <Icon name="cut" size={13} />
          {words.interrupts[said.party]} ·{" "}
          {t.value.time.seconds(Number(shortSeconds(cut.end_s - cut.start_s)))}
          {" · "}
          {cut.yielded ? words.yielded : words.notYielded}
        </span>
      )}
      {piecesOf(said.runs, marks, current).map((piece, place) => {
        const text = piece.mark ? (
          <mark data-current={piece.mark === "current" || undefined}>{piece.text}</mark>
        ) : (
          piece.text
        );
        return piece.isOverlapped ? (
          <span key={place} class="at-once" title={words.overlap}>
            {text}
          </span>
        ) : (
          text
        );
      })}
      {said.partial !== "" && <span class="partial">{said.partial}</span>}
      {said.isBackchannel && <span class="unseen"> ({words.backchannel})</span>}
    </p>
  );
}

function RowMarks({ row }: { row: Row }) {
  const words = t.value.call;
  if (row.alerts.length + row.cues.length === 0) return null;
  return (
    <ul class="row-marks">
      {row.alerts.map(({ alert }) => (
        <li key={alert.id} class="row-mark" data-party={alert.party ?? "both"} data-severity={alert.severity}>
          <SeveritySign severity={alert.severity} size={13} />
          <span class="row-mark-time">{clock(alert.raised_at_s)}</span>
          <b>{say(alert.title)}</b>
        </li>
      ))}
      {row.cues.map(({ cue, cleared }) => (
        <li key={cue.id} class="row-mark row-mark-cue" data-party="agent">
          <Icon name={cleared?.reason === "done" ? "check" : "bell"} size={13} />
          <span class="row-mark-time">{clock(cue.raised_at_s)}</span>
          <span>
            {words.cueShown}: {say(cue.text)}
            {cleared?.reason === "done" && <em> · {words.cueDone}</em>}
          </span>
        </li>
      ))}
    </ul>
  );
}
