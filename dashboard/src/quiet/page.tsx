/** Quiet cues, for those who see and act on calls but do not tune: there the same list is a tab. */
import { t } from "../i18n";
import { QuietList } from "./list";
import "../styles/tuning.css";

export function QuietPage() {
  return (
    <main id="content" class="tuning">
      <div class="tuning-head">
        <h1>{t.value.tuning.tabs.quiet}</h1>
      </div>
      <QuietList />
    </main>
  );
}
