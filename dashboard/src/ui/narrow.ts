/** Whether a page's parts stand below one another, as the styles have it from this width down. */
import { signal } from "@preact/signals";

/** A style cannot read this, so it says the same; `test/widths.test.ts` keeps them together. */
const ONE_COLUMN = "(max-width: 1000px)";

const query = matchMedia(ONE_COLUMN);

export const isNarrow = signal(query.matches);
query.addEventListener("change", (change) => {
  isNarrow.value = change.matches;
});
