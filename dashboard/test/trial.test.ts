/** A trial that runs on the server, and who may see what comes of it. */
import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it, vi } from "vitest";

const asked = vi.hoisted(() => ({
  answers: [] as ((told: unknown) => void)[],
  leavings: [] as (() => void)[],
  who: { name: "li" },
}));

vi.mock("../src/state/session", () => ({
  askAsOneself: () => new Promise((answer) => asked.answers.push(answer)),
  onAnother: (leave: () => void) => asked.leavings.push(leave),
  visitor: signal({ account: asked.who }),
}));

import { begin, draft, trial } from "../src/tuning/store";

const told = (status: string) => ({ id: "t1", status, error: "" });
const answer = async (status: string) => {
  asked.answers.shift()!(told(status));
  await vi.advanceTimersByTimeAsync(1);
};
const another = () => {
  asked.who.name = "wang";
  for (const leave of asked.leavings) leave();
};

describe("a trial", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    asked.who.name = "li";
    asked.answers.length = 0;
    trial.value = null;
    draft.value = { thresholds: {}, rules: {} };
  });

  it("is followed until it is done", async () => {
    void begin();
    await answer("running");
    expect(trial.value?.trial.status).toBe("running");
    await vi.advanceTimersByTimeAsync(1000);
    await answer("done");
    expect(trial.value?.trial.status).toBe("done");
  });

  it("is nobody else's, if it begins when another is in by then", async () => {
    void begin();
    another();
    await answer("running");
    expect(trial.value).toBeNull();
  });

  it("is nobody else's, if it is told when another is in by then", async () => {
    void begin();
    await answer("running");
    await vi.advanceTimersByTimeAsync(1000);
    another();
    await answer("running");
    expect(trial.value).toBeNull();
  });
});
