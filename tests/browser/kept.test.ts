/** Sound that the product kept of a streamed call, found in the history and heard in Chromium. */
import { launch } from "dashboard/dev/browser";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasProduct, Program } from "./stage";
import { errorsOf, expectAccessibleInBothThemes, openPage } from "./support";

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

describe.skipIf(!hasProduct)("sound that was kept", () => {
  let browser: Browser;
  const program = new Program(["serve"], {
    TINGYIN_STORE__KEEPS_AUDIO: "true",
    TINGYIN_ACCOUNTS__IS_REQUIRED: "false",
  });
  let url: string;
  let callId: string;
  let page: Page;

  beforeAll(async () => {
    url = await program.start();
    browser = await launch();
    page = await openPage(browser, `${url}/history`);
    callId = await bring(page);
  }, START_MS);

  afterAll(async () => {
    await browser?.close();
    await program.end();
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
