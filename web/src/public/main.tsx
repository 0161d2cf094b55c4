// The pages that everybody may read.
import { render } from "preact";
import { forget } from "../graph/client";
import { language, speak, wanted } from "../app/language";
import { later } from "../app/later";
import { follow, match, usePlace } from "../app/router";
import { LanguageSwitch, NotFound, Notes, Skip } from "../app/shell";
import { useStore } from "../app/store";
import { general } from "../app/words";
import { CalendarPage } from "./calendar";
import { CataloguePage } from "./catalogue";
import { ProjectPage } from "./project";
import { words } from "./words";

const CertificatePage = later(() => import("./certificate").then((module) => module.CertificatePage));
const HelpPage = later(() => import("./help").then((module) => module.HelpPage));
const InspectionsPage = later(() => import("./inspection").then((module) => module.InspectionsPage));
const InspectionPage = later(() => import("./inspection").then((module) => module.InspectionPage));
const KeysPage = later(() => import("./keys").then((module) => module.KeysPage));

function page(path: string) {
  const found = (pattern: string): Record<string, string> | null => match(pattern, path);
  let parts: Record<string, string> | null;
  if (found("/")) return <CataloguePage />;
  if ((parts = found("/projects/:code"))) return <ProjectPage key={parts.code} code={parts.code ?? ""} />;
  if (found("/calendar")) return <CalendarPage />;
  if ((parts = found("/calendar/:year"))) return <CalendarPage year={Number(parts.year)} />;
  if (found("/certificates")) return <CertificatePage />;
  if (found("/inspections")) return <InspectionsPage />;
  if ((parts = found("/inspections/:id"))) return <InspectionPage id={parts.id ?? ""} />;
  if (found("/keys")) return <KeysPage />;
  if (found("/help")) return <HelpPage />;
  return <NotFound />;
}

function Public() {
  useStore(language);
  const { path } = usePlace();
  const say = words();
  const places: [string, string][] = [
    ["/", say.nav.catalogue],
    ["/calendar", say.nav.calendar],
    ["/certificates", say.nav.certificates],
    ["/inspections", say.nav.inspections],
    ["/keys", say.nav.keys],
    ["/help", say.nav.help],
  ];
  const within = (place: string): boolean => (place === "/" ? path === "/" || path.startsWith("/projects/") : path.startsWith(place));
  return (
    <>
      <Skip />
      <header class="top">
        <div class="inside">
          <a class="brand" href="/">{general().shortName}</a>
          <nav aria-label={general().menu}>
            {places.map(([place, text]) => (
              <a key={place} href={place} aria-current={within(place) ? "page" : undefined}>{text}</a>
            ))}
          </nav>
          <div class="end">
            <LanguageSwitch />
            <a class="plain boxed" href="/console">{say.signIn}</a>
          </div>
        </div>
      </header>
      <Notes />
      <main class="main" id="main">{page(path)}</main>
      <footer class="foot">
        <div class="inside">
          <span>{general().footer}</span>
          <span>{general().name}</span>
          <a href="/help">{say.contacts}</a>
        </div>
      </footer>
    </>
  );
}

follow((path) => !path.startsWith("/console") && !path.endsWith(".ics") && !/^\/(c|public|evaluations|explorer)\//.test(path));
void speak(wanted()).then(() => {
  language.subscribe(forget);
  render(<Public />, document.getElementById("app") as HTMLElement);
});
