// Sign up teachers of one's own: choose a project, tick teachers, and submit them at once if wanted (R19, R22).
import { useState } from "preact/hooks";
import { count, days, deadline } from "../../app/moment";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useCommand, useQuery } from "../../graph/use";
import { Act, DateField, isoDate } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, Facts, RefusalNote } from "../../parts/basic";
import { Countdown } from "../../parts/phases";
import { SearchBox } from "../../parts/search";
import { type Done, Outcomes, TickThese, useTicked } from "../../parts/selection";
import { Pager, Table } from "../../parts/table";
import { words } from "../words";
import { EnrollTeachers, OpenProjects, ProjectToEnroll, type ProjectToEnrollQuery, SchoolTeachers, type SchoolTeachersQuery, SetInnerCutOff } from "./documents";

type Teacher = NonNullable<NonNullable<SchoolTeachersQuery["mySchool"]>["teachers"]>["nodes"][number];

export function OpenProjectsPage({ year }: { year: number }) {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(OpenProjects, { year, after: query.get("after"), search: query.get("q") });
  return (
    <div class="stack">
      <Heading title={say.schoolDesk.enrol}>{say.schoolDesk.enrol}</Heading>
      <p class="quiet">{say.schoolDesk.enrolHint}</p>
      <SearchBox label={say.searchPlan} />
      <Card>
        <Answered of={shown}>
          {({ projects: list }) => list && (
            <div class="stack">
              <Table
                caption={say.project}
                rows={list.nodes}
                name={(row) => row.id}
                empty={say.noProjects}
                columns={[
                  { head: say.project, cell: (row) => <><a href={`/console/enrol/${row.id}`}>{row.title}</a> <span class="quiet small beneath">{row.code}</span></> },
                  { head: say.base, cell: (row) => row.base.name },
                  { head: say.dates, cell: (row) => days(row.startsOn, row.endsOn) },
                  { head: say.schoolDesk.audience, cell: (row) => row.audience.map((each) => general().audience[each]).join(general().listed) },
                  { head: say.seats, cell: (row) => row.seats && general().seatsLeft(count(row.seats.left), count(row.seats.capacity)) },
                ]}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          )}
        </Answered>
      </Card>
    </div>
  );
}

export function EnrolPage({ id }: { id: string }) {
  const say = words();
  const { query } = usePlace();
  const project = useQuery(ProjectToEnroll, { id });
  const teachers = useQuery(SchoolTeachers, { after: query.get("after"), search: query.get("q") });
  const [done, setDone] = useState<Done | null>(null);
  return (
    <Answered of={project}>
      {({ project: to }) => to ? (
        <div class="stack">
          <Heading title={say.schoolDesk.enrolIn(to.title ?? to.code)}>{say.schoolDesk.enrolIn(to.title ?? to.code)}</Heading>
          <About project={to} />
          <SearchBox label={say.searchName} />
          {done && <Outcomes of={done.outcomes} done={say.schoolDesk.enrolled} refused={say.refused} name={(row) => done.names.get(row) ?? row} />}
          <Answered of={teachers}>
            {({ mySchool: school }) => school?.teachers && (
              <Card>
                <Rows project={id} rows={school.teachers.nodes} tell={setDone} />
                <Pager total={school.teachers.totalCount} end={school.teachers.pageInfo.hasNextPage ? school.teachers.pageInfo.endCursor : null} first={!query.get("after")} />
              </Card>
            )}
          </Answered>
        </div>
      ) : <Heading title={say.noProject}>{say.noProject}</Heading>}
    </Answered>
  );
}

function About({ project }: { project: NonNullable<ProjectToEnrollQuery["project"]> }) {
  const say = words();
  const common = general();
  const phase = project.round.phases.find((each) => each.name === "ENROL");
  return (
    <Card>
      <Facts
        of={[
          [say.base, project.base.name],
          [say.dates, days(project.startsOn, project.endsOn)],
          [say.schoolDesk.audience, project.audience.map((each) => common.audience[each]).join(common.listed)],
          [say.seats, project.seats && common.seatsLeft(count(project.seats.left), count(project.seats.capacity))],
          [say.submitUntil, phase && (phase.open ? <><strong>{deadline(phase.closesAt)}</strong> · <Countdown seconds={phase.secondsToClosing} /></> : common.phaseOver)],
        ]}
      />
      <Act
        label={say.schoolDesk.setCutOff}
        ask={say.schoolDesk.setCutOffHere}
        run={async ({ closesOn = "" }) => (await command(SetInnerCutOff, { input: { year: project.round.year, projectId: project.id, closesOn: isoDate(closesOn) } })).refusals}
      >
        <DateField name="closesOn" label={say.schoolDesk.closesOn} required />
      </Act>
    </Card>
  );
}

function Rows({ project, rows, tell }: { project: string; rows: readonly Teacher[]; tell: (done: Done) => void }) {
  const say = words();
  const common = general();
  const { ticked, tick, keep } = useTicked(rows);
  const { run, busy, refusals } = useCommand(EnrollTeachers);
  const send = async (submit: boolean): Promise<void> => {
    const teacherIds = [...ticked];
    const answer = await run({ projectId: project, teacherIds, submit });
    const outcomes = (answer.data?.enrollTeachers ?? []).map((row, index) => ({ ...row, id: teacherIds[index] ?? row.id }));
    if (outcomes.length) tell({ outcomes, names: new Map(rows.map((each) => [each.id, each.name ?? each.id])) });
    if (!answer.refusals.length) keep(outcomes.filter((each) => !each.ok).map((each) => each.id));
  };
  const none = !ticked.size || busy;
  return (
    <div class="stack">
      {refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
      <div class="row">
        <TickThese rows={rows} ticked={ticked} keep={keep} label={say.ministryDesk.wholePage} />
        <button type="button" class="button first" disabled={none} onClick={() => void send(false)}>{say.signUp}</button>
        <button type="button" class="button" disabled={none} onClick={() => void send(true)}>{say.schoolDesk.enrolSubmit}</button>
        <span class="quiet" role="status">{say.selected(count(ticked.size))}</span>
      </div>
      <Table
        caption={say.teachers}
        rows={rows}
        name={(row) => row.id}
        empty={say.noTeachers}
        columns={[
          {
            head: say.teacher,
            cell: (row) => (
              <label class="pick">
                <input type="checkbox" checked={ticked.has(row.id)} onChange={() => tick(row.id)} />
                <span>{row.name}</span>
              </label>
            ),
          },
          { head: say.post, cell: (row) => common.audience[row.post] },
          { head: say.position, cell: (row) => row.title },
          { head: say.major, cell: (row) => row.majorCategory?.name },
        ]}
      />
    </div>
  );
}
