/** Where a number stands in a rule, and its unit, as people read them. */
import { t } from "../i18n";

/** `what.all.0.within_s` is "within" of the first condition: "within (1)". */
export function placeName(place: string): string {
  const parts = place.split(".");
  const last = parts.at(-1)!;
  const name = t.value.tuning.places[last] ?? last.replaceAll("_", " ");
  const number = parts.findLast((part) => /^\d+$/.test(part));
  return number === undefined ? name : `${name} (${Number(number) + 1})`;
}

/** The server's unit in the viewer's language. */
export function unitName(unit: string): string {
  return t.value.tuning.units[unit] ?? unit;
}
