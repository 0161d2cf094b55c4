// The evaluations of a year's classes, and one of them (R34 to R36).
import { days } from "../../../app/moment";
import { usePlace } from "../../../app/router";
import { Heading } from "../../../app/shell";
import { useQuery } from "../../../graph/use";
import { Answered } from "../../../parts/answered";
import { Card, ProjectTag } from "../../../parts/basic";
import { Pager, Table } from "../../../parts/table";
import { EvaluationOfClass } from "../../rating/documents";
import { Instruments, Standing } from "../../rating/results";
import { words } from "../../rating/words";
import { words as shared } from "../../words";
import { Evaluations, type EvaluationsQuery } from "./documents";

type Row = NonNullable<EvaluationsQuery["projects"]>["nodes"][number];
const KINDS = ["TEACHING", "SATISFACTION"] as const;

export function EvaluationsPage({ year }: { year: number }) {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(Evaluations, { year, after: query.get("after") });
  return (
    <div class="stack">
      <Heading title={say.title}>{say.title}</Heading>
      <Card>
        <Answered of={shown}>
          {({ projects: list }) => list && (
            <div class="stack">
              <Table
                caption={say.list}
                rows={list.nodes}
                name={(row) => row.id}
                empty={say.noClasses}
                columns={[
                  { head: say.project, cell: (row: Row) => <><a href={`/console/evaluations/${row.id}`}>{row.title ?? row.code}</a> <span class="quiet small">{row.code}</span></> },
                  { head: say.base, cell: (row: Row) => row.base.name },
                  ...KINDS.map((kind) => ({
                    head: say.kinds[kind],
                    cell: (row: Row) => {
                      const found = (row.instruments ?? []).find((each) => each.kind === kind);
                      return found ? <Standing of={found} /> : "";
                    },
                  })),
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

export function EvaluationPage({ id }: { id: string }) {
  const shown = useQuery(EvaluationOfClass, { id });
  return (
    <Answered of={shown}>
      {({ project }) => project ? (
        <div class="stack">
          <Heading title={project.title ?? project.code}>{project.title ?? project.code}</Heading>
          <p class="row"><ProjectTag status={project.status} /> <span class="quiet">{project.code} · {project.base.name} · {days(project.startsOn, project.endsOn)}</span></p>
          {project.instruments && <Instruments of={project.instruments} />}
        </div>
      ) : <Heading title={shared().noProject}>{shared().noProject}</Heading>}
    </Answered>
  );
}
