/** Small signs. Each severity and temper has its own shape: colour is never the only difference. */
import type { JSX } from "preact";
import type { Severity, TemperState } from "../protocol/messages";

function Sign({ children, size = 16 }: { children: JSX.Element | JSX.Element[]; size?: number }) {
  return (
    <svg class="sign" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

const stroke = {
  fill: "none",
  stroke: "currentColor",
  "stroke-width": 1.6,
  "stroke-linecap": "round",
  "stroke-linejoin": "round",
} as const;
const onFill = { ...stroke, stroke: "var(--surface)" };

const SEVERITY_SIGNS: Record<Severity, JSX.Element> = {
  critical: (
    <g>
      <path d="M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z" fill="currentColor" />
      <path d="M8 4.4v4.2M8 11.4v.1" {...onFill} stroke-width={1.9} />
    </g>
  ),
  high: (
    <g>
      <path d="M8 1.2 15.4 14H.6z" fill="currentColor" stroke="currentColor" stroke-linejoin="round" />
      <path d="M8 6v3.6M8 11.9v.1" {...onFill} stroke-width={1.7} />
    </g>
  ),
  medium: <path d="M8 1.6 14.4 8 8 14.4 1.6 8z" fill="currentColor" />,
  low: <path d="M8 3 13 8l-5 5-5-5z" {...stroke} />,
  info: <circle cx="8" cy="8" r="4.2" {...stroke} />,
};

export function SeveritySign({ severity, size = 16 }: { severity: Severity; size?: number }) {
  return <Sign size={size}>{SEVERITY_SIGNS[severity]}</Sign>;
}

const TEMPER_SIGNS: Record<TemperState, JSX.Element> = {
  calm: <path d="M2 9.5c2-2.4 4-2.4 6 0s4 2.4 6 0" {...stroke} />,
  raised: <path d="M2 11c1.6 0 2-5 4-5s2 4 3.6 4S12 4.5 14 4" {...stroke} />,
  hot: <path d="M1.5 12 4 5l2.4 5.5L9 2l2.4 9L13 6l1.5 3" {...stroke} />,
};

export function TemperSign({ temper, size = 16 }: { temper: TemperState; size?: number }) {
  return <Sign size={size}>{TEMPER_SIGNS[temper]}</Sign>;
}

const PATHS = {
  circle: "M8 3.4a4.6 4.6 0 1 0 .01 0",
  back: "M9.5 3.5 5 8l4.5 4.5",
  sound: "M2.5 6.2v3.6H5L8.5 13V3L5 6.2zM11 5.8c1.3 1.2 1.3 3.2 0 4.4M12.9 3.8c2.4 2.4 2.4 6 0 8.4",
  muted: "M2.5 6.2v3.6H5L8.5 13V3L5 6.2zM11.2 6.2l3.4 3.6M14.6 6.2l-3.4 3.6",
  play: "M4.5 2.8v10.4L13 8z",
  pause: "M5 3v10M11 3v10",
  previous: "M11 3.5 6.5 8l4.5 4.5M4.2 3.5v9",
  next: "M5 3.5 9.5 8 5 12.5M11.8 3.5v9",
  headphones: "M2.5 11V8.5a5.5 5.5 0 0 1 11 0V11M2.5 9.5h1.7v4H2.5zM11.8 9.5h1.7v4h-1.7z",
  stop: "M4 4h8v8H4z",
  send: "M2.5 8h10M8.5 4l4 4-4 4",
  letter: "M2 4h12v8.5H2zM2.3 4.5 8 9l5.7-4.5",
  screen: "M2 3h12v8H2zM6 13.5h4",
  down: "M8 3v9.5M4 9l4 4 4-4",
  check: "M3 8.6 6.4 12 13 4.6",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M3.2 12.8l1-1M11.8 4.2l1-1",
  moon: "M13.4 9.6A5.8 5.8 0 0 1 6.4 2.6a5.8 5.8 0 1 0 7 7z",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  clock: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 4.6V8l2.4 1.6",
  broken: "M2 8h3l1.5-3M14 8h-3l-1.5 3M7.4 10.6l1.2-5.2",
  noWords: "M5 3h8.5v7.8M10.3 11H8l-3 2.6V11H2.5V4M2 2l12 12",
  cut: "M2 5h7M5 11h9M7.5 2.5 10 5 7.5 7.5",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4 14 14",
  degraded: "M3 12.5v-2M6.3 12.5v-4.5M9.6 12.5V9.5M13 5v.1M2 2.5l12 12",
  up: "M8 13V3.5M4 7l4-4 4 4",
  person: "M8 2.4a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.8 14c.4-3 2.4-4.4 5.2-4.4s4.8 1.4 5.2 4.4",
  note: "M2.5 3h11v8H8l-3 2.6V11H2.5z",
  flag: "M4 14.4V2.2M4 3h8.5l-2 3 2 3H4",
  keys: "M1.5 4h13v8h-13zM4 7h.1M7 7h.1M10 7h.1M12.4 7h.1M5 9.6h6",
  bell: "M4 11V7a4 4 0 0 1 8 0v4l1.2 1.4H2.8zM6.6 14.2h2.8",
  bellOff: "M4 11V7c0-.7.2-1.4.5-2M6.5 3.3A4 4 0 0 1 12 7v2.5M11 12.4H2.8L4 11M6.6 14.2h2.8M2 2l12 12",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  const filled = name === "play" ? { fill: "currentColor" } : {};
  return (
    <Sign size={size}>
      <path d={PATHS[name]} {...stroke} {...filled} />
    </Sign>
  );
}

/** The product's seal: five bars of sound in cinnabar. */
export function Seal() {
  return (
    <svg class="seal" width="26" height="26" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="6" fill="var(--seal)" />
      <path
        d="M7 16h2.5M12 10v12M16 6.5v19M20 11v10M24 14.5v3"
        stroke="#fff8f0"
        stroke-width="2.4"
        stroke-linecap="round"
        fill="none"
      />
    </svg>
  );
}
