/** The line at the top of every page: where one is, whether what one sees is live, and the switches. */
import { AccountMenu } from "../door/menu";
import { language, setLanguage, t } from "../i18n";
import { openAlerts } from "../state/desk";
import { has, visitor } from "../state/session";
import { connection, desk, nowMs } from "../state/store";
import { mayOpen } from "../state/visitor";
import { Icon, Seal } from "./icons";
import { PAGE_NAMES, PAGES, type PageName, underLink } from "./pages";
import { route } from "./router";
import { nextTheme, theme } from "./theme";

const THEME_ICONS = { system: "system", light: "sun", dark: "moon" } as const;

export function Header() {
  const { nav, switches } = t.value;
  const isIn = visitor.value.phase === "in";
  return (
    <header class="header">
      <a class="brand" href={isIn && !has("see_calls") ? "/agent" : "/"} aria-label="听音 Tingyin">
        <Seal />
        <span lang="zh-CN">听音</span>
        <span class="brand-latin">Tingyin</span>
      </a>
      <nav class="nav" aria-label={nav.label}>
        {PAGE_NAMES.map((name) => (
          <PageLink key={name} name={name} />
        ))}
      </nav>
      {isIn && <ConnectionMark />}
      <button
        type="button"
        class="switch"
        lang={language.value === "zh" ? "en" : "zh-CN"}
        onClick={() => void setLanguage(language.value === "zh" ? "en" : "zh")}
      >
        {switches.otherLanguage}
      </button>
      <button
        type="button"
        class="switch icon-only"
        title={`${switches.theme}: ${switches.themes[theme.value]}`}
        aria-label={`${switches.theme}: ${switches.themes[theme.value]}`}
        onClick={nextTheme}
      >
        <Icon name={THEME_ICONS[theme.value]} />
      </button>
      <AccountMenu />
    </header>
  );
}

function PageLink({ name }: { name: PageName }) {
  const { link, isOfAccounts, isPartOf } = PAGES[name];
  const isHidden =
    !mayOpen(visitor.value, name) ||
    (isOfAccounts && visitor.value.isOpen) ||
    (isPartOf && mayOpen(visitor.value, isPartOf));
  if (link === undefined || isHidden) return null;
  const { page } = route.value;
  const isHere = page !== "unknown" && underLink(page) === name;
  return (
    <a href={name === "wall" ? "/" : `/${name}`} aria-current={isHere ? "page" : undefined}>
      {link(t.value)}
      {name === "inbox" && <OpenCount />}
    </a>
  );
}

/** How many alerts wait for somebody. */
function OpenCount() {
  const open = openAlerts(desk.value, nowMs.value).length;
  if (open === 0) return null;
  return (
    <span class="nav-count" title={t.value.inbox.navCount(open)}>
      <span aria-hidden="true">{open > 99 ? "99+" : open}</span>
      <span class="unseen">{t.value.inbox.navCount(open)}</span>
    </span>
  );
}

function ConnectionMark() {
  const { phase } = connection.value;
  return (
    <span class="connection" data-phase={phase} role="status">
      <span class="connection-dot" aria-hidden="true" />
      <span class="connection-word">{t.value.connection[phase]}</span>
    </span>
  );
}
