/** Finding words in the transcript: where they stand, and how a text is cut to mark them. */
import type { Party } from "../protocol/messages";
import { PARTIES } from "../protocol/messages";
import type { Row, Run, Said } from "./rows";

export interface Match {
  readonly rowKey: string;
  readonly saidKey: string;
  readonly party: Party;
  /** Characters of the whole text of what was said. */
  readonly from: number;
  readonly to: number;
}

/** A stretch of text that is written in one way. */
export interface Piece {
  readonly text: string;
  readonly isOverlapped: boolean;
  readonly mark: "found" | "current" | null;
}

export const textOf = (said: Said): string => said.runs.map((run) => run.text).join("");

/** Every place, in the order in which they are read; committed words only, whatever their case. */
export function matchesOf(rows: readonly Row[], query: string): Match[] {
  const wanted = folded(query.trim());
  if (wanted === "") return [];
  const found: Match[] = [];
  for (const row of rows) {
    const said = PARTIES.flatMap((party) => row[party]).sort((a, b) => a.start_s - b.start_s);
    for (const one of said) {
      const text = folded(textOf(one));
      for (let from = text.indexOf(wanted); from >= 0; from = text.indexOf(wanted, from + wanted.length)) {
        found.push({ rowKey: row.key, saidKey: one.key, party: one.party, from, to: from + wanted.length });
      }
    }
  }
  return found;
}

/** Cuts what was said where a mark begins or ends. */
export function piecesOf(runs: readonly Run[], marks: readonly Match[], current: Match | null): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const run of runs) {
    const end = at + run.text.length;
    const edges = marks.flatMap(({ from, to }) => [from, to]).filter((edge) => edge > at && edge < end);
    const cuts = [at, ...new Set(edges), end].sort((a, b) => a - b);
    for (let place = 0; place + 1 < cuts.length; place += 1) {
      const [from, to] = [cuts[place]!, cuts[place + 1]!];
      const mark = marks.find((one) => one.from <= from && to <= one.to);
      pieces.push({
        text: run.text.slice(from - at, to - at),
        isOverlapped: run.isOverlapped,
        mark: mark === undefined ? null : mark === current ? "current" : "found",
      });
    }
    at = end;
  }
  return pieces;
}

/** Without case; a letter whose small form is longer stays, so that places in the text stay true. */
function folded(text: string): string {
  const small = text.toLowerCase();
  return small.length === text.length ? small : text;
}
