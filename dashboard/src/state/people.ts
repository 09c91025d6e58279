/** Who the agents are: names and teams for the labels that calls carry. */
import { signal } from "@preact/signals";
import { ask } from "../net/api";

export interface Person {
  readonly name: string;
  readonly team: string;
}

export type People = Readonly<Record<string, Person>>;

export const people = signal<People>({});

/** What to call whoever has this label. */
export function nameOf(known: People, label: string): string {
  return known[label]?.name || label;
}

/** Asks the server anew; without an answer, what is known stays. */
export async function loadPeople(): Promise<void> {
  const found = await ask<{ agents: People }>("GET", "/api/agents").catch(() => null);
  if (found !== null) people.value = found.agents;
}
