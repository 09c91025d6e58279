/** What can be done with a search: its list as a file, and a link to it. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { askAsOneself } from "../state/session";
import { linkTo } from "../ui/router";
import { addressOf, askedOf, type Filters } from "./filters";

const TOLD_MS = 2500;

export function TakeAlong({ filters }: { filters: Filters }) {
  const words = t.value.history;
  const [state, setState] = useState<"" | "fetching" | "failed">("");
  const fetchList = async () => {
    setState("fetching");
    try {
      saveAs("calls.csv", await askAsOneself<Blob>("POST", "/api/history/calls.csv", askedOf(filters)));
      setState("");
    } catch {
      setState("failed");
    }
  };
  return (
    <div class="take-along">
      {filters.words !== "" && <CopyLink filters={filters} />}
      {state === "failed" && (
        <span class="fault" role="alert">
          {words.csvFailed}
        </span>
      )}
      <button type="button" class="quiet" disabled={state === "fetching"} onClick={() => void fetchList()}>
        {state === "fetching" ? words.loading : words.csv}
      </button>
    </div>
  );
}

/** What is looked for stands in no address, unless somebody wants a link that has it. */
function CopyLink({ filters }: { filters: Filters }) {
  const words = t.value.history.link;
  const [state, setState] = useState<"" | "copied" | "shown">("");
  const link = new URL(linkTo(location.pathname, addressOf(filters)), location.href).href;
  useEffect(() => setState(""), [link]);
  useEffect(() => {
    const timer = state === "copied" ? window.setTimeout(() => setState(""), TOLD_MS) : 0;
    return () => window.clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setState("copied");
    } catch {
      setState("shown"); // browsers let pages copy over https or on this machine only
    }
  };
  return (
    <>
      {state === "shown" && (
        <input
          class="link-shown"
          readOnly
          aria-label={words.label}
          value={link}
          ref={(input) => input?.select()}
        />
      )}
      <button type="button" class="quiet" title={words.why} onClick={() => void copy()}>
        {state === "copied" ? words.copied : words.copy}
      </button>
      <span class="unseen" role="status">
        {state === "copied" && words.copied}
      </span>
    </>
  );
}

function saveAs(name: string, file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has the file by then; what is never freed stays in memory as long as the page.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
