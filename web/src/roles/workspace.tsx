// The frame of a workspace: navigation, who is signed in, signing out, and the warning of those who do nothing.
import { useEffect, useState } from "preact/hooks";
import { keepFor } from "../app/drafts";
import { settled } from "../app/language";
import { go, match, usePlace, withQuery } from "../app/router";
import { present } from "../app/rounds";
import { type Scope, session, signOut, watch } from "../app/session";
import { LanguageSwitch, NotFound, Notes, Skip, Unloaded } from "../app/shell";
import { Store, useStore } from "../app/store";
import { general } from "../app/words";
import { useQuery } from "../graph/use";
import { Answered } from "../parts/answered";
import { Select } from "../parts/form";
import { CurrentRound, Me } from "./documents";
import { Home } from "./home";
import { NoticesPage } from "./notices";
import type { Role } from "./page";
import { words } from "./words";

/** A place of the navigation: its path, its name, and how much is new there. */
type Place = [path: string, name: string, badge?: number];

/** The year that is looked at; an address may name another. Null is the present round's. */
const chosen = new Store<number | null>(null);

/** Whose pages show all years together. */
const YEARLESS = new Set<Scope>(["teacher", "expert"]);

const ROLES: Record<Scope, () => Promise<{ role: Role }>> = {
  teacher: () => import("./teacher"),
  school: () => import("./school"),
  base: () => import("./base"),
  expert: () => import("./expert"),
  province: () => import("./province"),
  ministry: () => import("./ministry"),
};

export function Workspace() {
  const now = useStore(session);
  const scope = now.state === "in" ? now.scope : null;
  const [role, setRole] = useState<Role | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!scope) return;
    void ROLES[scope]().then(async (module) => {
      await settled();
      setRole(module.role);
    }).catch(() => setFailed(true));
  }, [scope]);
  if (scope && role) return <Frame scope={scope} role={role} />;
  return <><Notes />{failed && <main class="main" id="main"><Unloaded /></main>}</>;
}

function Frame({ scope, role }: { scope: Scope; role: Role }) {
  const say = words();
  const { path, query } = usePlace();
  const mine = useQuery(Me, {});
  const me = mine.data?.me;
  if (me) keepFor(me.id);
  const rounds = useQuery(CurrentRound, {});
  const list = [...(rounds.data?.rounds ?? [])].sort((left, right) => right.year - left.year);
  const kept = useStore(chosen);
  const asked = Number(query.get("year")) || null;
  useEffect(() => {
    if (asked) chosen.set(asked);
  }, [asked]);
  const year = asked ?? kept ?? present(list)?.year;
  const below = path.replace(/^\/console/, "") || "/";
  const named = (rare: boolean): Place[] => role.pages.flatMap((page): Place[] => (page.nav && Boolean(page.rare) === rare ? [[page.path, page.nav()]] : []));
  const places: Place[] = [["/", say.home], ...named(false), ["/notices", say.nav.notices, me?.unread]];
  const more = named(true);
  const here = below === "/login" ? "/" : [...places, ...more].map(([place]) => place).find((place) => below === place || (place !== "/" && below.startsWith(`${place}/`)));
  const view = () => {
    if (!me || !year) return null;
    if (below === "/" || below === "/login") return <Home role={role} me={me} rounds={list} year={year} />;
    if (below === "/notices") return <NoticesPage />;
    for (const page of role.pages) {
      const parts = match(page.path, below);
      if (parts) return <page.view key={below} parts={parts} year={year} me={me} />;
    }
    return <NotFound />;
  };
  return (
    <>
      <Skip />
      <header class="top wide">
        <div class="inside">
          <a class="brand" href="/console">{say.workspace} · {say.roles[scope]}</a>
          <div class="end">
            {me?.name && <span class="who">{me.name}</span>}
            <LanguageSwitch />
            <button type="button" class="plain boxed" onClick={() => void signOut()}>{say.signOut}</button>
          </div>
        </div>
      </header>
      <Notes />
      <Idle />
      <div class="work">
        <nav class="side" aria-label={general().menu}>
          <Places of={places} here={here} />
          {more.length > 0 && (
            <details open={more.some(([place]) => place === here)}>
              <summary>{say.more}</summary>
              <Places of={more} here={here} />
            </details>
          )}
          <a href="/">{say.publicPages}</a>
          {list.length > 1 && !YEARLESS.has(scope) && (
            <div class="years">
              <Select
                name="year"
                label={say.year}
                value={String(year)}
                of={list.map((round): [string, string] => [String(round.year), String(round.year)])}
                onChoose={(value) => {
                  chosen.set(Number(value));
                  go(withQuery({ year: null, after: null }), true);
                }}
              />
            </div>
          )}
        </nav>
        <main class="main" id="main">
          <Answered of={mine}>{() => <Answered of={rounds}>{view}</Answered>}</Answered>
        </main>
      </div>
    </>
  );
}

const Places = ({ of, here }: { of: Place[]; here: string | undefined }) => (
  <>
    {of.map(([place, text, badge]) => (
      <a key={place} href={`/console${place === "/" ? "" : place}`} aria-current={place === here ? "page" : undefined}>
        <span>{text}</span>
        {badge ? <span class="badge">{badge}</span> : null}
      </a>
    ))}
  </>
);

function Idle() {
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => watch(setLeft), []);
  return (
    <div role="alert">
      {left !== null && (
        <div class="bar-note">
          {words().idle(left)}
          <button type="button" class="button">{words().stay}</button>
        </div>
      )}
    </div>
  );
}
