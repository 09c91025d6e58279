/** Which rows are in sight, or nearly: the others need not follow every event. */

/** A browser says by itself which elements with `content-visibility: auto` it leaves out. */
const CHANGE = "contentvisibilityautostatechange";

/** Tells whenever the browser leaves `element` out, or takes it in again. Where it cannot say, all are in sight. */
export function watchSight(element: Element, tell: (isSeen: boolean) => void): void {
  element.addEventListener(CHANGE, (event) => {
    // Of an element within the row the row is not told: the event bubbles.
    if (event.target === element) tell(!(event as ContentVisibilityAutoStateChangeEvent).skipped);
  });
}

/**
 * Has the browser lay an element out from nothing. One that it has left out so far and that comes into sight by being
 * moved Chromium (156) would show with its newest part alone: an alert, and not whose call it is of.
 */
export function layOutAnew(element: HTMLElement): void {
  element.style.display = "none";
  void element.offsetHeight;
  element.style.display = "";
}
