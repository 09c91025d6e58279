/** Tuning: thresholds and rules in forms, the draft with its trial beside them, and the versions. */
import { useEffect } from "preact/hooks";
import { t } from "../i18n";
import { useReturned } from "../ui/returned";
import { query, replaceQuery } from "../ui/router";
import { QuietList } from "../quiet/list";
import { DraftBar, problemWords } from "./bar";
import { RulesForm } from "./rules";
import { draft, load, problem, server } from "./store";
import { ThresholdsForm } from "./thresholds";
import { VersionsList } from "./versions";
import "../styles/tuning.css";
import "../styles/tuning-fields.css";
import "../styles/tuning-rules.css";
import "../styles/tuning-draft.css";

const TABS = ["thresholds", "rules", "quiet", "versions"] as const;
type Tab = (typeof TABS)[number];

export function TuningPage() {
  const words = t.value.tuning;
  useEffect(() => void load(), []);
  useReturned(() => void load());
  const asked = new URLSearchParams(query.value).get("tab");
  const tab: Tab = TABS.find((one) => one === asked) ?? "thresholds";
  const isThere = server.value !== null && draft.value !== null;
  return (
    <main id="content" class="tuning">
      <div class="tuning-head">
        <h1>{words.title}</h1>
        <p>{words.lead}</p>
      </div>
      <Tabs tab={tab} />
      {server.value !== null && server.value.fault !== "" && (
        <p class="tuning-fault" role="alert">
          {words.fault} <code>{server.value.fault}</code>
        </p>
      )}
      <div class="tuning-body">
        <section class="tuning-forms" id={`panel-${tab}`} role="tabpanel" aria-labelledby={`tab-${tab}`}>
          {!isThere && problem.value === null && <Waiting />}
          {!isThere && problem.value !== null && (
            <div role="alert" class="tuning-none">
              <p>{problemWords(problem.value)}</p>
              <button type="button" class="quiet" onClick={() => void load()}>
                {t.value.page.again}
              </button>
            </div>
          )}
          {isThere && tab === "thresholds" && <ThresholdsForm />}
          {isThere && tab === "rules" && <RulesForm />}
          {isThere && tab === "quiet" && <QuietList />}
          {isThere && tab === "versions" && <VersionsList />}
        </section>
        {isThere && <DraftBar />}
      </div>
    </main>
  );
}

function Tabs({ tab }: { tab: Tab }) {
  const words = t.value.tuning;
  const choose = (next: Tab) => {
    replaceQuery(new URLSearchParams(next === "thresholds" ? {} : { tab: next }));
    document.getElementById(`tab-${next}`)?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length]!);
  };
  return (
    <div class="tuning-tabs" role="tablist" aria-label={words.title} onKeyDown={onKey}>
      {TABS.map((one) => (
        <button
          key={one}
          type="button"
          role="tab"
          id={`tab-${one}`}
          aria-selected={one === tab}
          aria-controls={one === tab ? `panel-${one}` : undefined}
          tabIndex={one === tab ? 0 : -1}
          onClick={() => choose(one)}
        >
          {words.tabs[one]}
        </button>
      ))}
    </div>
  );
}

function Waiting() {
  return (
    <div aria-busy="true">
      <p class="unseen" role="status">
        {t.value.tuning.loading}
      </p>
      <div class="skeletons" aria-hidden="true">
        <div />
        <div />
        <div />
      </div>
    </div>
  );
}
