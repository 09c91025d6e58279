/**
 * The page's state: what the server has, the draft, the trial. The draft outlives a reload of the tab, and is
 * its author's alone.
 */
import { computed, signal } from "@preact/signals";
import { Refusal, UNREACHABLE } from "../net/api";
import type { Overlay, Trial, TuningFault, TuningState, TuningVersion } from "../protocol/tuning";
import { askAsOneself, onAnother, visitor } from "../state/session";
import { cleaned, differences, rebased, same } from "./draft";

const KEPT = "tingyin-tuning-draft";
const POLL_MS = 700;

export const server = signal<TuningState | null>(null);
export const draft = signal<Overlay | null>(null);
export const faults = signal<readonly TuningFault[]>([]);
export const versions = signal<readonly TuningVersion[] | null>(null);
/** The trial, and the draft that it tried. */
export const trial = signal<{ readonly trial: Trial; readonly of: Overlay } | null>(null);
export const problem = signal<string | null>(null);
export const busy = signal(false);
export const savedAs = signal<number | null>(null);

let checking: ReturnType<typeof setTimeout> | undefined;

export const changes = computed(() =>
  server.value === null || draft.value === null ? [] : differences(server.value.tuned, draft.value),
);

const codeOf = (error: unknown) => (error instanceof Refusal ? error.code : UNREACHABLE);

const own = () => visitor.peek().account?.name ?? "";

onAnother(() => {
  clearTimeout(checking);
  server.value = draft.value = versions.value = trial.value = null;
  faults.value = [];
  problem.value = savedAs.value = null;
});

function keep(): void {
  const base = server.peek();
  try {
    if (base === null || draft.peek() === null || changes.peek().length === 0)
      sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, JSON.stringify({ by: own(), base: base.tuned, mine: draft.peek() }));
  } catch {
    // A browser that keeps nothing loses the draft with the tab, and nothing else.
  }
}

interface Kept {
  readonly by: string;
  readonly base: Overlay;
  readonly mine: Overlay;
}

function kept(): Kept | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Kept | null;
    return found?.by === own() ? found : null;
  } catch {
    return null;
  }
}

/** Takes what the server has, and lays the changes of the draft over it. */
function take(state: TuningState): void {
  const before = server.peek();
  const mine = draft.peek();
  const old = before !== null && mine !== null ? { base: before.tuned, mine } : kept();
  server.value = state;
  draft.value = old === null ? state.tuned : rebased(old.base, old.mine, state.tuned);
  keep();
}

export async function load(): Promise<void> {
  problem.value = null;
  try {
    take(await askAsOneself<TuningState>("GET", "/api/tuning"));
  } catch (error) {
    problem.value = codeOf(error);
  }
}

export function edit(next: Overlay): void {
  draft.value = next;
  savedAs.value = null;
  keep();
  clearTimeout(checking);
  checking = setTimeout(() => void check(), 500);
}

export function discard(): void {
  if (server.peek() !== null) edit(server.peek()!.tuned);
  trial.value = null;
  problem.value = null;
}

async function check(): Promise<void> {
  const tuned = draft.peek();
  if (tuned === null) return;
  try {
    const answer = await askAsOneself<{ faults: TuningFault[] }>("POST", "/api/tuning/check", {
      tuned: cleaned(tuned),
    });
    if (same(tuned, draft.peek())) faults.value = answer.faults;
  } catch {
    // Saving checks again, and says what fails.
  }
}

export async function begin(): Promise<void> {
  const tuned = draft.peek()!;
  const by = own();
  problem.value = null;
  try {
    let told = await askAsOneself<Trial>("POST", "/api/tuning/trials", { tuned: cleaned(tuned) });
    if (own() !== by) return; // what comes after another has signed in is not theirs
    const { id } = told;
    trial.value = { trial: told, of: tuned };
    while (told.status === "running" && trial.peek()?.trial.id === id) {
      await new Promise((done) => setTimeout(done, POLL_MS));
      if (trial.peek()?.trial.status !== "running") return;
      told = await askAsOneself<Trial>("GET", `/api/tuning/trials/${id}`);
      if (trial.peek()?.trial.status !== "running") return;
      trial.value = { trial: told, of: tuned };
    }
    if (told.status === "failed") problem.value = told.error || "tuning.trial_failed";
  } catch (error) {
    if (own() === by) problem.value = codeOf(error);
  }
}

export async function cancel(): Promise<void> {
  const running = trial.peek();
  if (running === null) return;
  try {
    const told = await askAsOneself<Trial>("DELETE", `/api/tuning/trials/${running.trial.id}`);
    trial.value = { trial: told, of: running.of };
  } catch (error) {
    problem.value = codeOf(error);
  }
}

async function act(work: () => Promise<{ version: number }>): Promise<boolean> {
  if (busy.peek()) return false;
  busy.value = true;
  problem.value = null;
  try {
    const { version } = await work();
    sessionStorage.removeItem(KEPT);
    // What was saved is no draft any more; the page stays as it is until the new state is there.
    draft.value = server.peek()!.tuned;
    trial.value = null;
    faults.value = [];
    await load();
    await loadVersions();
    savedAs.value = version;
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === "tuning.conflict") await load();
    if (code === "tuning.invalid") await check();
    problem.value = code;
    return false;
  } finally {
    busy.value = false;
  }
}

export const save = (comment: string) =>
  act(() =>
    askAsOneself("POST", "/api/tuning/versions", {
      base: server.peek()!.version,
      tuned: cleaned(draft.peek()!),
      comment,
    }),
  );

export const restore = (number: number) =>
  act(() => askAsOneself("POST", `/api/tuning/versions/${number}/restore`, { base: server.peek()!.version }));

export async function loadVersions(): Promise<void> {
  try {
    versions.value = (
      await askAsOneself<{ versions: TuningVersion[] }>("GET", "/api/tuning/versions")
    ).versions;
  } catch (error) {
    problem.value = codeOf(error);
  }
}

export const content = (number: number) =>
  askAsOneself<{ tuned: Overlay; before: Overlay }>("GET", `/api/tuning/versions/${number}`);
