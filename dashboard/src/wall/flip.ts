/** Rows glide to their new places instead of jumping there, so that the eye can follow them. */
import { useLayoutEffect, useRef } from "preact/hooks";

const GLIDE_MS = 320;
/** More rows than this move at once only when filters change: then nobody follows them. */
const GLIDING_MAX = 40;

/** Watches the elements with `data-row` under `root`; `order` is what they are ordered by. */
export function useGlidingRows(root: { current: HTMLElement | null }, order: string): void {
  const places = useRef(new Map<string, number>());
  useLayoutEffect(() => {
    const before = places.current;
    const after = new Map<string, number>();
    const moved: [HTMLElement, number][] = [];
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // All places are read before anything is written, so that the page is laid out once.
    for (const row of root.current?.querySelectorAll<HTMLElement>("[data-row]") ?? []) {
      const id = row.dataset.row!;
      const top = row.offsetTop;
      after.set(id, top);
      const from = before.get(id);
      if (from !== undefined && from !== top) moved.push([row, from - top]);
    }
    places.current = after;
    if (isStill || moved.length > GLIDING_MAX) return;
    for (const [row, by] of moved) {
      row.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], {
        duration: GLIDE_MS,
        easing: "cubic-bezier(0.2, 0, 0, 1)",
      });
    }
  }, [order]);
}
