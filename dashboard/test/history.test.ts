import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextStop } from "../src/call/stops";
import { addressOf, askedOf, daysAgo, filtersOf, isAnySet, nothing } from "../src/history/filters";
import { alertsAnHour, countsOfCall, cutsAnHour, followed, talkShare, together } from "../src/history/rates";
import { hoursText } from "../src/ui/format";
import type { PastCall } from "../src/protocol/history";
import type { Alert } from "../src/protocol/messages";

describe("filters in the address", () => {
  it("are read back as they were written", () => {
    const filters = {
      words: '投诉 "refund now"',
      agent: "3012 林",
      team: "a & b",
      from: "2026-03-01",
      to: "2026-03-31",
      rule: "hot_temper",
      severity: "high",
      state: "cut_off",
    } as const;
    expect(filtersOf(`?${addressOf(filters)}`)).toEqual(filters);
    expect(isAnySet(filters)).toBe(true);
  });

  it("leave nothing in the address where nothing is set", () => {
    expect(addressOf(nothing).toString()).toBe("");
    expect(filtersOf("")).toEqual(nothing);
    expect(isAnySet(nothing)).toBe(false);
  });

  it("pass over what is no such thing", () => {
    expect(filtersOf("?severity=dreadful&state=live&from=yesterday&to=2026-13-99x&agent=%20&x=1")).toEqual(
      nothing,
    );
  });

  describe("in a zone with summer time", () => {
    beforeEach(() => vi.stubEnv("TZ", "Europe/Berlin"));
    afterEach(() => vi.unstubAllEnvs());

    it("ask the server for the viewer's whole days", () => {
      const asked = askedOf({ ...nothing, from: "2026-03-28", to: "2026-03-29" });
      expect(asked.get("from")).toBe("2026-03-27T23:00:00.000Z");
      expect(asked.get("to")).toBe("2026-03-29T22:00:00.000Z"); // a day of 23 hours
    });

    it("count days back by the calendar", () => {
      expect(daysAgo(0, new Date(2026, 2, 1, 0, 30))).toBe("2026-03-01");
      expect(daysAgo(1, new Date(2026, 2, 1, 0, 30))).toBe("2026-02-28");
    });
  });
});

const call = (changed: Partial<PastCall>): PastCall => ({
  number: 1,
  call_id: "x",
  started_at: "",
  state: "ended",
  title: "",
  source: "",
  agent: "",
  has_words: true,
  duration_s: 1800,
  talk_s: { agent: 600, caller: 200 },
  overlap_s: 0,
  interruptions: { agent: 3, caller: 1 },
  heat_peak: null,
  hot_s: 0,
  cues: 4,
  cues_followed: 3,
  rate_syl_s: { agent: 4, caller: null },
  words_per_min: null,
  alerts: { high: 2, low: 1 },
  rules: [],
  hits: [],
  ...changed,
});

describe("rates", () => {
  it("follow from the counts", () => {
    const counts = countsOfCall(call({}));
    expect(alertsAnHour(counts)).toBe(6);
    expect(cutsAnHour(counts, "agent")).toBe(6);
    expect(talkShare(counts)).toBe(0.75);
    expect(followed(counts)).toBe(0.75);
  });

  it("are not made of so little that they would say nothing", () => {
    const short = countsOfCall(
      call({ duration_s: 72, talk_s: { agent: 12, caller: 9 }, cues: 1, cues_followed: 1 }),
    );
    expect(short.alerts).toBe(3);
    expect([alertsAnHour(short), cutsAnHour(short, "agent"), talkShare(short), followed(short)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(alertsAnHour(countsOfCall(call({ duration_s: 1800 })))).toBe(6);
    expect([hoursText(0), hoursText(0.02), hoursText(0.06), hoursText(16.49)]).toEqual([
      "0.0",
      "<0.1",
      "0.1",
      "16.5",
    ]);
  });

  it("are unknown where there is nothing to divide by", () => {
    const counts = countsOfCall(
      call({ duration_s: 0, talk_s: { agent: 0, caller: 0 }, cues: 0, cues_followed: 0 }),
    );
    expect([alertsAnHour(counts), talkShare(counts), followed(counts)]).toEqual([null, null, null]);
    expect(together([])).toMatchObject({ calls: 0, hours: 0, rate_syl_s: null });
  });

  it("of several calls are those of all their counts, not the mean of their rates", () => {
    const all = together([
      countsOfCall(call({})),
      countsOfCall(
        call({
          duration_s: 5400,
          alerts: {},
          rate_syl_s: { agent: 8, caller: null },
          talk_s: { agent: 200, caller: 0 },
        }),
      ),
      countsOfCall(call({ duration_s: 0, alerts: {}, rate_syl_s: { agent: null, caller: null } })),
    ]);
    expect(all.calls).toBe(3);
    expect(alertsAnHour(all)).toBe(1.5);
    expect(all.rate_syl_s).toBe(5); // the agent talked three times as long at 4 as at 8
  });
});

describe("going from alert to alert", () => {
  const at = (start_s: number) => ({
    alert: { about: { start_s, end_s: start_s + 1 } } as Alert,
    cleared: null,
  });
  const alerts = [at(30), at(1), at(60)];

  it("stops shortly before what each is about", () => {
    expect(nextStop(alerts, 0, 1)).toBe(28);
    expect(nextStop(alerts, 28, 1)).toBe(58);
    expect(nextStop(alerts, 58, 1)).toBeNull();
  });

  it("goes back to the one before, not to where it stands", () => {
    expect(nextStop(alerts, 58.5, -1)).toBe(28);
    expect(nextStop(alerts, 62, -1)).toBe(58);
    expect(nextStop(alerts, 28, -1)).toBe(0);
    expect(nextStop(alerts, 0, -1)).toBeNull();
    expect(nextStop([], 10, 1)).toBeNull();
  });
});
