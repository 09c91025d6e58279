/** The keys of the agent's page: named on their buttons, listed at its foot, and switched off there. */
import { t } from "../i18n";
import { hasKeys, setKeys } from "../ui/keys";

/** A key's name on its button, while keys work. */
export function Key({ name }: { name: string }) {
  return hasKeys.value ? (
    <kbd class="key" aria-hidden="true">
      {name}
    </kbd>
  ) : null;
}

export function KeysSwitch() {
  const words = t.value.live.agent;
  return (
    <label class="keys-switch">
      <input
        type="checkbox"
        checked={hasKeys.value}
        onChange={(event) => setKeys(event.currentTarget.checked)}
      />
      {words.keysOn}
    </label>
  );
}
