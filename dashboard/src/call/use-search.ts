/** Searching the transcript of one call. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { query } from "../ui/router";
import { type Row, rowAt } from "./rows";
import { type Match, matchesOf } from "./search";

/** The first match in the row that is said at `s`; 0 where that row has none. */
export function placeAt(rows: readonly Row[], matches: readonly Match[], s: number): number {
  const key = rows[rowAt(rows, s)]?.key;
  return Math.max(
    0,
    matches.findIndex((match) => match.rowKey === key),
  );
}

/** What is searched for, where it stands, and which place is shown. */
export function useSearch(
  rows: readonly Row[],
  scroller: { current: HTMLElement | null },
  /** The reader looks elsewhere than where the call is played. */
  turnAway: () => void,
) {
  // The address may bring what was looked for in the history, and where it was found.
  const [pointed] = useState(() => new URLSearchParams(query.peek()));
  const [text, setText] = useState(pointed.get("find") ?? "");
  const [place, setPlace] = useState<number | null>(null);
  const matches = useMemo(() => matchesOf(rows, text), [rows, text]);
  const byRow = useMemo(() => {
    const found = new Map<string, Match[]>();
    for (const match of matches) found.set(match.rowKey, [...(found.get(match.rowKey) ?? []), match]);
    return found;
  }, [matches]);
  const chosen = place ?? placeAt(rows, matches, Number(pointed.get("at") ?? 0));
  const at = matches.length === 0 ? -1 : Math.min(chosen, matches.length - 1);
  // New words come at the end: the place that is shown keeps its number, and the page does not move.
  useEffect(() => {
    scroller.current?.querySelector("mark[data-current]")?.scrollIntoView({ block: "nearest" });
  }, [text, place]);
  const bar = {
    text,
    place: at,
    count: matches.length,
    setText: (wanted: string) => {
      turnAway();
      setText(wanted);
      setPlace(0);
    },
    step: (by: 1 | -1) => {
      turnAway();
      if (matches.length > 0) setPlace((at + by + matches.length) % matches.length);
    },
  };
  return { bar, byRow, current: matches[at] ?? null };
}
