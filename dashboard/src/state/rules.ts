/** What rules are called, for rules of which no alert is at hand; asked whenever a page wants them. */
import { signal } from "@preact/signals";
import { say } from "../i18n";
import type { Bilingual } from "../protocol/messages";
import { askAsOneself } from "./session";

const titles = signal<Readonly<Record<string, Bilingual>> | null>(null);
let isAsking = false;

export async function askRuleTitles(): Promise<void> {
  if (isAsking) return;
  isAsking = true;
  try {
    titles.value = (await askAsOneself<{ rules: Record<string, Bilingual> }>("GET", "/api/rules")).rules;
  } catch {
    // what was known, or a rule's id, tells enough to go on; the next question asks again
  } finally {
    isAsking = false;
  }
}

/** The rule's title; its id in words while the title is not known. */
export function ruleTitle(rule: string): string {
  const known = titles.value?.[rule];
  return known === undefined ? rule.replaceAll("_", " ") : say(known);
}
