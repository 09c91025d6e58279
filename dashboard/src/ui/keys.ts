/** Single keys, which a page may have only where they can be switched off (WCAG 2.1.4). */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { remember, remembered } from "./memory";

/** Whether the viewer lets single keys work. */
export const hasKeys = signal(remembered("keys") !== "off");

export function setKeys(isOn: boolean): void {
  hasKeys.value = isOn;
  remember("keys", isOn ? "on" : "off");
}

/** What keys do, by their names in small letters; `false` leaves a key to the browser. */
export type Keys = Readonly<Record<string, () => void | false>>;

const WRITING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

/** Those that a key which is held down repeats: one runs through a list. */
const RUNNING = ["j", "k", "arrowdown", "arrowup"];

/**
 * Calls what a letter stands for, unless somebody writes, or means another command. A key acts on
 * what is shown: it is bound anew with every drawing.
 */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.target instanceof Element && event.target.closest(WRITING)) return;
      const key = event.key.toLowerCase();
      if ((key.length === 1 && !hasKeys.value) || (event.repeat && !RUNNING.includes(key))) return;
      if (keys[key] !== undefined && keys[key]() !== false) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
}

/** `/` goes to the field of a search. */
export function useSlash(field: { readonly current: HTMLInputElement | null }): void {
  useKeys({
    "/": () => {
      field.current?.focus();
      field.current?.select();
    },
  });
}

/** One command with Alt, on whatever keyboard: `code` is the key's place, as `KeyL`. Bound as `useKeys` is. */
export function useAltKey(code: string, act: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== code || event.repeat) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
}
