/** The whole product in Chromium: `tingyin demo` is started, heard, stopped and started again. */
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

/** The call is played in real time, and its first interruption comes after fifty seconds. */
const CALL_MS = 150_000;
const START_MS = 90_000;

const missing = [
  ...(chromiumPath() === null ? ["Chromium"] : []),
  ...(existsSync(TINGYIN) ? [] : [`the program ${TINGYIN}`]),
];
if (missing.length > 0)
  process.stderr.write(`left out, because it is not installed: ${missing.join(", ")}\n`);

class Product {
  private child: ChildProcess | null = null;

  constructor(private readonly folder: string) {}

  /** Starts the demo by sound alone (no model is needed) and returns the address that it names. */
  async start(port: number): Promise<string> {
    const child = spawn(TINGYIN, ["demo", "--language", "zh", "--no-asr", "--port", String(port)], {
      env: { ...process.env, TINGYIN_STORE__FOLDER: this.folder, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    let told = "";
    return new Promise((resolve, reject) => {
      const hear = (data: Buffer) => {
        told += String(data);
        const found = /http:\/\/[\w.:[\]]+/.exec(told);
        if (found) resolve(found[0]);
      };
      child.stdout!.on("data", hear);
      child.stderr!.on("data", hear);
      child.on("exit", (code) => reject(new Error(`the demo ended with ${code}:\n${told}`)));
    });
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    await exit;
  }
}

describe.skipIf(missing.length > 0)("the product", () => {
  let browser: Browser;
  let product: Product;
  let folder: string;
  let url: string;
  let wall: Page;
  let call: Page;
  let agent: Page;
  let inbox: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tingyin-browser-"));
    product = new Product(folder);
    [browser, url] = await Promise.all([launch(), product.start(0)]);
    wall = await openPage(browser, url);
    await wall.locator(".row").waitFor();
    const path = await wall.locator(".row .row-link").first().getAttribute("href");
    call = await openPage(browser, url + path!);
    agent = await openPage(browser, `${url}/agent`);
    inbox = await openPage(browser, `${url}/inbox?state=all`);
  }, START_MS);

  afterAll(async () => {
    await browser?.close();
    await product?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("draws the call while it is heard", async () => {
    await call.locator(".strip-values", { hasText: /\d/ }).first().waitFor();
    await call.locator(".said").first().waitFor();
    await call.getByText("This call is judged by its sound alone").waitFor();
    await expectAccessibleInBothThemes(wall);
    await expectAccessibleInBothThemes(call);
    await expectAccessibleInBothThemes(agent);
  });

  it("plays its sound in step", async () => {
    await call.getByRole("button", { name: "Listen" }).click();
    await call.locator(".player-where", { hasText: "In step with the call" }).waitFor();
    await call.locator(".played-line:not([hidden])").waitFor({ state: "attached" });
    await call.getByRole("button", { name: "Pause" }).click();
  });

  it(
    "tells of an interruption, on all three pages, and that it is over",
    async () => {
      const card = call.locator(".alert", { hasText: "Agent cuts in" });
      await card.and(call.locator('[data-open="true"]')).waitFor({ timeout: CALL_MS });
      await wall.locator(".row-alert", { hasText: "Agent cuts in" }).waitFor();
      await inbox.locator(".item", { hasText: "Agent cuts in" }).waitFor();
      await card.and(call.locator('[data-open="false"]')).waitFor({ timeout: CALL_MS });
      await wall.locator(".row-alert", { hasText: "Agent cuts in" }).waitFor({ state: "detached" });
    },
    2 * CALL_MS,
  );

  it("shows on every page at once what a supervisor does", async () => {
    const item = inbox.locator(".item", { hasText: "Agent cuts in" }).first();
    await item.getByRole("button", { name: "Acknowledge" }).click();
    await inbox.getByText(/alerts? acknowledged/).waitFor();
    await call.locator(".alert", { hasText: "Acknowledged by local" }).first().waitFor();
    await expectAccessibleInBothThemes(inbox);
  });

  it(
    "comes back after it was stopped, and shows the call as cut off",
    async () => {
      await product.stop();
      for (const page of [wall, call, agent, inbox]) {
        await page.locator(".banner", { hasText: "Cut off from the server since" }).waitFor();
      }
      expect(await product.start(Number(new URL(url).port))).toBe(url);
      for (const page of [wall, call, agent, inbox]) {
        await page.locator(".banner").waitFor({ state: "detached", timeout: START_MS });
      }
      await wall.locator('.ended-state[data-state="cut_off"]').waitFor();
      await call.getByText("The call was cut off").waitFor();
      const done = inbox.locator('.item[data-standing="cleared"]', { hasText: "Acknowledged by local" });
      await done.first().waitFor();
      await wall.locator(".row").waitFor({ timeout: START_MS });
    },
    3 * START_MS,
  );

  it("had no error on any page", () => {
    expect([wall, call, agent, inbox].flatMap(errorsOf)).toEqual([]);
  });
});
