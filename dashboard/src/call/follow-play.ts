/** The transcript goes with what is played, unless the reader looks elsewhere. */
import { useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Row, rowAt } from "./rows";
import { playedS, sought } from "./view";

/** The row that is played stands here, from the top of what is shown. */
const PLACE = 0.3;

interface FollowPlay {
  /** The reader has turned away from what is played. */
  readonly isAway: boolean;
  readonly turnAway: () => void;
  readonly comeBack: () => void;
}

export function useFollowPlay(scroller: { current: HTMLElement | null }, rows: readonly Row[]): FollowPlay {
  const [isAway, setAway] = useState(false);
  const now = useRef({ rows, isAway, marked: null as Element | null });
  now.current.rows = rows;
  now.current.isAway = isAway;
  const mark = (isForced: boolean) => {
    const s = playedS.peek();
    const element = scroller.current;
    if (element === null) return;
    const place = s === null ? -1 : rowAt(now.current.rows, s);
    const row = element.querySelectorAll(".said-row")[place] ?? null;
    if (row === now.current.marked && !isForced) return;
    now.current.marked?.removeAttribute("aria-current");
    row?.setAttribute("aria-current", "true");
    now.current.marked = row;
    if (s === null || now.current.isAway) return;
    const to =
      row === null
        ? 0
        : element.scrollTop +
          row.getBoundingClientRect().top -
          element.getBoundingClientRect().top -
          element.clientHeight * PLACE;
    const isNear = Math.abs(to - element.scrollTop) < element.clientHeight;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollTo({ top: to, behavior: isNear && !isCalm ? "smooth" : "instant" });
  };
  useSignalEffect(() => {
    playedS.value;
    mark(false);
  });
  useSignalEffect(() => {
    // Who asks for an instant wants to read it there.
    if (sought.value !== null) setAway(false);
  });
  useLayoutEffect(() => mark(true), [rows, isAway]);
  return { isAway, turnAway: () => setAway(true), comeBack: () => setAway(false) };
}
