/** Searching the transcript of one call. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Row } from "./rows";
import { type Match, matchesOf } from "./search";

/** What is searched for, where it stands, and which place is shown. */
export function useSearch(
  rows: readonly Row[],
  scroller: { current: HTMLElement | null },
  /** The reader looks elsewhere than where the call is played. */
  turnAway: () => void,
) {
  const [text, setText] = useState("");
  const [place, setPlace] = useState(0);
  const matches = useMemo(() => matchesOf(rows, text), [rows, text]);
  const byRow = useMemo(() => {
    const found = new Map<string, Match[]>();
    for (const match of matches) found.set(match.rowKey, [...(found.get(match.rowKey) ?? []), match]);
    return found;
  }, [matches]);
  const at = matches.length === 0 ? -1 : Math.min(place, matches.length - 1);
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
