/** What the viewer chose, kept in this browser; a browser that keeps nothing costs only the memory. */
const PREFIX = "tingyin.";

export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // storage may be forbidden
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // storage may be forbidden or full
  }
}
