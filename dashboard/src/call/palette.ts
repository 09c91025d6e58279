/** The stylesheet's colours, for what is drawn on a canvas. */
const NAMES = [
  "ink",
  "ink-2",
  "ink-3",
  "line",
  "line-strong",
  "surface",
  "agent",
  "caller",
  "heat-0",
  "heat-1",
  "heat-2",
  "critical",
  "high",
  "medium",
  "low",
  "info",
] as const;

/** `font` is the family of the page's text. */
export type Palette = Record<(typeof NAMES)[number] | "font", string>;

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colours = NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]);
  return Object.fromEntries([...colours, ["font", style.fontFamily]]) as Palette;
}
