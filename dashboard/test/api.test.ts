/** Asking the server: what it refuses, and what never comes. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { ask, PATIENCE_MS, UNREACHABLE } from "../src/net/api";

/** A server that takes the question, and stands still. */
const standingStill = (_path: string, { signal }: RequestInit) =>
  new Promise<Response>((_answer, refuse) => {
    signal?.addEventListener("abort", () => refuse(signal.reason));
  });

describe("a question to the server", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is given up where no answer comes, so that buttons do not wait for ever", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", standingStill);
    const told = ask("GET", "/api/calls").catch((error: { code: string }) => error.code);
    let outcome: unknown = "waiting";
    void told.then((code) => (outcome = code));
    await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1);
    expect(outcome).toBe("waiting");
    await vi.advanceTimersByTimeAsync(1);
    expect(outcome).toBe(UNREACHABLE);
  });

  it("waits for an answer no longer than for its beginning", async () => {
    vi.useFakeTimers();
    let given: AbortSignal | null | undefined;
    vi.stubGlobal("fetch", (_path: string, { signal }: RequestInit) => {
      given = signal;
      return Promise.resolve(Response.json({ calls: 3 }));
    });
    expect(await ask("GET", "/api/calls")).toEqual({ calls: 3 });
    await vi.advanceTimersByTimeAsync(PATIENCE_MS * 2);
    expect(given?.aborted).toBe(false);
  });
});
