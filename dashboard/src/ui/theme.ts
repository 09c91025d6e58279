/** Light and dark: as the system, or as the viewer chose. */
import { computed, effect, signal } from "@preact/signals";
import { remember, remembered } from "./memory";

export type Theme = "system" | "light" | "dark";
const ORDER: readonly Theme[] = ["system", "light", "dark"];

const systemQuery = matchMedia("(prefers-color-scheme: dark)");
const isSystemDark = signal(systemQuery.matches);
systemQuery.addEventListener("change", (change) => {
  isSystemDark.value = change.matches;
});

const kept = remembered("theme");
export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "system");

export const isDark = computed(() =>
  theme.value === "system" ? isSystemDark.value : theme.value === "dark",
);

effect(() => {
  document.documentElement.dataset.theme = isDark.value ? "dark" : "light";
});

export function nextTheme(): void {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length]!;
  remember("theme", theme.value);
}
