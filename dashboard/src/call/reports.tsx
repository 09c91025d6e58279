/** The call's report to take along, in three forms. */
import { t } from "../i18n";

const FORMATS = ["html", "csv", "json"] as const;

export function Reports({ callId }: { callId: string }) {
  const words = t.value.playback;
  return (
    <details class="reports">
      <summary class="quiet">{words.report}</summary>
      <ul>
        {FORMATS.map((format) => (
          <li key={format}>
            <a
              href={`/api/calls/${encodeURIComponent(callId)}/report?format=${format}`}
              download={`${callId}.${format}`}
            >
              {words.reportAs[format]}
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}
