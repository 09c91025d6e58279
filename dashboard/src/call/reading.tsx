/** What is read of a call: how far it has come, how the caller goes about it, what is known and promised. */
import { useComputed } from "@preact/signals";
import { say, t } from "../i18n";
import {
  type CallPhase,
  type Leaning,
  type Reading,
  type ReadingProof,
  SLOTS,
  type SlotName,
} from "../protocol/messages";
import type { CallState } from "../state/call";
import { clock, percent, sentence } from "../ui/format";
import { Icon } from "../ui/icons";
import { playedS, seekTo } from "./view";

const PHASES: readonly CallPhase[] = [
  "opening",
  "first_account",
  "comfort",
  "fact_finding",
  "handling",
  "closing",
];
/** A score below this is noise: it is not worth a line. */
const SHOWN_FROM = 0.2;
/** A risk from which its reasons lie open. */
const RISK_OPEN = 0.5;

export function ReadingPanel({ call }: { call: CallState }) {
  const reading = useReading(call);
  const words = t.value.reading;
  if (reading === null) return null;
  return (
    <section class="reading" aria-labelledby="reading-title">
      <h2 id="reading-title">{words.title}</h2>
      <PhaseLine phase={reading.phase} />
      <Risk reading={reading} />
      <Leanings title={words.types} leanings={reading.types} />
      <Leanings title={words.needs} leanings={reading.needs} />
      <Checklist reading={reading} />
      <Ledgers reading={reading} />
    </section>
  );
}

/** What is read of the call; of one that is played back, what was read by then. */
function useReading(call: CallState): Reading | null {
  const { readings } = call;
  // Counted apart from the drawing: what is played moves sixty times a second, what is read once in some.
  const place = useComputed(() =>
    playedS.value === null
      ? readings.length - 1
      : Math.max(0, readings.lowerBound(playedS.value + 0.001, (one) => one.t_s) - 1),
  );
  return call.ended === null ? call.reading : (readings.at(place.value) ?? call.reading);
}

function PhaseLine({ phase }: { phase: CallPhase }) {
  const words = t.value.reading;
  const place = PHASES.indexOf(phase);
  return (
    <ol class="phases" aria-label={words.phase}>
      {PHASES.map((one, number) => (
        <li key={one} data-past={number < place} aria-current={one === phase ? "step" : undefined}>
          {words.phases[one]}
        </li>
      ))}
    </ol>
  );
}

function Leanings({ title, leanings }: { title: string; leanings: readonly Leaning[] }) {
  const shown = leanings.filter((one) => one.score >= SHOWN_FROM).sort((a, b) => b.score - a.score);
  return (
    <div class="reading-part">
      <h3>{title}</h3>
      {shown.length === 0 && <p class="reading-none">{t.value.reading.unclear}</p>}
      {shown.map((one) => (
        <Scored
          key={one.name}
          title={say(one.title)}
          score={one.score}
          isNamed={one.is_named}
          proofs={one.proofs}
        >
          {one.meet && <p class="meet">{say(one.meet)}</p>}
        </Scored>
      ))}
    </div>
  );
}

interface ScoredProps {
  readonly title: string;
  readonly score: number;
  readonly isNamed: boolean;
  readonly proofs: readonly ReadingProof[];
  readonly isOpen?: boolean;
  readonly children?: preact.ComponentChildren;
}

/** A name with its bar; its reasons open on a click, and its advice stays in sight. */
function Scored({ title, score, isNamed, proofs, isOpen = false, children }: ScoredProps) {
  return (
    <div class="scored" data-named={isNamed}>
      <details open={isOpen}>
        <summary title={proofs.map((proof) => sentence(say(proof.text))).join("\n")}>
          <span class="scored-name">{title}</span>
          <span class="scored-bar" aria-hidden="true">
            <i style={{ width: percent(score) }} />
          </span>
          <span class="scored-value">{percent(score)}</span>
        </summary>
        <Proofs proofs={proofs} />
      </details>
      {children}
    </div>
  );
}

