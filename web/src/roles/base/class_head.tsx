// What stands over every page of a project: its name, its pages, how it stands, and how it begins and ends (R28).
import type { ComponentChildren } from "preact";
import { later } from "../../app/later";
import { days } from "../../app/moment";
import { Heading } from "../../app/shell";
import type { general } from "../../app/words";
import { command } from "../../graph/client";
import { Act, Acts, Reason } from "../../parts/act";
import { ProjectTag } from "../../parts/basic";
import { CancelByBase, FinishProject, StartProject } from "./documents";
import { words } from "./words";

type Status = keyof ReturnType<typeof general>["project"];

/** The states before a project is published: there are no applicants yet. */
export const BEFORE = new Set<Status>(["DRAFT", "SUBMITTED", "UNDER_REVIEW", "RETURNED", "REJECTED", "APPROVED", "WITHDRAWN", "LAPSED"]);
const PLACES = { plan: "/plan", applicants: "", waitlist: "/waitlist", attendance: "/attendance", results: "/results", evaluation: "/evaluation", certificates: "/certificates" };

export function ProjectHead({ project, at, children }: {
  project: { id: string; code: string; title?: string | null; status: Status; startsOn?: string | null; endsOn?: string | null };
  at: keyof typeof PLACES;
  children?: ComponentChildren;
}) {
  const say = words();
  const title = project.title ?? project.code;
  const shown = (BEFORE.has(project.status) ? ["plan"] : Object.keys(PLACES)) as (keyof typeof PLACES)[];
  return (
    <>
      <Heading title={`${say.tabs[at]} ${title}`}>{title}</Heading>
      <nav class="chips" aria-label={title}>
        {shown.map((place) => (
          <a key={place} href={`/console/projects/${project.id}${PLACES[place]}`} aria-current={place === at ? "true" : undefined}>{say.tabs[place]}</a>
        ))}
      </nav>
      <p class="row"><ProjectTag status={project.status} /> <span class="quiet">{[project.code, days(project.startsOn, project.endsOn)].filter(Boolean).join(" · ")}</span></p>
      {children}
    </>
  );
}

const Missed = later(() => import("./course/acts").then((module) => module.Missed));

/** How a class begins and ends. */
export function Course({ project }: { project: { id: string; status: Status; startMissed: boolean } }) {
  const say = words();
  const { id, status, startMissed } = project;
  if (status !== "PUBLISHED" && status !== "RUNNING" && status !== "SUSPENDED") return null;
  return (
    <>
      {status === "PUBLISHED" && startMissed && <Missed id={id} />}
      <Acts>
        {status === "PUBLISHED" && !startMissed && <Act label={say.start} ask={say.startAsk} kind="first" run={async () => (await command(StartProject, { id, reason: null })).refusals} />}
        {status === "RUNNING" && <Act label={say.finish} ask={say.finishAsk} run={async () => (await command(FinishProject, { id })).refusals} />}
        <Act label={say.cancel} kind="danger" ask={say.cancelAsk} run={async ({ cancelled: reason = "" }) => (await command(CancelByBase, { id, reason })).refusals}>
          <Reason name="cancelled" />
        </Act>
      </Acts>
    </>
  );
}
