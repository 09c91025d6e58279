/** Which page the address names. */
import { signal } from "@preact/signals";

export type Route =
  | { readonly page: "wall" }
  | { readonly page: "call"; readonly callId: string }
  | { readonly page: "agent"; readonly callId: string | null }
  | { readonly page: "accounts" }
  | { readonly page: "trail" }
  | { readonly page: "welcome"; readonly token: string }
  | { readonly page: "unknown" };

export function routeOf(path: string): Route {
  const [page, id, ...rest] = path.split("/").filter((part) => part !== "");
  if (rest.length > 0) return { page: "unknown" };
  if (page === undefined) return { page: "wall" };
  if (page === "call" && id !== undefined) return { page: "call", callId: decodeURIComponent(id) };
  if (page === "agent") return { page: "agent", callId: id === undefined ? null : decodeURIComponent(id) };
  if ((page === "accounts" || page === "trail") && id === undefined) return { page };
  if (page === "welcome" && id !== undefined) return { page, token: decodeURIComponent(id) };
  return { page: "unknown" };
}

export const callPath = (callId: string) => `/call/${encodeURIComponent(callId)}`;
export const agentPath = (callId: string) => `/agent/${encodeURIComponent(callId)}`;

export const route = signal<Route>(routeOf(location.pathname));

function go(path: string): void {
  history.pushState(null, "", path);
  arrive();
  window.scrollTo(0, 0);
}

/** Goes to another page in this one's place: going back does not come here again. */
export function replace(path: string): void {
  history.replaceState(null, "", path);
  arrive();
}

function arrive(): void {
  route.value = routeOf(location.pathname);
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
    go(link.pathname);
  });
}
