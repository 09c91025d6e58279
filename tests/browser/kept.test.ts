/** Sound that the product kept of a streamed call, found in the history and heard in Chromium. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromiumPath, launch } from "dashboard/dev/browser";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorsOf, expectAccessibleInBothThemes, openPage } from "./support";

const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));
const TINGYIN = process.env.TINGYIN_COMMAND ?? join(CHECKOUT, ".venv/bin/tingyin");
const START_MS = 90_000;
const RATE_HZ = 8000;
const CALL_S = 8;

/**
 * Streams a call from a page, as Node has no websocket of its own: the agent hums in the first half, the
 * caller in the second. Answers with the call's id.
 */
function bring(page: Page): Promise<string> {
  return page.evaluate(
    ({ rateHz, lengthS }) =>
      new Promise<string>((resolve) => {
        const packet = (second: number) => {
          const isAgent = second < lengthS / 2;
          const samples = new Int16Array(rateHz * 2);
          for (let frame = 0; frame < rateHz; frame += 1) {
            const angle = (2 * Math.PI * (isAgent ? 220 : 440) * frame) / rateHz;
            samples[frame * 2 + (isAgent ? 0 : 1)] = Math.round(12_000 * Math.sin(angle));
          }
          return samples;
        };
        const socket = new WebSocket(`${location.origin.replace("http", "ws")}/ingest`);
        socket.onmessage = (message) => {
          const { call_id } = JSON.parse(String(message.data)) as { call_id?: string };
          if (call_id !== undefined) resolve(call_id);
        };
        socket.onopen = () => {
          const start = { type: "start", format: "pcm_s16le", rate: rateHz, channels: 2, agent: "7001" };
          socket.send(JSON.stringify(start));
          for (let second = 0; second < lengthS; second += 1) socket.send(packet(second));
          socket.send(JSON.stringify({ type: "stop" }));
        };
      }),
    { rateHz: RATE_HZ, lengthS: CALL_S },
  );
}

describe.skipIf(chromiumPath() === null || !existsSync(TINGYIN))("sound that was kept", () => {
  let browser: Browser;
  let child: ChildProcess;
  let folder: string;
  let url: string;
  let callId: string;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tingyin-kept-"));
    child = spawn(TINGYIN, ["serve", "--no-asr", "--port", "0"], {
      env: {
        ...process.env,
        TINGYIN_STORE__FOLDER: folder,
        TINGYIN_STORE__KEEPS_AUDIO: "true",
        TINGYIN_ACCOUNTS__IS_REQUIRED: "false",
        NO_COLOR: "1",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let told = "";
    url = await new Promise<string>((resolve, reject) => {
      const hear = (data: Buffer) => {
        told += String(data);
        const found = /http:\/\/[\w.:[\]]+/.exec(told);
        if (found) resolve(found[0]);
      };
      child.stdout!.on("data", hear);
      child.stderr!.on("data", hear);
      child.on("exit", (code) => reject(new Error(`the product ended with ${code}:\n${told}`)));
    });
    browser = await launch();
    page = await openPage(browser, `${url}/history`);
    callId = await bring(page);
  }, START_MS);

  afterAll(async () => {
    await browser?.close();
    if (child.exitCode === null) {
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      await exit;
    }
    await rm(folder, { recursive: true, force: true });
  });

  const level = (party: string) =>
    page.evaluate((name) => {
      const bar = document.querySelector<HTMLElement>(`[data-meter="${name}"] i`);
      return Number(/scaleX\(([\d.e-]+)\)/.exec(bar?.style.transform ?? "")?.[1] ?? 0);
    }, party);

  it(
    "is found in the history and heard, each party in its own time",
    async () => {
      await expect
        .poll(
          async () => {
            const answer = await fetch(`${url}/api/history`);
            return ((await answer.json()) as { calls: { call_id: string }[] }).calls.map(
              (one) => one.call_id,
            );
          },
          { timeout: 60_000 },
        )
        .toEqual([callId]);
      await page.reload();
      await page.locator(".past-link", { hasText: "7001" }).click();
      await page.getByRole("button", { name: "Play", exact: true }).click();
      await expect.poll(() => level("agent"), { timeout: 10_000 }).toBeGreaterThan(0.3);
      expect(await level("caller")).toBeLessThan(0.05);
      await page.getByLabel("Position in the call").fill("5");
      await expect.poll(() => level("caller"), { timeout: 10_000 }).toBeGreaterThan(0.3);
      await expect.poll(() => page.locator(".playback-time b").textContent()).toMatch(/^0:0[5-8]$/);
      await page.getByRole("button", { name: "Play", exact: true }).waitFor({ timeout: 15_000 });
      await expectAccessibleInBothThemes(page);
      expect(errorsOf(page)).toEqual([]);
    },
    START_MS,
  );
});
