/** English wording of the call page's search and of what was measured. */
import type { EvidenceWords } from "../call/evidence";

export const transcript = {
  search: "Search the transcript",
  none: "Not found",
  place: (place: number, count: number) => `${place} of ${count}`,
  previous: "Previous place",
  next: "Next place",
};

export const measured: EvidenceWords = {
  f0: (st, isAbove) => `pitch ${st} semitones ${isAbove ? "above" : "below"} own usual`,
  level: (db, isAbove) => `${db} dB ${isAbove ? "louder" : "softer"}`,
  rate: (percent, isAbove) => `${percent}% ${isAbove ? "faster" : "slower"}`,
  alpha: (db, isAbove) => `voice ${isAbove ? "more pressed" : "softer"} by ${db} dB`,
  lasting: (s) => `for ${s} s`,
  join: (parts) => parts.join(", "),
};
