// A published project: all that it says of itself, what has changed since, and whether one can sign up.
import { useState } from "preact/hooks";
import { count, day, days, deadline, instant, yuan } from "../app/moment";
import { Heading } from "../app/shell";
import { general } from "../app/words";
import { useQuery } from "../graph/use";
import { Answered } from "../parts/answered";
import { Card, Empty, Facts, ProjectTag, Tag } from "../parts/basic";
import { Countdown } from "../parts/phases";
import { Table } from "../parts/table";
import { SeatsBar } from "./catalogue";
import { PublishedProject, type PublishedProjectQuery } from "./documents";
import { words } from "./words";

type Project = NonNullable<PublishedProjectQuery["projectByCode"]>;
const AFTER_PUBLICATION = new Set(["PUBLISHED", "RUNNING", "FINISHED", "COMPLETED", "SUSPENDED", "CANCELLED"]);

/** The versions that changed what was published (R18), the newest first. */
const amendments = (project: Project) =>
  (project.planVersions ?? []).filter((version) => AFTER_PUBLICATION.has(version.status) && version.changes.length).reverse();

export function ProjectPage({ code }: { code: string }) {
  const say = words();
  const shown = useQuery(PublishedProject, { code });
  return (
    <Answered of={shown}>
      {({ projectByCode: project }) => project ? <Whole project={project} /> : (
        <div class="stack">
          <Heading title={say.noProject}>{say.noProject}</Heading>
          <p>{say.noProjectHint}</p>
          <p><a href="/">{say.nav.catalogue}</a></p>
        </div>
      )}
    </Answered>
  );
}

function Whole({ project }: { project: Project }) {
  const say = words();
  const common = general();
  const changes = amendments(project);
  const texts: [string, string | null][] = [
    [say.objectives, project.objectives],
    [say.content, project.contentDesign],
    [say.assessment, project.assessmentMethod],
  ];
  return (
    <article class="stack">
      <Heading title={project.title ?? project.code}>{project.title}</Heading>
      <p class="row">
        <ProjectTag status={project.status} />
        {changes.length > 0 && <a href="#changes"><Tag tone="warn">{say.changed}</Tag></a>}
        {project.publishedLate && <Tag tone="warn">{say.publishedLate}</Tag>}
        <span class="quiet">{project.base.name}</span>
      </p>
      {project.status === "CANCELLED" && <p class="note bad">{say.cancelledNote}</p>}
      {project.status === "SUSPENDED" && <p class="note warn">{say.suspendedNote}</p>}
      <div class="columns reading">
        <div class="stack">
          <SignUp project={project} />
          <About project={project} />
        </div>
        <div class="stack">
          {texts.filter(([, text]) => text).map(([title, text]) => (
            <Card key={title} title={title}><p class="pre">{text}</p></Card>
          ))}
          <Card>
            <Table
              caption={say.timetable}
              rows={project.timetable}
              name={(row) => row.id}
              empty={common.noData}
              columns={[
                { head: say.session, cell: (row) => row.title },
                { head: say.date, cell: (row) => day(row.date, true) },
                { head: say.teacher, cell: (row) => row.teacher },
                { head: say.hours, cell: (row) => row.hours, number: true },
              ]}
            />
          </Card>
          <Card title={say.faculty}>
            <ul class="list">
              {project.faculty.map((member) => (
                <li key={member.name}>
                  <span class="strong">{member.name}</span>{" "}
                  <span class="quiet">{[member.title, member.organization].filter(Boolean).join(" · ")}</span>
                </li>
              ))}
            </ul>
          </Card>
          {changes.length > 0 && <Changes of={changes} />}
        </div>
        <div class="stack">
          <Classes project={project} />
          <Contacts of={project.round.contacts} />
        </div>
      </div>
    </article>
  );
}

