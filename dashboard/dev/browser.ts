/** Debian's Chromium, as the tests and the screenshots start it. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where Chromium is, or null: TINGYIN_CHROMIUM names another than Debian's. */
export function chromiumPath(): string | null {
  const places = [process.env.TINGYIN_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"];
  return places.find((place) => place !== undefined && existsSync(place)) ?? null;
}

export function launch(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error("Chromium is not installed: apt-get install chromium");
  return chromium.launch({ executablePath, args: ARGS });
}
