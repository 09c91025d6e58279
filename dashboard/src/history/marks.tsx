/** How supervisors judged the alerts of a period, rule by rule: counts first, and a share only of the judged. */
import { say, t } from "../i18n";
import type { Facets } from "../protocol/history";
import { percent } from "../ui/format";
import { useAnswer } from "../ui/answer";

interface RuleMarks {
  readonly rule: string;
  readonly raised: number;
  readonly marked_false: number;
  readonly marked_true: number;
  readonly unmarked: number;
  readonly precision: number | null;
}

/** Fewer judgements than this say nothing about a rule: no share is shown. */
const JUDGED_LEAST = 5;

export function MarksTable({ from, to, facets }: { from: string; to: string; facets: Facets | null }) {
  const words = t.value.history.marks;
  const asked = new URLSearchParams();
  if (from !== "") asked.set("from", from);
  if (to !== "") asked.set("to", to);
  const { value } = useAnswer<{ readonly rules: readonly RuleMarks[] }>(`/api/marks/rules?${asked}`);
  if (value === null || value.rules.length === 0) return null;
  const rows = [...value.rules].sort((a, b) => b.marked_false - a.marked_false || b.raised - a.raised);
  return (
    <div class="figure-scroll" tabIndex={0} role="region" aria-label={words.title}>
      <table class="figure-table">
        <caption>
          {words.title} <small>{words.why}</small>
        </caption>
        <thead>
          <tr>
            <th scope="col">{words.rule}</th>
            <th scope="col">{words.raised}</th>
            <th scope="col">{words.right}</th>
            <th scope="col">{words.false}</th>
            <th scope="col">{words.unmarked}</th>
            <th scope="col">{words.precision}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.rule}>
              <th scope="row">{titleOf(facets, row.rule)}</th>
              <td>{row.raised}</td>
              <td>{row.marked_true}</td>
              <td>{row.marked_false}</td>
              <td>{row.unmarked}</td>
              <td>{precision(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function precision({ marked_true: right, marked_false: wrong, precision: share }: RuleMarks) {
  const judged = right + wrong;
  if (judged === 0) return "–";
  const made = t.value.history.marks.judged(right, judged);
  return judged < JUDGED_LEAST || share === null ? (
    made
  ) : (
    <>
      {made}
      <small>{percent(share)}</small>
    </>
  );
}

function titleOf(facets: Facets | null, rule: string): string {
  const known = facets?.rules[rule];
  return known === undefined ? rule : say(known);
}