function Proofs({ proofs }: { proofs: readonly ReadingProof[] }) {
  return (
    <ul class="proofs">
      {proofs.map((proof) => (
        <li key={`${proof.at_s} ${proof.text.en}`}>
          <span>{sentence(say(proof.text))}</span>
          <Moment atS={proof.at_s} />
        </li>
      ))}
    </ul>
  );
}

function Moment({ atS }: { atS: number }) {
  return (
    <button
      type="button"
      class="moment"
      aria-label={t.value.call.jump(clock(atS))}
      onClick={() => seekTo(atS)}
    >
      {clock(atS)}
    </button>
  );
}

function Risk({ reading }: { reading: Reading }) {
  const words = t.value.reading;
  if (reading.risks.length === 0) return null;
  const proofs = reading.risks.flatMap((reason) =>
    reason.proofs.slice(0, 1).map((proof) => ({
      at_s: proof.at_s,
      text: {
        zh: `${reason.title.zh}：${proof.text.zh}`,
        en: `${reason.title.en}: ${proof.text.en}`,
      },
    })),
  );
  const isHigh = reading.risk >= RISK_OPEN;
  return (
    <div class="reading-part risk" data-high={isHigh}>
      <Scored title={words.risk} score={reading.risk} isNamed={isHigh} proofs={proofs} isOpen={isHigh} />
    </div>
  );
}

function Checklist({ reading }: { reading: Reading }) {
  const words = t.value.reading;
  if (!reading.is_complaint && reading.slots.length === 0) return null;
  const known = new Map<SlotName, Reading["slots"][number]>(reading.slots.map((slot) => [slot.slot, slot]));
  return (
    <div class="reading-part">
      <h3>{words.checklist}</h3>
      <ul class="slots">
        {SLOTS.map((slot) => {
          const filled = known.get(slot);
          return (
            <li key={slot} data-known={filled !== undefined}>
              <Icon name={filled ? "check" : "circle"} size={13} />
              {filled ? (
                <button type="button" title={filled.words} onClick={() => seekTo(filled.at_s)}>
                  {words.slots[slot]}
                  <span class="unseen">
                    {words.known}: {filled.words}
                  </span>
                </button>
              ) : (
                <span>
                  {words.slots[slot]}
                  <span class="unseen"> {words.missing}</span>
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Ledgers({ reading }: { reading: Reading }) {
  const words = t.value.reading;
  return (
    <>
      {reading.promises.length > 0 && (
        <div class="reading-part">
          <h3>{words.promises}</h3>
          <ul class="ledger">
            {reading.promises.map((made) => (
              <li key={made.at_s}>
                <span>
                  “{made.what}”
                  <small data-warns={made.due === null}>
                    {made.due === null ? words.noTime : words.due(made.due)}
                  </small>
                </span>
                <Moment atS={made.at_s} />
              </li>
            ))}
          </ul>
        </div>
      )}
      {reading.concessions.length > 0 && (
        <div class="reading-part">
          <h3>{words.concessions}</h3>
          <ul class="ledger">
            {reading.concessions.map((made) => (
              <li key={made.at_s}>
                <span>
                  “{made.what}”{made.number > 1 && <small data-warns>{words.another(made.number)}</small>}
                </span>
                <Moment atS={made.at_s} />
              </li>
            ))}
          </ul>
        </div>
      )}
      {reading.counts.length > 0 && (
        <dl class="counts">
          {reading.counts.map((count) => {
            const isOver = count.limit !== null && count.recent > count.limit;
            return (
              <div key={count.what} data-over={isOver}>
                <dt>{words.counts[count.what]}</dt>
                <dd>
                  {count.limit === null
                    ? words.countedAll(count.total)
                    : words.counted(count.recent, count.limit, String(Math.round(count.window_s / 60)))}
                  {isOver && <b> {words.over}</b>}
                </dd>
              </div>
            );
          })}
        </dl>
      )}
    </>
  );
}
