/** Loads a page when it is wanted, and says so calmly where that takes long, or fails. */
import { signal } from "@preact/signals";
import { Component, type ComponentChildren, type ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { preloadLanguages, t } from "../i18n";
import { isStale } from "../state/store";
import { PAGE_NAMES, PAGES, type PageName, type PageProps } from "./pages";

type Loaded = Partial<Record<PageName, ComponentType<PageProps> | "failed">>;

const loaded = signal<Loaded>({});
const wanted = new Set<PageName>();

function keep(page: PageName, got: ComponentType<PageProps> | "failed"): void {
  loaded.value = { ...loaded.peek(), [page]: got };
}

/** Fetches a page's part of the program, once. */
export function preload(page: PageName): void {
  if (wanted.has(page)) return;
  wanted.add(page);
  PAGES[page].load().then(
    (component) => keep(page, component),
    () => {
      wanted.delete(page);
      keep(page, "failed");
    },
  );
}

/**
 * Fetches the other pages and the other language while nothing else is to do: a supervisor who is cut off from
 * the server can still turn from the wall to a call, and back.
 */
export function preloadRest(mayOpen: (page: PageName) => boolean): void {
  const rest = () => {
    for (const page of PAGE_NAMES) if (mayOpen(page)) preload(page);
    preloadLanguages();
  };
  if ("requestIdleCallback" in window) window.requestIdleCallback(rest, { timeout: 3000 });
  else setTimeout(rest, 1000); // Safari has none
}

/** A page, or what stands in its place until it is there. */
export function LoadedPage({ page, id }: { page: PageName; id: string | null }) {
  useEffect(() => preload(page), [page]);
  const View = loaded.value[page];
  if (View === "failed") return <Failed page={page} />;
  if (View === undefined) return <Coming />;
  return (
    <Guard key={`${page} ${id}`}>
      <View id={id} />
    </Guard>
  );
}

/** Appears only where the page is slow: on most machines nobody ever sees it. */
function Coming() {
  return (
    <main id="content" class="coming" aria-busy="true">
      <h1 class="unseen">{t.value.page.loading}</h1>
      <div class="skeletons" aria-hidden="true">
        <div />
        <div />
      </div>
    </main>
  );
}

function Failed({ page }: { page: PageName }) {
  const words = t.value.page;
  // Once more at once, and whenever the server is there again.
  useEffect(() => {
    if (!isStale.value) preload(page);
  }, [isStale.value]);
  return (
    <main id="content" class="empty">
      <h1>{words.failed}</h1>
      <p role="alert">{words.failedWhy}</p>
      <p>
        <button type="button" class="primary" onClick={() => location.reload()}>
          {words.again}
        </button>
      </p>
    </main>
  );
}

/** A fault in one page's drawing leaves the header, and the way to other pages. */
class Guard extends Component<{ children: ComponentChildren }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static override getDerivedStateFromError() {
    return { isBroken: true };
  }

  override componentDidCatch(error: unknown): void {
    reportError(error);
  }

  override render() {
    if (!this.state.isBroken) return this.props.children;
    const words = t.value.page;
    return (
      <main id="content" class="empty">
        <h1>{words.broken}</h1>
        <p role="alert">{words.brokenWhy}</p>
        <p>
          <button type="button" class="primary" onClick={() => location.reload()}>
            {words.again}
          </button>
        </p>
      </main>
    );
  }
}
