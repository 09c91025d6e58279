/** The language of the pages: a typed dictionary for each, loaded when it is wanted, and the one that was chosen. */
import { batch, computed, signal } from "@preact/signals";
import type { Bilingual } from "../protocol/messages";
import { remember, remembered } from "../ui/memory";
import type { Dictionary } from "./en";

export type Language = "zh" | "en";

/** Nobody reads both at once: the other one is fetched by whoever turns to it, or in spare time. */
const LOADED: Readonly<Record<Language, () => Promise<Dictionary>>> = {
  zh: () => import("./zh").then((one) => one.zh),
  en: () => import("./en").then((one) => one.en),
};

function preferred(): Language {
  const chosen = remembered("language");
  if (chosen === "zh" || chosen === "en") return chosen;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const language = signal<Language>(preferred());
const dictionary = signal<Dictionary | null>(null);

/** The wording in the chosen language. Reading it in a view makes the view follow the switch. */
export const t = computed(() => dictionary.value!);

/** Fetches the words of the viewer's language; nothing is drawn before they are there. Rejects without a server. */
export async function loadLanguage(chosen: Language = language.peek()): Promise<void> {
  const words = await LOADED[chosen]();
  batch(() => {
    language.value = chosen;
    dictionary.value = words;
  });
}

/** Fetches the words of all languages, for whoever turns to another one while cut off from the server. */
export function preloadLanguages(): void {
  for (const load of Object.values(LOADED)) load().catch(() => undefined); // asked for again when wanted
}

/** Turns to the other language; where its words cannot be fetched, nothing changes. */
export async function setLanguage(chosen: Language): Promise<void> {
  try {
    await loadLanguage(chosen);
    remember("language", chosen);
  } catch {
    // Cut off: the banner says so already.
  }
}

/** A sentence of the server in the chosen language. */
export function say(text: Bilingual): string {
  return text[language.value];
}
