/** The language of the pages: a typed dictionary for each, and the one that the viewer chose. */
import { computed, signal } from "@preact/signals";
import type { Bilingual } from "../protocol/messages";
import { remember, remembered } from "../ui/memory";
import { type Dictionary, en } from "./en";
import { zh } from "./zh";

export type Language = "zh" | "en";

const dictionaries: Record<Language, Dictionary> = { zh, en };

function preferred(): Language {
  const chosen = remembered("language");
  if (chosen === "zh" || chosen === "en") return chosen;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const language = signal<Language>(preferred());

/** The wording in the chosen language. Reading it in a view makes the view follow the switch. */
export const t = computed(() => dictionaries[language.value]);

export function setLanguage(chosen: Language): void {
  language.value = chosen;
  remember("language", chosen);
}

/** A sentence of the server in the chosen language. */
export function say(text: Bilingual): string {
  return text[language.value];
}
