/** English wording of the wall's search and filters. */
import type { Standing } from "../state/filters";

const states: Record<Standing, string> = {
  act: "Need attention",
  watch: "Keep an eye on",
  calm: "Running calmly",
  ended: "Ended",
};

export const filter = {
  search: "Search calls",
  searchHint: "Search",
  severity: "Any alert",
  state: "Any state",
  states,
  team: "All teams",
  agent: "All agents",
  degraded: "Poorly heard",
  shown: (shown: number, all: number) => `${shown} of ${all}`,
  clear: "Show all",
  none: "No call fits",
  noneWhy: "Other calls go on; they are only not shown.",
};
