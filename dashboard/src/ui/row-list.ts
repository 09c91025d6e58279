/** Lists whose rows are gone through by keyboard: j and k anywhere, the arrow keys from a row. */
import { type Keys, useKeys } from "./keys";

interface Root {
  readonly current: HTMLElement | null;
}

/**
 * The rows are the elements with `data-row` under `root`; of each, `link` is what takes the focus, so that
 * everything else of the row is a Tab away. `more` are other keys of the page; `chosen` is the row that counts
 * where none has the focus.
 */
export function useRowList(root: Root, link: string, more: Keys = {}, chosen: string | null = null): void {
  const step = (by: 1 | -1) => {
    const rows = [...(root.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const focused = rows.findIndex((row) => row.contains(document.activeElement));
    const here = focused >= 0 ? focused : rows.findIndex((row) => row.dataset.row === chosen);
    const next = rows[here < 0 ? 0 : Math.min(Math.max(0, here + by), rows.length - 1)];
    next?.querySelector<HTMLElement>(link)?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  };
  // Without a row, arrow keys scroll as everywhere.
  const arrow = (by: 1 | -1) => () =>
    document.activeElement?.matches(`[data-row] ${link}`) === true && step(by);
  useKeys({ ...more, j: () => step(1), k: () => step(-1), arrowdown: arrow(1), arrowup: arrow(-1) });
}
