/** Search in the transcript, and measured evidence in one sentence. */
import { describe, expect, it } from "vitest";
import { inWords } from "../src/call/evidence";
import { rowsOf } from "../src/call/rows";
import { matchesOf, piecesOf } from "../src/call/search";
import { measured as en } from "../src/i18n/en-call";
import { measured as zh } from "../src/i18n/zh-call";
import type { Alert } from "../src/protocol/messages";
import { emptyCall, reduceCallEvent } from "../src/state/call";
import { CALL, recorded, started, word, words } from "./recorded";

function rows(...told: Parameters<typeof recorded>[0]) {
  return rowsOf(
    recorded([started, ...told]).reduce((c, event) => reduceCallEvent(c, event, 0), emptyCall(CALL)),
  );
}

describe("search in the transcript", () => {
  const said = rows(
    words("agent", 1, word(1, 1.4, " Where"), word(1.4, 1.6, " is"), word(1.6, 2, " it?")),
    words(
      "caller",
      1,
      word(3, 3.4, " It"),
      word(3.4, 3.8, " is"),
      word(3.8, 4.2, " gone,"),
      word(4.2, 4.6, " IS it?"),
    ),
  );

  it("finds every place in the order of reading, whatever the case, across words", () => {
    const found = matchesOf(said, "is it");
    expect(found.map(({ party, to, from }) => [party, to - from])).toEqual([
      ["agent", 5],
      ["caller", 5],
    ]);
    expect(matchesOf(said, "is")).toHaveLength(3);
    expect(matchesOf(said, "  ")).toEqual([]);
    expect(matchesOf(said, "gone away")).toEqual([]);
  });

  it("cuts what was said where marks begin and end, and keeps the text", () => {
    const runs = [
      { text: "It is ", isOverlapped: false, start_s: 0 },
      { text: "gone", isOverlapped: true, start_s: 1 },
    ];
    const [first, second] = [
      { rowKey: "r", saidKey: "s", party: "caller", from: 0, to: 2 },
      { rowKey: "r", saidKey: "s", party: "caller", from: 4, to: 8 },
    ] as const;
    const pieces = piecesOf(runs, [first, second], second);
    expect(pieces.map((piece) => piece.text).join("")).toBe("It is gone");
    expect(pieces.map(({ text, isOverlapped, mark }) => [text, isOverlapped, mark])).toEqual([
      ["It", false, "found"],
      [" i", false, null],
      ["s ", false, "current"],
      ["go", true, "current"],
      ["ne", true, null],
    ]);
  });
});

describe("measured evidence", () => {
  const alert = (...evidence: [string, number | string][]) =>
    ({
      about: { start_s: 20, end_s: 29.2 },
      evidence: evidence.map(([feature, value]) => ({ feature, value })),
    }) as unknown as Alert;

  it("is one sentence against the party's own usual", () => {
    const hot = alert(["level", 6], ["f0", 2.4], ["rate_ratio", 1.38], ["temper_score", 80]);
    expect(inWords(hot, en)).toBe("pitch 2.4 semitones above own usual, 6 dB louder, 38% faster, for 9 s");
    expect(inWords(hot, zh)).toBe("音高比平常高 2.4 个半音，响 6 dB，快 38%，持续 9 秒");
    expect(inWords(alert(["rate_ratio", 0.8]), en)).toBe("20% slower, for 9 s");
  });

  it("says nothing of what is no different, and of alerts about no voice", () => {
    expect(inWords(alert(["f0", 0.1], ["level", 3]), en)).toBe("3 dB louder, for 9 s");
    expect(inWords(alert(["phrase", "x"], ["silence", 14]), en)).toBeNull();
  });
});
