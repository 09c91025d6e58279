/** What the browser tests stand on: a browser with invented calls behind its pages, or with the product itself. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromiumPath, launch } from "dashboard/dev/browser";
import type { MockOptions } from "dashboard/dev/hub";
import { type Served, serveMock } from "dashboard/dev/serve";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { errorsOf, openPage } from "./support";

const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));
const TINGYIN = process.env.TINGYIN_COMMAND ?? join(CHECKOUT, ".venv/bin/tingyin");

export const hasBrowser = chromiumPath() !== null;
export const hasProduct = hasBrowser && existsSync(TINGYIN);

/** One browser for a group of tests. Each test begins with no page and no calls, and ends without an error. */
class Stage {
  browser!: Browser;
  private mock: Served | null = null;
  private pages: Page[] = [];

  /** What serves the pages of this test. */
  get served(): Served {
    return this.mock!;
  }

  /** A page in a browser of somebody's own; the test's first one begins the calls. */
  async open(path: string, calls: MockOptions = {}, options: BrowserContextOptions = {}): Promise<Page> {
    this.mock ??= await serveMock(calls);
    const page = await openPage(this.browser, this.mock.url + path, options);
    this.pages.push(page);
    return page;
  }

  async clear(): Promise<void> {
    const errors = this.pages.flatMap(errorsOf);
    await Promise.all(this.pages.map((page) => page.context().close()));
    await this.mock?.close();
    this.pages = [];
    this.mock = null;
    expect(errors).toEqual([]);
  }
}

/** Opens the stage for the tests of a `describe`. */
export function useStage(): Stage {
  const stage = new Stage();
  beforeAll(async () => {
    stage.browser = await launch();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.browser?.close());
  return stage;
}

const URLS = {
  welcome: /http:\S+\/welcome\/\S+/,
  server: /http:\/\/[\w.:[\]]+/,
};

/** The product as a process of its own, with a store that is gone with it. */
export class Program {
  private child: ChildProcess | null = null;
  private folder = "";

  constructor(
    private readonly args: readonly string[],
    private readonly settings: Readonly<Record<string, string>> = {},
  ) {}

  /** Starts it, again after a stop; returns the address that it names. */
  async start(named: keyof typeof URLS = "server", port = 0): Promise<string> {
    if (this.folder === "") this.folder = await mkdtemp(join(tmpdir(), "tingyin-browser-"));
    const child = spawn(TINGYIN, [...this.args, "--no-asr", "--port", String(port)], {
      env: { ...process.env, TINGYIN_STORE__FOLDER: this.folder, NO_COLOR: "1", ...this.settings },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    let told = "";
    return new Promise((resolve, reject) => {
      const hear = (data: Buffer) => {
        told += String(data);
        const found = URLS[named].exec(told);
        if (found) resolve(found[0]);
      };
      child.stdout!.on("data", hear);
      child.stderr!.on("data", hear);
      child.on("exit", (code) => reject(new Error(`the product ended with ${code}:\n${told}`)));
    });
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    await exit;
  }

  async end(): Promise<void> {
    await this.stop();
    if (this.folder !== "") await rm(this.folder, { recursive: true, force: true });
  }
}
