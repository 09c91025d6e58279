/** The versions: who saved what when and why, what each changed, and the way back. */
import { useEffect, useState } from "preact/hooks";
import { language, say, t } from "../i18n";
import type { Severity } from "../protocol/messages";
import type { TuningVersion } from "../protocol/tuning";
import { timeOfDay } from "../ui/format";
import { type Difference, differences } from "./draft";
import { placeName, unitName } from "./places";
import { busy, content, loadVersions, restore, server, versions } from "./store";

export function VersionsList() {
  const words = t.value.tuning;
  useEffect(() => void loadVersions(), []);
  const listed = versions.value;
  return (
    <>
      <p class="draft-note">{words.versionsLead}</p>
      {listed === null && <p role="status">{words.loading}</p>}
      {listed !== null && (
        <ol class="versions">
          {listed.map((version) => (
            <VersionRow key={version.number} version={version} />
          ))}
          <li class="version">
            <div class="version-head">
              <h2>{words.original}</h2>
              <Restore number={0} />
            </div>
          </li>
        </ol>
      )}
    </>
  );
}

function VersionRow({ version }: { version: TuningVersion }) {
  const words = t.value.tuning;
  const [found, setFound] = useState<readonly Difference[] | null>(null);
  const show = () => {
    if (found !== null) setFound(null);
    else
      void content(version.number)
        .then(({ tuned, before }) => setFound(differences(before, tuned)))
        .catch(() => setFound([]));
  };
  const how =
    version.kind === "outside"
      ? words.kinds.outside
      : version.kind === "restored"
        ? words.kinds.restored(version.author, version.restores ?? 0)
        : words.kinds.saved(version.author);
  return (
    <li class="version">
      <div class="version-head">
        <h2>
          {words.version(version.number)}
          {version.number === server.value?.version && <span class="rule-tag">{words.current}</span>}
        </h2>
        <button type="button" class="quiet" aria-expanded={found !== null} onClick={show}>
          {found === null ? words.show : words.hide}
        </button>
        <Restore number={version.number} />
      </div>
      <p class="draft-note">
        <time dateTime={version.at}>{timeOfDay(version.at, language.value)}</time> · {how}
      </p>
      {version.comment !== "" && <p>{version.comment}</p>}
      {found !== null && <DifferenceList found={found} />}
    </li>
  );
}

function Restore({ number }: { number: number }) {
  const words = t.value.tuning;
  const [isSure, setSure] = useState(false);
  const sentence = number === 0 ? words.restoreOriginal : words.restoreSure(number);
  if (number === server.value?.version) return null;
  if (!isSure)
    return (
      <button type="button" class="quiet" disabled={busy.value} onClick={() => setSure(true)}>
        {words.restore}
      </button>
    );
  return (
    <span class="version-sure" role="group" aria-label={sentence}>
      <span>{sentence}</span>
      <button
        type="button"
        class="quiet"
        disabled={busy.value}
        // The question comes in the button's place: whoever is at the keyboard stays there.
        ref={(button) => button?.focus()}
        onClick={() => void restore(number).then(() => setSure(false))}
      >
        {words.yes}
      </button>
      <button type="button" class="quiet" onClick={() => setSure(false)}>
        {words.no}
      </button>
    </span>
  );
}

/** What changed, field by field: before, and after. */
export function DifferenceList({ found }: { found: readonly Difference[] }) {
  const words = t.value.tuning;
  return (
    <ul class="differences">
      {found.map((one) => {
        const { title, field, before, usual, unit } = described(one);
        return (
          <li key={`${one.rule} ${one.path.join(".")}`}>
            <span class="difference-what">
              {title}
              {field !== "" && <small>{field}</small>}
            </span>
            <span class="difference-values">
              <s>{shown(before)}</s> → <b>{shown(one.after ?? usual)}</b> {unit}
              {one.after === null && usual !== null && <small>{words.notSet}</small>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** A difference in words. What is not tuned is `usual`: as it is configured, or as its file has it. */
function described({ rule, path, before }: Difference): {
  title: string;
  field: string;
  before: unknown;
  usual: unknown;
  unit: string;
} {
  const words = t.value.tuning;
  const known = server.value!;
  if (rule === "") {
    const threshold = known.thresholds.find((one) => one.section === path[0] && one.name === path[1]);
    return {
      title: threshold === undefined ? path.join(".") : say(threshold.label),
      field: "",
      unit: unitName(threshold?.unit ?? ""),
      before: before ?? threshold?.configured ?? null,
      usual: threshold?.configured ?? null,
    };
  }
  const written = known.rules.find((one) => one.id === rule);
  const [first, second, third] = path;
  const name = words.fields[first === "cue" ? second! : first!] ?? first!;
  const detail = first === "numbers" ? placeName(second!) : first === "cue" ? third : second;
  const old =
    path[0] === "numbers"
      ? written?.numbers.find((one) => one.place === second)?.value
      : inside(written, path);
  return {
    title: written === undefined ? rule : say(written.title),
    field: detail === undefined ? name : `${name}: ${words.phraseNames[detail] ?? detail}`,
    before: before ?? old ?? null,
    usual: old ?? null,
    unit: first === "cool_down_s" ? words.seconds : "",
  };
}

const inside = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );

function shown(value: unknown): string {
  const words = t.value.tuning;
  if (value === null) return words.notSet;
  if (typeof value === "boolean") return value ? words.values.true : words.values.false;
  if (Array.isArray(value)) return value.join(" · ");
  const severity = t.value.severity[value as Severity] as string | undefined;
  return severity ?? String(value);
}
