/** Moving over the wall by keyboard: j and k anywhere, the arrow keys from a row. */
import { useEffect } from "preact/hooks";
import { isTyping } from "../ui/typing";

const STEPS: Readonly<Record<string, number>> = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };

export function useRowKeys(root: { current: HTMLElement | null }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const step = STEPS[event.key];
      if (step === undefined) return;
      const links = [...(root.current?.querySelectorAll<HTMLElement>(".row-link") ?? [])];
      const here = links.indexOf(document.activeElement as HTMLElement);
      // Without a row, arrow keys scroll as everywhere.
      if (links.length === 0 || (here < 0 && event.key.startsWith("Arrow"))) return;
      event.preventDefault();
      const next = here < 0 ? 0 : Math.min(Math.max(0, here + step), links.length - 1);
      links[next]!.focus({ preventScroll: true });
      links[next]!.closest("[data-row]")?.scrollIntoView({ block: "nearest" });
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
