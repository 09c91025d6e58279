/** Search in the transcript: how many places there are, and the way from one to the next. */
import { useRef } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "../ui/icons";
import { useSlash } from "../ui/keys";

interface SearchBarProps {
  readonly text: string;
  readonly setText: (text: string) => void;
  /** Which place is shown, from 0; -1: none. */
  readonly place: number;
  readonly count: number;
  readonly step: (by: 1 | -1) => void;
}

export function SearchBar({ text, setText, place, count, step }: SearchBarProps) {
  const words = t.value.transcript;
  const input = useRef<HTMLInputElement>(null);
  useSlash(input);
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.isComposing) {
      step(event.shiftKey ? -1 : 1);
      event.preventDefault();
    } else if (event.key === "Escape") setText("");
  };
  return (
    <search class="find">
      <label>
        <span class="unseen">{words.search}</span>
        <Icon name="search" size={13} />
        <input
          ref={input}
          type="search"
          value={text}
          placeholder={words.search}
          aria-keyshortcuts="/"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={keys}
        />
      </label>
      {text.trim() !== "" && (
        <>
          <span class="find-count" role="status">
            {count === 0 ? words.none : words.place(place + 1, count)}
          </span>
          <button
            type="button"
            class="icon-only"
            aria-label={words.previous}
            disabled={count === 0}
            onClick={() => step(-1)}
          >
            <Icon name="up" size={13} />
          </button>
          <button
            type="button"
            class="icon-only"
            aria-label={words.next}
            disabled={count === 0}
            onClick={() => step(1)}
          >
            <Icon name="down" size={13} />
          </button>
        </>
      )}
    </search>
  );
}
