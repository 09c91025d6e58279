/** The form of an account, new or known. */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { type Account, ROLES, type Role } from "../protocol/accounts";
import { Field } from "./form";

export interface Given {
  readonly name: string;
  readonly display: string;
  readonly role: Role;
  readonly team: string;
  readonly teams: readonly string[];
  readonly agent: string;
  readonly is_external: boolean;
}

interface Props {
  readonly account: Account | null;
  readonly isBusy: boolean;
  readonly onGiven: (given: Given) => void;
  readonly onCancel: () => void;
}

export function AccountForm({ account, isBusy, onGiven, onCancel }: Props) {
  const { list, name: nameWord, role: roleWord, roles } = t.value.door;
  const [role, setRole] = useState<Role>(account?.role ?? "agent");
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    const given = new FormData(form.current!);
    const text = (field: string) => String(given.get(field) ?? "").trim();
    onGiven({
      name: account?.name ?? text("name"),
      display: text("display"),
      role,
      team: text("team"),
      teams: text("teams")
        .split(/[,，、]\s*/)
        .filter(Boolean),
      agent: text("agent"),
      is_external: account?.is_external ?? given.has("is_external"),
    });
  };
  const field = (id: keyof Given, label: string, value: string, hint?: string, isRequired = false) => (
    <Field
      id={`account-${id}`}
      name={id}
      label={label}
      defaultValue={value}
      autocomplete="off"
      required={isRequired}
      {...(hint === undefined ? {} : { hint })}
    />
  );
  return (
    <form ref={form} class="account-form" onSubmit={submit}>
      <h2>{account === null ? list.add : list.edit(account.name)}</h2>
      {account === null && field("name", nameWord, "", undefined, true)}
      {field("display", list.display, account?.display ?? "")}
      <p class="field">
        <label for="account-role">{roleWord}</label>
        <select
          id="account-role"
          value={role}
          onChange={(event) => setRole(event.currentTarget.value as Role)}
        >
          {ROLES.map((one) => (
            <option key={one} value={one}>
              {roles[one]}
            </option>
          ))}
        </select>
      </p>
      {role === "agent" && field("team", list.team, account?.team ?? "")}
      {role === "agent" && field("agent", list.agent, account?.agent ?? "", list.agentHint)}
      {(role === "supervisor" || role === "viewer") &&
        field("teams", list.teams, account?.teams.join(", ") ?? "", list.teamsHint)}
      {account === null && (
        <p class="field-check">
          <input id="account-external" type="checkbox" name="is_external" />
          <label for="account-external">{list.external}</label>
        </p>
      )}
      <p class="person-acts">
        <button type="submit" class="primary" disabled={isBusy}>
          {list.save}
        </button>
        <button type="button" class="quiet" onClick={onCancel}>
          {list.no}
        </button>
      </p>
    </form>
  );
}
