/** The line at the top of every page: where one is, whether what one sees is live, and the switches. */
import { AccountMenu } from "../door/menu";
import { language, setLanguage, t } from "../i18n";
import { has, visitor } from "../state/session";
import { connection } from "../state/store";
import { Icon, Seal } from "./icons";
import { route } from "./router";
import { nextTheme, theme } from "./theme";

const THEME_ICONS = { system: "system", light: "sun", dark: "moon" } as const;

export function Header() {
  const { nav, switches } = t.value;
  const page = route.value.page;
  const isIn = visitor.value.phase === "in";
  const { accounts, trail } = t.value.door;
  return (
    <header class="header">
      <a class="brand" href={isIn && !has("see_calls") ? "/agent" : "/"}>
        <Seal />
        <span lang="zh-CN">听音</span>
        <span class="brand-latin">Tingyin</span>
      </a>
      <nav class="nav" aria-label={nav.label}>
        {has("see_calls") && (
          <a href="/" aria-current={page === "wall" || page === "call" ? "page" : undefined}>
            {nav.wall}
          </a>
        )}
        {isIn && (
          <a href="/agent" aria-current={page === "agent" ? "page" : undefined}>
            {nav.agent}
          </a>
        )}
        {has("manage") && !visitor.value.isOpen && (
          <>
            <a href="/accounts" aria-current={page === "accounts" ? "page" : undefined}>
              {accounts}
            </a>
            <a href="/trail" aria-current={page === "trail" ? "page" : undefined}>
              {trail}
            </a>
          </>
        )}
      </nav>
      {isIn && <ConnectionMark />}
      <button
        type="button"
        class="switch"
        lang={language.value === "zh" ? "en" : "zh-CN"}
        onClick={() => setLanguage(language.value === "zh" ? "en" : "zh")}
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

function ConnectionMark() {
  const { phase } = connection.value;
  return (
    <span class="connection" data-phase={phase} role="status">
      <span class="connection-dot" aria-hidden="true" />
      <span class="connection-word">{t.value.connection[phase]}</span>
    </span>
  );
}
