/** Holds the state, and tells the views of it once a frame at most. */
import { computed, signal } from "@preact/signals";
import { Connection, type World } from "../net/connection";
import { type Input, initialState, reduce } from "./reduce";

let newest = initialState;
let isPublishing = false;

const published = signal(initialState);

/** This machine's time, once a second, for whatever counts up by itself. */
export const nowMs = signal(Date.now());

export const connection = computed(() => published.value.connection);
export const problems = computed(() => published.value.problems);
export const wall = computed(() => published.value.wall);
export const call = computed(() => published.value.call);
export const isCallMissing = computed(() => published.value.isCallMissing);
export const isStale = computed(
  () => published.value.connection.phase === "lost" || published.value.connection.phase === "outdated",
);

function dispatch(input: Input): void {
  newest = reduce(newest, input);
  if (isPublishing) return;
  isPublishing = true;
  // A hidden page gets no frames, but its title still counts what needs attention.
  if (document.hidden) setTimeout(publish, 250);
  else requestAnimationFrame(publish);
}

function publish(): void {
  isPublishing = false;
  published.value = newest;
}

const world: World = {
  open: (url) => new WebSocket(url),
  nowMs: () => Date.now(),
  random: Math.random,
  setTimer: (run, ms) => window.setTimeout(run, ms),
  clearTimer: (timer) => window.clearTimeout(timer),
};

const scheme = location.protocol === "https:" ? "wss" : "ws";
const stream = new Connection(`${scheme}://${location.host}/ws`, dispatch, world);

export function start(): void {
  stream.subscribe({ topic: "wall", call_id: null });
  stream.start();
  setInterval(() => {
    nowMs.value = Date.now();
    dispatch({ kind: "tick", nowMs: nowMs.value });
  }, 1000);
  window.addEventListener("online", () => stream.retryNow());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) stream.retryNow();
  });
}

export function retryNow(): void {
  stream.retryNow();
}

/** Makes `callId` the open call, or none. */
export function openCall(callId: string | null): void {
  const before = newest.call?.id ?? null;
  if (before === callId) return;
  if (before !== null) stream.unsubscribe({ topic: "call", call_id: before });
  if (callId === null) {
    dispatch({ kind: "close_call" });
    return;
  }
  dispatch({ kind: "open_call", callId });
  stream.subscribe({ topic: "call", call_id: callId });
}
