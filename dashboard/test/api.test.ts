/** Asking the server: what it refuses, and what never comes. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { ask, PATIENCE_MS, UNREACHABLE } from "../src/net/api";

/** A server that takes the question, and stands still. */
const standingStill = (_path: string, { signal }: RequestInit) =>
  new Promise<Response>((_answer, refuse) => {
    signal?.addEventListener("abort", () => refuse(signal.reason));
  });

/** A server that sends these pieces of a body, each so long after the one before, and then stands still. */
const stalling =
  (pieces: string[], apartMs: number, headers: Record<string, string> = {}, ends = false) =>
  (_path: string, { signal }: RequestInit) => {
    const left = pieces.map((piece) => new TextEncoder().encode(piece));
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(out) {
        signal?.addEventListener("abort", () => out.error(signal.reason));
      },
      async pull(out) {
        const piece = left.shift();
        if (piece !== undefined) {
          await new Promise((soon) => setTimeout(soon, apartMs));
          out.enqueue(piece);
        } else if (ends) out.close();
        else await new Promise(() => undefined);
      },
    });
    return Promise.resolve(new Response(body, { headers }));
  };

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

  it("is given up where an answer begins and its body stalls", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", stalling(['{"calls"'], 5_000));
    let outcome: unknown = "waiting";
    void ask("GET", "/api/calls").catch((error: { code: string }) => (outcome = error.code));
    await vi.advanceTimersByTimeAsync(5_000 + PATIENCE_MS - 1);
    expect(outcome).toBe("waiting");
    await vi.advanceTimersByTimeAsync(1);
    expect(outcome).toBe(UNREACHABLE);
  });

  it("takes a long file as long as it flows", async () => {
    vi.useFakeTimers();
    const file = { "content-disposition": 'attachment; filename="calls.csv"', "content-type": "text/csv" };
    vi.stubGlobal("fetch", stalling(["a", "b", "c"], PATIENCE_MS - 1, file, true));
    const told = ask<Blob>("POST", "/api/history/calls.csv", {});
    await vi.advanceTimersByTimeAsync(PATIENCE_MS * 3);
    const taken = await told;
    expect(await taken.text()).toBe("abc");
    expect(taken.type).toBe("text/csv");
  });

  it("takes an answer without a body, and the code of a refusal", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 204 })));
    expect(await ask("DELETE", "/api/desk/1")).toBeNull();
    const refused = Response.json({ code: "auth.wait" }, { status: 429, headers: { "retry-after": "7" } });
    vi.stubGlobal("fetch", () => Promise.resolve(refused));
    await expect(ask("POST", "/api/session", {})).rejects.toMatchObject({ code: "auth.wait", waitS: 7 });
  });
});
