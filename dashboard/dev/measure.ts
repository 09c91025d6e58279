/**
 * What the pages cost, measured in Chromium: `bench/pages.py` runs it and says how to read it.
 *
 * `node scripts/run.mjs dev/measure.ts [--seconds 10] [--day 80] [--probes 60] [--only paint,pixel,…]`
 */
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import type { Browser, CDPSession, Page } from "playwright-core";
import { type WebSocket, WebSocketServer } from "ws";
import type { CallEvent } from "../src/protocol/messages";
import { launch } from "./browser";
import { Crowd } from "./crowd";
import { mockOf, SHOTS } from "./screenshots";
import { parcel } from "./scripts";
import { serveMock } from "./serve";

const own = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const DESK = { width: 1440, height: 900 };
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const MIB = 2 ** 20;
/** A day of supervisors: so many calls at a time for so long. */
const DAY_S = 8 * 3600;
const DAY_CALLS = 30;
const DAY_STEP_MS = 50;

interface Plan {
  readonly seconds: number;
  readonly day: number;
  readonly probes: number;
}

const say = (text: string) => process.stdout.write(`${text}\n`);

function share(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

const spread = (values: readonly number[], unit = "ms") =>
  `p50 ${share(values, 0.5).toFixed(1)} ${unit}, p95 ${share(values, 0.95).toFixed(1)} ${unit} (n=${values.length})`;

async function fresh(browser: Browser, address: string): Promise<Page> {
  const context = await browser.newContext({ viewport: DESK, locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

// --- first paint, bundle, axe --------------------------------------------------------------------------

async function paint(browser: Browser): Promise<void> {
  const served = await serveMock({});
  for (const path of ["/", `/call/${parcel.id}`, `/agent/${parcel.id}`]) {
    const paints: number[] = [];
    const readies: number[] = [];
    for (let run = 0; run < 7; run += 1) {
      const page = await fresh(browser, served.url + path);
      await page.locator(".row, .call:not([aria-busy]), .agent h1").first().waitFor();
      const ready = await page.evaluate(() => performance.now());
      const [painted] = await page.evaluate(() =>
        performance.getEntriesByName("first-contentful-paint").map((one) => one.startTime),
      );
      if (painted !== undefined) paints.push(painted);
      readies.push(ready);
      await page.context().close();
    }
    say(`first paint of ${path}: ${spread(paints)}; with its calls: ${spread(readies)}`);
  }
  await served.close();
}

async function bundle(): Promise<void> {
  const folder = own("../dist");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const size = (name: string) => gzipSync(readFileSync(name)).length;
  const all = files.map((one) => join(one.parentPath, one.name));
  const total = all.reduce((sum, file) => sum + size(file), 0);
  const served = await serveMock({});
  const browser = await launch();
  const context = await browser.newContext({ viewport: DESK });
  const page = await context.newPage();
  const first = new Set<string>();
  let isIdle = false;
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (!isIdle && /^\/(assets\/|theme\.js|$)/.test(pathname)) first.add(pathname);
  });
  // The rest is fetched while nothing else is to do: what the wall itself needs comes before.
  await page.addInitScript(() => {
    window.requestIdleCallback = () => 0;
  });
  await page.goto(served.url);
  await page.locator(".row").first().waitFor();
  isIdle = true;
  await browser.close();
  await served.close();
  const wall = [...first].reduce(
    (sum, path) => sum + size(join(folder, path === "/" ? "index.html" : path)),
    0,
  );
  say(
    `bundle, gzip: ${(total / 1024).toFixed(1)} KB in all, ${(wall / 1024).toFixed(1)} KB to show the wall`,
  );
}

async function axe(browser: Browser): Promise<void> {
  const source = readFileSync(own("../node_modules/axe-core/axe.min.js"), "utf8");
  const broken: string[] = [];
  let looked = 0;
  for (const shot of SHOTS.filter((one) => !one.isOnlyPicture)) {
    for (const locale of ["en-GB", "zh-CN"]) {
      const served = await mockOf(shot);
      const context = await browser.newContext({ viewport: DESK, locale, reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto(served.url + shot.path);
      await page.locator("main:not([aria-busy='true'])").waitFor();
      await shot.act?.(page, locale.slice(0, 2), served);
      await page.evaluate(source);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, colorScheme);
        const found = await page.evaluate(
          (tags) =>
            (
              globalThis as unknown as {
                axe: { run(o: unknown): Promise<{ violations: { id: string; nodes: unknown[] }[] }> };
              }
            ).axe
              .run({ runOnly: tags })
              .then(({ violations }) => violations.map(({ id, nodes }) => `${id} (${nodes.length})`)),
          TAGS,
        );
        looked += 1;
        if (found.length > 0) broken.push(`${shot.name} ${colorScheme} ${locale}: ${found.join(", ")}`);
      }
      await context.close();
      await served.close();
    }
  }
  say(`axe: ${looked} pages and states in two themes and languages, ${broken.length} with violations`);
  for (const line of broken) say(`  ${line}`);
}

// --- from an event to a pixel --------------------------------------------------------------------------

/** Notes for each probe that appears on the page when the frame that shows it has been made. */
const WATCH = `
  window.__seen = {};
  const look = () => {
    const found = /probe-(\\d+)/.exec(document.body?.textContent ?? "");
    if (!found || found[1] in window.__seen) return;
    window.__seen[found[1]] = 0;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { window.__seen[found[1]] = performance.timeOrigin + performance.now(); };
      channel.port2.postMessage(0);
    });
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
`;

async function probe(page: Page, count: number, tell: (number: number) => void): Promise<number[]> {
  const sent: number[] = [];
  for (let number = 0; number < count; number += 1) {
    sent.push(performance.timeOrigin + performance.now());
    tell(number);
    await page.waitForTimeout(150 + Math.random() * 100);
  }
  const seen = (await page.evaluate("window.__seen")) as Record<string, number>;
  return sent.flatMap((at, number) => ((seen[number] ?? 0) > 0 ? [seen[number]! - at] : []));
}

/** A page that writes what a websocket says into one element, and nothing else. */
async function plainPage(): Promise<{ url: string; tell: (text: string) => void; close: () => void }> {
  const sockets = new Set<WebSocket>();
  const server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/html" });
    response.end(
      "<!doctype html><p id=a></p><script>new WebSocket(`ws://${location.host}/`).onmessage = (m) => {" +
        "document.getElementById('a').textContent = JSON.parse(m.data).event.title.en };</script>",
    );
  });
  const hub = new WebSocketServer({ server });
  hub.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tell: (text) => {
      for (const socket of sockets) socket.send(text);
    },
    close: () => {
      hub.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

const alertOf = (number: number): CallEvent =>
  ({
    type: "alert",
    v: 1,
    seq: 100_000 + number,
    call_id: parcel.id,
    t_s: 30,
    id: `probe${number}`,
    rule: "hot_temper",
    severity: "critical",
    party: "caller",
    title: { zh: `probe-${number}`, en: `probe-${number}` },
    because: { zh: "", en: "" },
    about: { start_s: 20, end_s: 30 },
    raised_at_s: number,
    evidence: [],
  }) as unknown as CallEvent;

async function pixel(browser: Browser, { probes }: Plan): Promise<void> {
  for (const crowd of [0, 20, 200]) {
    const served = await serveMock({ at: { [parcel.id]: 2 }, crowd });
    const context = await browser.newContext({ viewport: DESK, locale: "en-GB" });
    const page = await context.newPage();
    await page.addInitScript(WATCH);
    await page.goto(`${served.url}/?agent=${encodeURIComponent(parcel.agent)}`);
    await page.locator(".row").first().waitFor();
    const delays = await probe(page, probes, (number) => {
      if (number > 0) {
        const { id, rule } = alertOf(number - 1) as unknown as { id: string; rule: string };
        const over = {
          type: "alert_cleared",
          v: 1,
          seq: 200_000 + number,
          call_id: parcel.id,
          t_s: 30,
          id,
          rule,
        };
        served.hub.say({ ...over, cleared_at_s: 30, reason: "ended" } as unknown as CallEvent);
      }
      served.hub.say(alertOf(number));
    });
    say(`event to pixel, wall of ${crowd + 1}: ${spread(delays)}`);
    await context.close();
    await served.close();
  }
  const plain = await plainPage();
  const context = await browser.newContext({ viewport: DESK });
  const page = await context.newPage();
  await page.addInitScript(WATCH);
  await page.goto(plain.url);
  await page.waitForTimeout(500);
  const delays = await probe(page, probes, (number) =>
    plain.tell(JSON.stringify({ type: "event", topic: "wall", pos: number, event: alertOf(number) })),
  );
  say(`event to pixel, a bare page with one websocket and one element: ${spread(delays)}`);
  await context.close();
  plain.close();
}

// --- the wall ------------------------------------------------------------------------------------------

async function heapMib(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize / MIB;
}

async function busyS(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find((one) => one.name === "TaskDuration")!.value;
}

async function wall(browser: Browser, { seconds }: Plan): Promise<void> {
  for (const crowd of [20, 200]) {
    const served = await serveMock({ at: {}, crowd });
    const page = await fresh(browser, served.url);
    await page.locator(".row").first().waitFor();
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    await page.waitForTimeout(2000);
    const before = await busyS(session);
    const frames = (await page.evaluate(
      (ms) =>
        new Promise<number[]>((done) => {
          const found: number[] = [];
          let last = performance.now();
          const end = last + ms;
          const next = (now: number) => {
            found.push(now - last);
            last = now;
            if (now < end) requestAnimationFrame(next);
            else done(found);
          };
          requestAnimationFrame(next);
        }),
      seconds * 1000,
    )) as number[];
    const load = (await busyS(session)) - before;
    const late = frames.filter((ms) => ms > 25).length / frames.length;
    say(
      `wall of ${crowd}: frames ${spread(frames)}, ${(1000 / (frames.reduce((a, b) => a + b, 0) / frames.length)).toFixed(0)} a second, ` +
        `${(late * 100).toFixed(1)} % later than 25 ms; main thread busy ${((100 * load) / seconds).toFixed(0)} %; ` +
        `heap ${(await heapMib(session)).toFixed(1)} MiB`,
    );
    await page.context().close();
    await served.close();
  }
}

// --- eight hours ---------------------------------------------------------------------------------------

async function day(browser: Browser, { day: seconds }: Plan): Promise<void> {
  const served = await serveMock({ at: {} });
  const page = await fresh(browser, served.url);
  await page.locator(".wall:not([aria-busy])").waitFor();
  const session = await page.context().newCDPSession(page);
  const startMs = Date.now();
  const crowd = new Crowd(DAY_CALLS, startMs);
  for (const event of crowd.beginnings()) served.hub.say(event);
  const steps = Math.ceil((seconds * 1000) / DAY_STEP_MS);
  const samples: number[] = [];
  let told = 0;
  for (let step = 1; step <= steps; step += 1) {
    // A step is long, and calls live in it: it is told in pieces that are as long as turns.
    const [from, to] = [((step - 1) * DAY_S) / steps, (step * DAY_S) / steps];
    for (let at = from; at < to; at += 1) {
      for (const event of crowd.step(startMs + at * 1000)) {
        served.hub.say(event);
        told += 1;
      }
    }
    await new Promise((done) => setTimeout(done, DAY_STEP_MS));
    if (step % Math.floor(steps / 8) === 0) samples.push(await heapMib(session));
  }
  const rows = await page.locator(".row").count();
  const { nodes } = await session.send("Memory.getDOMCounters");
  say(
    `memory over eight hours in ${seconds} s (${told} events, ${DAY_CALLS} calls at a time, ${rows} rows and ${nodes} nodes at the end): ` +
      `${samples.map((mib) => mib.toFixed(1)).join(", ")} MiB, hour by hour`,
  );
  await page.context().close();
  await served.close();
}

const PARTS = { bundle, paint, pixel, wall, day, axe } as const;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: "string", default: "10" },
      day: { type: "string", default: "80" },
      probes: { type: "string", default: "60" },
      only: { type: "string", default: Object.keys(PARTS).join(",") },
    },
  });
  const plan = { seconds: Number(values.seconds), day: Number(values.day), probes: Number(values.probes) };
  const browser = await launch();
  try {
    for (const [name, part] of Object.entries(PARTS)) {
      if (values.only.split(",").includes(name)) await part(browser, plan);
    }
  } finally {
    await browser.close();
  }
}
