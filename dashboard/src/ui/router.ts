/** Which page the address names. */
import { signal } from "@preact/signals";
import { PAGES, type PageName } from "./pages";

export interface Route {
  readonly page: PageName | "unknown";
  /** The address's second part. */
  readonly id: string | null;
}

const UNKNOWN: Route = { page: "unknown", id: null };

export function routeOf(path: string): Route {
  const [first = "wall", id = null, ...rest] = path.split("/").filter((part) => part !== "");
  if (rest.length > 0 || !Object.hasOwn(PAGES, first)) return UNKNOWN;
  const page = first as PageName;
  const wants = PAGES[page].id;
  if ((wants === "none" && id !== null) || (wants === "required" && id === null)) return UNKNOWN;
  try {
    return { page, id: id === null ? null : decodeURIComponent(id) };
  } catch {
    return UNKNOWN; // a broken escape is nobody's address
  }
}

export const callPath = (callId: string) => `/call/${encodeURIComponent(callId)}`;
export const agentPath = (callId: string) => `/agent/${encodeURIComponent(callId)}`;

export const route = signal<Route>(routeOf(location.pathname));

/** What the address asks of its page, as `?team=sales`: filters that can be linked to, and survive a reload. */
export const query = signal(location.search);

/** Goes to a page, as a link to it does. */
export function visit(path: string): void {
  history.pushState(null, "", path);
  arrive();
  window.scrollTo(0, 0);
}

/** Goes to another page in this one's place: going back does not come here again. */
export function replace(path: string): void {
  history.replaceState(null, "", path);
  arrive();
}

/** Changes what the address asks of the page that is shown; going back leaves the page, not one letter of a search. */
export function replaceQuery(asked: URLSearchParams): void {
  const text = asked.toString();
  replace(location.pathname + (text === "" ? "" : `?${text}`));
}

function arrive(): void {
  const next = routeOf(location.pathname);
  // A page that stays where it is needs no new drawing for what only its filters say.
  if (next.page !== route.peek().page || next.id !== route.peek().id) route.value = next;
  query.value = location.search;
}

/** Follows links within the pages without loading them anew. */
export function startRouter(): void {
  window.addEventListener("popstate", arrive);
  document.addEventListener("click", (click) => {
    const isPlain =
      click.button === 0 && !click.metaKey && !click.ctrlKey && !click.shiftKey && !click.altKey;
    const link = (click.target as Element).closest<HTMLAnchorElement>("a[href]");
    if (!isPlain || click.defaultPrevented || !link || link.target !== "" || link.hasAttribute("download"))
      return;
    const isOurs = link.origin === location.origin && routeOf(link.pathname).page !== "unknown";
    if (!isOurs || link.hash !== "") return;
    click.preventDefault();
    visit(link.pathname + link.search);
  });
}
