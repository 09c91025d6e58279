// Runs before the first paint, so that a dark page never flashes white. `src/ui/theme.ts` takes over.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("tingyin.theme");
  } catch {
    // storage may be forbidden
  }
  const isDark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
})();
