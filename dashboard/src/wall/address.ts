/** The wall's filters, kept in the address: a view can be linked to, and survives a reload. */
import { effect, signal } from "@preact/signals";
import { type Filters, filtersOf, NO_FILTERS, queryOf } from "../state/filters";
import { query, replaceQuery, route } from "../ui/router";

/** Browsers forbid more than a few changes of the address a second, and a search is typed faster. */
const WRITE_MS = 300;

export const filters = signal<Filters>(filtersOf(query.peek()));

let writing: number | undefined;

export function setFilters(changed: Partial<Filters>): void {
  filters.value = { ...filters.peek(), ...changed };
  window.clearTimeout(writing);
  writing = window.setTimeout(() => {
    writing = undefined;
    if (route.peek().page === "wall") replaceQuery(queryOf(filters.peek()));
  }, WRITE_MS);
}

export function clearFilters(): void {
  setFilters(NO_FILTERS);
}

effect(() => {
  // The address changed by itself: a link was followed, or the way back was taken.
  const asked = query.value;
  if (route.value.page !== "wall" || writing !== undefined) return;
  const wanted = filtersOf(asked);
  if (queryOf(wanted).toString() !== queryOf(filters.peek()).toString()) filters.value = wanted;
});
