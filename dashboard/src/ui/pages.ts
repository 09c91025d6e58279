/**
 * Every page in one table: its address, whose it is, its place in the header, and what loads it.
 *
 * A page is loaded when it is first wanted, with its own styles, so that no page pays for another. The
 * header names pages in the order of the table.
 */
import type { ComponentType } from "preact";
import type { Dictionary } from "../i18n/en";
import type { Right } from "../protocol/accounts";

export interface PageProps {
  /** The address's second part, as `17` of `/call/17`. */
  readonly id: string | null;
}

interface PageEntry {
  /** Whether the address has a second part. */
  readonly id: "none" | "optional" | "required";
  /** What one needs to open it; null lets in whoever comes. */
  readonly needs: Right | null;
  /** The words of its link in the header; a page without them is reached from others. */
  readonly link?: (words: Dictionary) => string;
  /** Its link is shown only to those who may not open this other page, of which it is a part. */
  readonly isPartOf?: "tuning";
  /** It makes no sense where nobody signs in. */
  readonly isOfAccounts?: true;
  /** Pages that are reached from this one, and stand under its link. */
  readonly holds?: readonly string[];
  readonly load: () => Promise<ComponentType<PageProps>>;
}

const table = <Name extends string>(entries: Record<Name, PageEntry>): Record<Name, PageEntry> => entries;

export const PAGES = table({
  wall: {
    id: "none",
    needs: "see_calls",
    link: (words) => words.nav.wall,
    holds: ["call"],
    load: () => import("../wall/page").then((one) => one.WallPage),
  },
  call: {
    id: "required",
    needs: "see_calls",
    load: () => import("../call/page").then((one) => one.CallPage),
  },
  inbox: {
    id: "none",
    needs: "see_calls",
    link: (words) => words.inbox.title,
    load: () => import("../inbox/page").then((one) => one.InboxPage),
  },
  history: {
    id: "optional",
    needs: "see_calls",
    link: (words) => words.history.title,
    load: () => import("../history/page").then((one) => one.HistoryPage),
  },
  tuning: {
    id: "none",
    needs: "tune",
    link: (words) => words.tuning.title,
    load: () => import("../tuning/page").then((one) => one.TuningPage),
  },
  quiet: {
    id: "none",
    needs: "act",
    link: (words) => words.tuning.tabs.quiet,
    isPartOf: "tuning",
    load: () => import("../quiet/page").then((one) => one.QuietPage),
  },
  accounts: {
    id: "none",
    needs: "manage",
    link: (words) => words.door.accounts,
    isOfAccounts: true,
    load: () => import("../door/accounts").then((one) => one.AccountsPage),
  },
  trail: {
    id: "none",
    needs: "manage",
    link: (words) => words.door.trail,
    isOfAccounts: true,
    load: () => import("../door/trail").then((one) => one.TrailPage),
  },
  agent: {
    id: "optional",
    needs: "see_own_call",
    link: (words) => words.nav.agent,
    load: () => import("../agent/page").then((one) => one.AgentPage),
  },
  welcome: {
    id: "required",
    needs: null,
    load: () => import("../door/welcome").then((one) => one.WelcomePage),
  },
});

export type PageName = keyof typeof PAGES;

export const PAGE_NAMES = Object.keys(PAGES) as PageName[];

/** The page whose link is lit in the header while `page` is shown. */
export function underLink(page: PageName): PageName {
  return PAGE_NAMES.find((name) => PAGES[name].holds?.includes(page)) ?? page;
}
