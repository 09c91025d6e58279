/** Rates beside their counts, for the charts and tables of the history. */
import type { PastCall } from "../protocol/history";
import type { Party } from "../protocol/messages";

/** Counts and what they are counted over; rates follow from them, null where there is nothing to divide by. A `Sums` is one, too. */
export interface Counts {
  readonly calls: number;
  readonly hours: number;
  readonly alerts: number;
  readonly interruptions: Readonly<Record<Party, number>>;
  readonly talk_s: Readonly<Record<Party, number>>;
  readonly cues: number;
  readonly cues_followed: number;
  readonly rate_syl_s: number | null;
}

export function countsOfCall(call: PastCall): Counts {
  return {
    calls: 1,
    hours: call.duration_s / 3600,
    alerts: Object.values(call.alerts).reduce((sum, count) => sum + count, 0),
    interruptions: call.interruptions,
    talk_s: call.talk_s,
    cues: call.cues,
    cues_followed: call.cues_followed,
    rate_syl_s: call.rate_syl_s.agent,
  };
}

/** Of less than this a rate an hour tells of chance alone: two alerts in three minutes are not forty an hour. */
export const RATED_LEAST_H = 0.5;
/** And a share of less talk than this. */
const TALK_LEAST_S = 30;
/** And of fewer hints than this: one of one is not all of them. */
const CUES_LEAST = 3;

export const alertsAnHour = (counts: Counts) => anHour(counts.alerts, counts.hours);
export const cutsAnHour = (counts: Counts, by: Party) => anHour(counts.interruptions[by], counts.hours);

export function talkShare({ talk_s }: Counts): number | null {
  const talk = talk_s.agent + talk_s.caller;
  return talk < TALK_LEAST_S ? null : talk_s.agent / talk;
}

export const followed = (counts: Counts) =>
  counts.cues < CUES_LEAST ? null : counts.cues_followed / counts.cues;

/** All of them together. */
export function together(all: readonly Counts[]): Counts {
  const sum = (of: (counts: Counts) => number) => all.reduce((total, one) => total + of(one), 0);
  const known = all.filter((one) => one.rate_syl_s !== null && one.talk_s.agent > 0);
  const talked = known.reduce((total, one) => total + one.talk_s.agent, 0);
  return {
    calls: sum((one) => one.calls),
    hours: sum((one) => one.hours),
    alerts: sum((one) => one.alerts),
    interruptions: {
      agent: sum((one) => one.interruptions.agent),
      caller: sum((one) => one.interruptions.caller),
    },
    talk_s: { agent: sum((one) => one.talk_s.agent), caller: sum((one) => one.talk_s.caller) },
    cues: sum((one) => one.cues),
    cues_followed: sum((one) => one.cues_followed),
    rate_syl_s:
      talked === 0
        ? null
        : known.reduce((total, one) => total + one.rate_syl_s! * one.talk_s.agent, 0) / talked,
  };
}

function anHour(count: number, hours: number): number | null {
  return hours < RATED_LEAST_H ? null : count / hours;
}
