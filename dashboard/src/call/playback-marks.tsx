/** Where a call's alerts stand on the line of its playback. */
import { say, t } from "../i18n";
import type { AlertRecord } from "../state/call";
import { clock } from "../ui/format";
import { SeveritySign } from "../ui/icons";
import { stopOf } from "./stops";
import { seekTo } from "./view";

export function AlertMarks({ alerts, durationS }: { alerts: readonly AlertRecord[]; durationS: number }) {
  return (
    <ul class="alert-marks">
      {alerts.map((record) => {
        const { alert } = record;
        const at = stopOf(record);
        return (
          <li key={alert.id} style={{ left: `${(at / Math.max(durationS, 1)) * 100}%` }}>
            <button
              type="button"
              data-severity={alert.severity}
              tabIndex={-1}
              aria-label={`${t.value.severity[alert.severity]}: ${say(alert.title)}, ${clock(alert.raised_at_s)}`}
              title={`${say(alert.title)} · ${clock(alert.raised_at_s)}`}
              onClick={() => seekTo(at)}
            >
              <SeveritySign severity={alert.severity} size={12} />
            </button>
          </li>
        );
      })}
    </ul>
  );
}
