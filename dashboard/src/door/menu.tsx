/** The account's name in the header, and what one can do about it. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { signOut, visitor } from "../state/session";

export function AccountMenu() {
  const { account, isOpen } = visitor.value;
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const details = menu.current;
      if (!details?.open) return;
      if (event instanceof KeyboardEvent) {
        if (event.key !== "Escape") return;
        details.querySelector("summary")?.focus();
      } else if (details.contains(event.target as Node)) return;
      details.open = false;
    };
    document.addEventListener("click", close);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("click", close);
      document.removeEventListener("keydown", close);
    };
  }, []);
  if (account === null || isOpen) return null;
  const words = t.value.door;
  const out = (isEverywhere: boolean) => () => void signOut(isEverywhere).catch(() => location.reload());
  return (
    <details class="menu" ref={menu}>
      <summary class="switch" aria-label={words.account(account.display)}>
        <span class="menu-name">{account.display}</span>
      </summary>
      <div class="menu-list">
        <p class="menu-who">
          {account.display}
          <small>{words.roles[account.role]}</small>
        </p>
        <button type="button" onClick={out(false)}>
          {words.signOut}
        </button>
        <button type="button" onClick={out(true)}>
          {words.everywhere}
        </button>
      </div>
    </details>
  );
}
