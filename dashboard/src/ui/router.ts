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

/**
 * What people said, and is looked for, is in no address: proxies, servers and the browser's history write
 * addresses down. It is kept with the history's entry, so that a reload and going back still have it; a link
 * that somebody makes on purpose (`linkTo`) has it behind `#`, which browsers send to nobody.
 */
const SAID: readonly string[] = ["words", "find"];

interface Parts {
  readonly open: string;
  readonly said: string;
}

function apart(asked: Iterable<readonly [string, string]>): Parts {
  const [open, said] = [new URLSearchParams(), new URLSearchParams()];
  for (const [name, value] of asked) (SAID.includes(name) ? said : open).append(name, value);
  return { open: open.toString(), said: said.toString() };
}

/** What an address asks, also behind its `#`. */
function askedBy({ search, hash }: { readonly search: string; readonly hash: string }): Parts {
  const behind = [...new URLSearchParams(hash.slice(1))].filter(([name]) => SAID.includes(name));
  return apart([...new URLSearchParams(search), ...behind]);
}

/** The address of a page with what it is asked: for links that people follow, copy, or open in another tab. */
export function linkTo(path: string, asked: URLSearchParams): string {
  const { open, said } = apart(asked);
  return path + (open === "" ? "" : `?${open}`) + (said === "" ? "" : `#${said}`);
}

/** What is asked of the page, as `?team=sales`: filters that can be linked to, and survive a reload. */
export const query = signal(location.search);

function write(how: "pushState" | "replaceState", address: string): void {
  const url = new URL(address, location.href);
  const { open, said } = askedBy(url);
  history[how](said === "" ? null : { said }, "", url.pathname + (open === "" ? "" : `?${open}`));
  arrive();
}

/** Goes to a page, as a link to it does. */
export function visit(address: string): void {
  write("pushState", address);
  window.scrollTo(0, 0);
}

/** Goes to another page in this one's place: going back does not come here again. */
export function replace(address: string): void {
  write("replaceState", address);
}

/** Changes what the address asks of the page that is shown; going back leaves the page, not one letter of a search. */
export function replaceQuery(asked: URLSearchParams): void {
  replace(linkTo(location.pathname, asked));
}

function arrive(): void {
  const next = routeOf(location.pathname);
  // A page that stays where it is needs no new drawing for what only its filters say.
  if (next.page !== route.peek().page || next.id !== route.peek().id) route.value = next;
  const { said } = (history.state ?? {}) as Partial<Parts>;
  query.value =
    said === undefined ? location.search : `${location.search === "" ? "?" : `${location.search}&`}${said}`;
}

/** An address that somebody was given may hold what was said: it is taken out of it, and kept. */
function arriveFromOutside(): void {
  if (askedBy(location).said === "") arrive();
  else replace(location.href);
}

/** Follows links within the pages without loading them anew. */
export function startRouter(): void {
  arriveFromOutside();
  window.addEventListener("popstate", arriveFromOutside);
  document.addEventListener("click", (click) => {
    const isPlain =
      click.button === 0 && !click.metaKey && !click.ctrlKey && !click.shiftKey && !click.altKey;
    const link = (click.target as Element).closest<HTMLAnchorElement>("a[href]");
    if (!isPlain || click.defaultPrevented || !link || link.target !== "" || link.hasAttribute("download"))
      return;
    const isOurs = link.origin === location.origin && routeOf(link.pathname).page !== "unknown";
    if (!isOurs || (link.hash !== "" && askedBy(link).said === "")) return;
    click.preventDefault();
    visit(link.href);
  });
}
