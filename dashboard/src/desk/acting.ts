/** Does things about alerts and rules, remembers how to take them back, and says what failed. */
import { computed, signal } from "@preact/signals";
import { Refusal, UNREACHABLE } from "../net/api";
import type { AlertState, Mute } from "../protocol/messages";
import { keyOf } from "../state/desk";
import { askAsOneself, onAnother, visitor } from "../state/session";
import { desk, takeStates } from "../state/store";
import { type ActBody, type ActName, undoOf } from "../state/undo";

export interface Person {
  readonly name: string;
  readonly display: string;
}

/** What can be taken back, the latest last. */
interface Step {
  readonly what: ActName | "mute" | "unmute";
  readonly count: number;
  readonly atMs: number;
  readonly back: () => Promise<void>;
}

const STEPS_MAX = 20;

export const steps = signal<readonly Step[]>([]);
export const lastStep = computed(() => steps.value.at(-1) ?? null);

/** The code of what was refused last; null: nothing. */
export const refused = signal<string | null>(null);
export const isBusy = signal(false);

/** To whom alerts can be assigned; null until somebody asked. */
export const people = signal<readonly Person[] | null>(null);

type Given = Omit<ActBody, "alerts" | "action">;

type AlertRef = ActBody["alerts"][number];

export function act(alerts: readonly AlertRef[], action: ActName, given: Given = {}): Promise<boolean> {
  return guarded(async () => {
    const before = desk.peek().states;
    const refs = alerts.map(({ call_id, alert_id }) => ({ call_id, alert_id }));
    const told = await send({ alerts: refs, action, ...given });
    const after = Object.fromEntries(told.map((state) => [keyOf(state), state]));
    const inverse = undoOf(action, alerts, before, after);
    if (inverse.length > 0) {
      const count = inverse.reduce((sum, one) => sum + one.alerts.length, 0);
      remember({ what: action, count, back: () => sendAll(inverse) });
    }
  });
}

export function mute(rule: string, agent: string | null, forS: number): Promise<boolean> {
  return guarded(async () => {
    const made = await askAsOneself<Mute>("POST", "/api/desk/mutes", { rule, agent, for_s: forS });
    remember({ what: "mute", count: 1, back: () => end(made) });
  });
}

export function unmute(known: Mute): Promise<boolean> {
  return guarded(() => end(known));
}

/** Takes the last step back. */
export function undo(): Promise<boolean> {
  const step = steps.peek().at(-1);
  if (step === undefined) return Promise.resolve(false);
  const drop = () => {
    steps.value = steps.peek().filter((one) => one !== step);
  };
  return guarded(async () => {
    try {
      await step.back();
    } catch (error) {
      // What was refused will be refused again, and would stand before the steps behind it.
      if (error instanceof Refusal && error.code !== UNREACHABLE) drop();
      throw error;
    }
    drop();
  });
}

/** Another page is shown: what was done here is taken back by its own buttons from now on. */
export function forgetSteps(): void {
  steps.value = [];
  refused.value = null;
}

onAnother(forgetSteps);

/** A name as people read it; the account's own where it is all that is known. */
export function nameOf(account: string): string {
  const own = visitor.value.account;
  if (own?.name === account && own.display !== "") return own.display;
  return people.value?.find((one) => one.name === account)?.display || account;
}

export async function askPeople(): Promise<void> {
  try {
    people.value = (await askAsOneself<{ people: Person[] }>("GET", "/api/desk/people")).people;
  } catch {
    // whom one knew, or one's own name, is enough to go on; the next question asks again
  }
}

/** Asks what was done about the alerts of a call that the stream does not tell of any more. */
export async function askCall(callId: string): Promise<void> {
  try {
    const path = `/api/desk/calls/${encodeURIComponent(callId)}`;
    takeStates((await askAsOneself<{ states: AlertState[] }>("GET", path)).states);
  } catch {
    // the call's page says itself what is wrong
  }
}

async function send(body: ActBody): Promise<AlertState[]> {
  const { states } = await askAsOneself<{ states: AlertState[] }>("POST", "/api/desk/acts", body);
  takeStates(states);
  return states;
}

async function sendAll(bodies: readonly ActBody[]): Promise<void> {
  for (const body of bodies) await send(body);
}

async function end(known: Mute): Promise<void> {
  await askAsOneself<Mute>("DELETE", `/api/desk/mutes/${known.id}`);
}

function remember(step: Omit<Step, "atMs">): void {
  steps.value = [...steps.peek(), { ...step, atMs: Date.now() }].slice(-STEPS_MAX);
}

let underWay = 0;

async function guarded(work: () => Promise<void>): Promise<boolean> {
  underWay += 1;
  isBusy.value = true;
  refused.value = null;
  try {
    await work();
    return true;
  } catch (error) {
    refused.value = error instanceof Refusal ? error.code : UNREACHABLE;
    return false;
  } finally {
    underWay -= 1;
    isBusy.value = underWay > 0;
  }
}
