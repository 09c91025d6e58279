/** Holds who is signed in, and opens and ends the stream with them. */
import { signal } from "@preact/signals";
import { ask, Refusal } from "../net/api";
import type { Right, Whoami } from "../protocol/accounts";
import { forget, onEnd, onLost, start } from "./store";
import { may, nobody, reduceVisitor, type VisitorInput } from "./visitor";

export const visitor = signal(nobody);

/** The server did not say who is signed in. */
export const isUnreachable = signal(false);

const RETRY_MS = 2000;

/** Whose tab this was last; null before anybody was in. */
let latest: string | null = null;
const leavings: (() => void)[] = [];

/** Forgets what one account wrote or did here once another comes in: it is nobody else's. */
export function onAnother(forgetTheirs: () => void): void {
  leavings.push(forgetTheirs);
}

function dispatch(input: VisitorInput): void {
  const next = reduceVisitor(visitor.value, input);
  if (next.phase === "in") {
    const name = next.account?.name ?? "";
    if (latest !== null && latest !== name) {
      forget();
      for (const leave of leavings) leave();
    }
    latest = name;
  }
  visitor.value = next;
  if (visitor.value.phase === "in") start(may(visitor.value, "see_calls"));
  else forget();
}

export const has = (right: Right): boolean => may(visitor.value, right);

/** The other tabs of this browser, which share the session. */
const tabs = new BroadcastChannel("tingyin-session");

export function welcome(whoami: Whoami): void {
  dispatch({ kind: "answer", whoami });
  tabs.postMessage("in");
}

export function ended(): void {
  if (visitor.value.phase === "in") dispatch({ kind: "ended" });
}

async function look(): Promise<void> {
  const whoami = await ask<Whoami>("GET", "/api/session");
  isUnreachable.value = false;
  dispatch({ kind: "answer", whoami });
}

/** Asks who is signed in, until there is an answer. */
export function startSession(): void {
  // A refused stream says only that it broke off; whether that is for want of a session, the server knows.
  onLost(() => void look().catch(() => undefined));
  onEnd(ended);
  // Whoever signs in in one tab is in in all: a wall on another screen is not forgotten, nor left to another.
  tabs.onmessage = () => void look().catch(() => undefined);
  const first = () =>
    void look().catch(() => {
      isUnreachable.value = true;
      setTimeout(first, RETRY_MS);
    });
  first();
}

/** Asks as the one who is signed in; shows the sign-in page where that has ended. */
export async function askAsOneself<T>(method: string, path: string, body?: unknown): Promise<T> {
  try {
    return await ask<T>(method, path, body);
  } catch (error) {
    if (error instanceof Refusal && error.code === "account.signed_out") ended();
    throw error;
  }
}

export async function signOut(isEverywhere: boolean): Promise<void> {
  await ask("DELETE", `/api/session${isEverywhere ? "?everywhere=1" : ""}`);
  dispatch({ kind: "left" });
}
