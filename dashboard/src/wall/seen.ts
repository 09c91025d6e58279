/** Which rows are in sight, or nearly: the others need not follow every event. */

/** Rows this near to the window count as seen, so that scrolling meets no row that is old. */
const MARGIN = "300px 0px";

const tells = new WeakMap<Element, (isSeen: boolean) => void>();

const observer =
  typeof IntersectionObserver === "undefined"
    ? null
    : new IntersectionObserver(
        (entries) => {
          for (const entry of entries) tells.get(entry.target)?.(entry.isIntersecting);
        },
        { rootMargin: MARGIN },
      );

/** Tells whenever `element` comes into sight or leaves it; returns what ends that. */
export function watchSight(element: Element, tell: (isSeen: boolean) => void): () => void {
  tells.set(element, tell);
  observer?.observe(element);
  return () => {
    observer?.unobserve(element);
    tells.delete(element);
  };
}
