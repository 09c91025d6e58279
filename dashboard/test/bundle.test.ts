/** The built pages stay small, and ask nothing of any other host. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";

const DASHBOARD = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(DASHBOARD, "dist");
const MOST_BYTES = 150 * 1024;

const files = existsSync(DIST)
  ? readdirSync(DIST, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  : [];

describe.skipIf(files.length === 0)("the built pages", () => {
  it("weigh less than 150 KB gzipped", () => {
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
    expect(bytes).toBeLessThan(MOST_BYTES);
  });

  it("bring one language at first, and the other only to whoever turns to it", () => {
    const page = readFileSync(join(DIST, "index.html"), "utf8");
    const first = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path!);
    expect(first.length).toBeGreaterThan(0);
    const texts = first.map((path) => readFileSync(join(DIST, path), "utf8"));
    const all = files.filter((file) => file.endsWith(".js")).map((file) => readFileSync(file, "utf8"));
    for (const words of [en, zh].map((one) => one.page.brokenWhy)) {
      expect(texts.filter((text) => text.includes(words))).toEqual([]);
      expect(all.filter((text) => text.includes(words)).length).toBe(1);
    }
  });

  it("load nothing from elsewhere", () => {
    for (const file of files.filter((one) => /\.(html|css)$/.test(one))) {
      expect(readFileSync(file, "utf8"), file).not.toMatch(
        /(?:src|href)="(?:https?:)?\/\/|url\(["']?(?:https?:)?\/\//,
      );
    }
  });
});

it("is locked without download addresses", () => {
  const lock = readFileSync(join(DASHBOARD, "package-lock.json"), "utf8");
  expect(lock).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  expect(lock).not.toContain('"resolved"');
});
