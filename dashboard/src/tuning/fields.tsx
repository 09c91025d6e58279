/** The fields of the forms: a name, a value, what it usually is, and the way back. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { unitName } from "./places";

interface NumberFieldProps {
  readonly id: string;
  readonly label: string;
  readonly why?: string;
  readonly unit: string;
  readonly value: number;
  readonly usual: number;
  /** Why a number cannot be taken, in words; null where it can. */
  readonly fault: (value: number) => string | null;
  readonly refused?: string | undefined;
  readonly onChange: (value: number) => void;
}

/** A number as it is typed: what cannot be taken stays to be mended, and changes nothing. */
export function NumberField(props: NumberFieldProps) {
  const { id, label, why, value, usual, fault, refused, onChange } = props;
  const unit = unitName(props.unit);
  const words = t.value.tuning;
  const [typed, setTyped] = useState(String(value));
  useEffect(() => setTyped(String(value)), [value]);
  const asNumber = typed.trim() === "" ? Number.NaN : Number(typed.replace(",", "."));
  const wrong = fault(asNumber) ?? refused ?? null;
  const isTuned = value !== usual;
  const take = (text: string) => {
    setTyped(text);
    const number = text.trim() === "" ? Number.NaN : Number(text.replace(",", "."));
    if (fault(number) === null && number !== value) onChange(number);
  };
  return (
    <div class="knob" data-tuned={isTuned}>
      <label for={id}>
        {label}
        {isTuned && <TunedMark />}
      </label>
      <span class="knob-value">
        <input
          id={id}
          inputMode="decimal"
          autocomplete="off"
          value={typed}
          aria-invalid={wrong !== null}
          aria-describedby={`${id}-why`}
          onInput={(event) => take(event.currentTarget.value)}
        />
        <span class="knob-unit">{unit}</span>
      </span>
      <span class="knob-usual">
        {words.usual(`${usual}${unit === "" ? "" : ` ${unit}`}`)}
        {isTuned && (
          <button
            type="button"
            class="plain"
            aria-label={words.resetOf(label)}
            onClick={() => onChange(usual)}
          >
            {words.reset}
          </button>
        )}
      </span>
      <span id={`${id}-why`} class="knob-why">
        {wrong === null ? why : <b role="alert">{wrong}</b>}
      </span>
    </div>
  );
}

/** Not by colour alone: a mark and a word. */
export function TunedMark() {
  return <span class="tuned-mark">● {t.value.tuning.tuned}</span>;
}

interface TextFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly usual: string;
  readonly lang: string;
  readonly rows?: number;
  readonly refused?: string | undefined;
  readonly onChange: (value: string) => void;
}

export function TextField({ id, label, value, usual, lang, rows = 1, refused, onChange }: TextFieldProps) {
  const words = t.value.tuning;
  const isTuned = value !== usual;
  const given = {
    id,
    lang,
    value,
    spellcheck: false,
    "aria-invalid": refused !== undefined,
    "aria-describedby": `${id}-usual`,
  };
  return (
    <div class="wording" data-tuned={isTuned}>
      <label for={id}>
        {label}
        {isTuned && <TunedMark />}
      </label>
      {rows === 1 ? (
        <input {...given} autocomplete="off" onInput={(event) => onChange(event.currentTarget.value)} />
      ) : (
        <textarea {...given} rows={rows} onInput={(event) => onChange(event.currentTarget.value)} />
      )}
      <span id={`${id}-usual`} class="knob-usual">
        {refused !== undefined && <b role="alert">{refused}</b>}
        {isTuned && (
          <>
            <span lang={lang}>{words.usual(usual.replaceAll("\n", " · "))}</span>
            <button
              type="button"
              class="plain"
              aria-label={words.resetOf(label)}
              onClick={() => onChange(usual)}
            >
              {words.reset}
            </button>
          </>
        )}
      </span>
    </div>
  );
}
