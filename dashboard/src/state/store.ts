/** Holds the state, and tells the views of it once a frame at most. */
import { computed, signal } from "@preact/signals";
import { Connection, type World } from "../net/connection";
import type { AlertState } from "../protocol/messages";
import { type Input, initialState, reduce } from "./reduce";

let newest = initialState;
let isPublishing = false;

const published = signal(initialState);

/** This machine's time, once a second, for whatever counts up by itself. */
export const nowMs = signal(Date.now());

export const connection = computed(() => published.value.connection);
export const problems = computed(() => published.value.problems);
export const wall = computed(() => published.value.wall);
export const desk = computed(() => published.value.desk);
export const call = computed(() => published.value.call);
export const side = computed(() => published.value.side);
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
let lost: () => void = () => undefined;
let ended: () => void = () => undefined;

function hear(input: Input): void {
  dispatch(input);
  // A browser lets a hidden page wait for long; who has chosen to be called about alerts is called at once.
  if (document.hidden && input.kind === "message" && input.message.type.startsWith("desk")) publish();
  if (input.kind === "disconnected") lost();
}

const stream = new Connection(`${scheme}://${location.host}/ws`, hear, world, () => ended());
let isStarted = false;
let hasListeners = false;

/** Tells when the stream broke off, for whatever reason. */
export function onLost(tell: () => void): void {
  lost = tell;
}

/** Tells when the server ended the stream because nobody is signed in any more. */
export function onEnd(tell: () => void): void {
  ended = tell;
}

/** Opens the stream, unless it is open. `seesDesk`: the visitor may see what supervisors do. */
export function start(seesDesk: boolean): void {
  if (isStarted) return;
  isStarted = true;
  stream.subscribe({ topic: "wall", call_id: null });
  if (seesDesk) stream.subscribe({ topic: "desk", call_id: null });
  const open = newest.call?.id ?? null;
  if (open !== null) subscribeCall(open);
  stream.start();
  if (hasListeners) return;
  hasListeners = true;
  setInterval(() => {
    nowMs.value = Date.now();
    dispatch({ kind: "tick", nowMs: nowMs.value });
  }, 1000);
  window.addEventListener("online", retryNow);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) retryNow();
  });
}

/** Ends the stream, and keeps nothing of what it told. */
export function forget(): void {
  if (!isStarted) return;
  isStarted = false;
  stream.stop();
  newest = initialState;
  publish();
}

/** States of alerts that the server answered. */
export function takeStates(states: readonly AlertState[]): void {
  dispatch({ kind: "desk_states", states });
}

export function retryNow(): void {
  if (isStarted) stream.retryNow();
}

/** Makes `callId` the open call, or none. */
export function openCall(callId: string | null): void {
  const before = newest.call?.id ?? null;
  if (before === callId) return;
  if (before !== null) for (const topic of CALL_TOPICS) stream.unsubscribe({ topic, call_id: before });
  if (callId === null) {
    dispatch({ kind: "close_call" });
    return;
  }
  dispatch({ kind: "open_call", callId });
  if (isStarted) subscribeCall(callId);
}

/** What the stream carries of the open call. */
const CALL_TOPICS = ["call", "side"] as const;

function subscribeCall(callId: string): void {
  for (const topic of CALL_TOPICS) stream.subscribe({ topic, call_id: callId });
}