function About({ project }: { project: Project }) {
  const say = words();
  const common = general();
  return (
    <Card title={say.about}>
      <Facts
        of={[
          [say.code, <span class="mono">{project.code}</span>],
          [say.dates, days(project.startsOn, project.extendedUntil ?? project.endsOn)],
          [say.duration, [project.days && common.dayCount(String(project.days)), project.classHours && common.hourCount(String(project.classHours))].filter(Boolean).join(common.listed)],
          [say.mode, project.mode && common.mode[project.mode]],
          [say.kind, common.kind[project.kind]],
          [say.place, project.venue && [project.venue.province?.name, project.venue.address].filter(Boolean).join(" ")],
          [say.fee, project.fee && (project.fee.fen ? yuan(project.fee.yuan) : common.free)],
          [say.feeIncludes, project.feeIncludes],
          [say.major, project.majorCategory?.name],
          [say.audience, project.audience.map((each) => common.audience[each]).join(common.listed)],
          [say.themes, project.themes.map((theme) => theme.name).join(common.listed)],
          [say.base, project.base.name],
          [say.category, common.category[project.base.category]],
          [say.published, project.publishedAt && instant(project.publishedAt)],
        ]}
      />
    </Card>
  );
}

function SignUp({ project }: { project: Project }) {
  const say = words();
  const common = general();
  const [copied, setCopied] = useState(false);
  const phase = project.round.phases.find((each) => each.name === "ENROL");
  const open = phase?.open && project.status === "PUBLISHED";
  return (
    <Card title={say.seats}>
      <div class="stack tight">
        {project.seats && (
          <>
            <SeatsBar of={project.seats} />
            <p class="small quiet">
              {say.accepted(count(project.seats.accepted))}{common.listed}{say.waiting(count(project.seats.waitlisted))}
            </p>
          </>
        )}
        {phase && (
          <p>
            {open ? <>{say.signUpUntil} <strong>{deadline(phase.closesAt)}</strong> · <Countdown seconds={phase.secondsToClosing} /></>
              : phase.secondsToOpening > 0 ? say.signUpAhead : say.signUpClosed}
          </p>
        )}
        {open && <a class="button first" href={`/console/sign-up/${encodeURIComponent(project.code)}?as=teacher`}>{say.signUp}</a>}
        {open && <p class="hint">{say.signUpHint}</p>}
        <div class="row">
          <button type="button" class="button" onClick={() => print()}>{say.print}</button>
          {navigator.clipboard && (
            <button type="button" class="button" onClick={() => void navigator.clipboard.writeText(location.href.split("#")[0] ?? "").then(() => setCopied(true))}>
              {copied ? say.copied : say.copyLink}
            </button>
          )}
          <a class="button plain" href={project.round.calendarUrl}>{say.subscribe}</a>
        </div>
      </div>
    </Card>
  );
}

function Changes({ of }: { of: ReturnType<typeof amendments> }) {
  const say = words();
  return (
    <section class="card" id="changes">
      <h2>{say.changes}</h2>
      <p class="quiet">{say.changedHint}</p>
      <ol class="steps">
        {of.map((version) => (
          <li key={version.version}>
            <p class="strong">{instant(version.at)}</p>
            {version.changes.map((change) => (
              <p key={change.name}>
                {change.label} <span class="struck"><span class="unseen">{say.from} </span>{change.before}</span> → <span class="unseen">{say.to} </span>{change.after}
              </p>
            ))}
            {version.reason && <p class="quiet">{say.why} {version.reason}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Classes({ project }: { project: Project }) {
  const say = words();
  const others = (project.classes?.nodes ?? []).filter((each) => each.code !== project.code);
  if (!others.length) return null;
  return (
    <Card title={say.classes}>
      <ul class="list">
        {others.map((each) => (
          <li key={each.code}>
            <a href={`/projects/${encodeURIComponent(each.code)}`}>{days(each.startsOn, each.endsOn)}</a>
            {each.seats && <SeatsBar of={each.seats} />}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** The help line: departments and their numbers. */
export function Contacts({ of }: { of: readonly { department: string; phones: string[]; note?: string | null }[] }) {
  const say = words();
  return (
    <Card title={say.contacts}>
      {of.length ? (
        <ul class="list">
          {of.map((contact) => (
            <li key={contact.department}>
              <p class="strong">{contact.department}</p>
              <p>{contact.phones.map((phone, index) => <span key={phone}>{index > 0 && general().listed}<a href={`tel:${phone}`}>{phone}</a></span>)}</p>
              {contact.note && <p class="quiet">{contact.note}</p>}
            </li>
          ))}
        </ul>
      ) : <Empty title={general().noData} />}
    </Card>
  );
}
