/** Whether a page's parts stand below one another, as the styles have it from this width down. */
import { signal } from "@preact/signals";

const query = matchMedia("(max-width: 1000px)");

export const isNarrow = signal(query.matches);
query.addEventListener("change", (change) => {
  isNarrow.value = change.matches;
});
