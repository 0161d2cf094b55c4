// The pages of an expert.
import { days, instant } from "../../app/moment";
import { later } from "../../app/later";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Card, Tag } from "../../parts/basic";
import { Pager, Table } from "../../parts/table";
import type { Role } from "../page";
import { words } from "../words";
import { Desk, type DeskQuery } from "./documents";

type Review = NonNullable<DeskQuery["myReviews"]>["nodes"][number];

/** What is to be reviewed comes first. */
const ordered = (rows: readonly Review[]): Review[] =>
  [...rows].sort((left, right) => Number(Boolean(left.submittedAt)) - Number(Boolean(right.submittedAt)));

function Reviews() {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(Desk, { after: query.get("after") });
  return (
    <Card>
      <Answered of={shown}>
        {({ myReviews: list }) => list && (
          <div class="stack">
            <Table
              caption={say.desk}
              rows={ordered(list.nodes)}
              name={(row) => row.id}
              empty={say.noReviews}
              columns={[
                { head: say.project, cell: (row) => <>{row.project && <a href={`/console/reviews/${row.project.id}`}>{row.project.title}</a>} <span class="quiet small beneath">{row.project?.code}</span></> },
                { head: say.base, cell: (row) => row.project?.base.name },
                { head: say.status, cell: (row) => <>{row.submittedAt ? <Tag tone="ok">{say.reviewed}</Tag> : <Tag tone="warn">{say.toReview}</Tag>} {row.cycle > 1 && say.cycle(row.cycle)}</> },
                { head: say.dates, cell: (row) => days(row.project?.startsOn, row.project?.endsOn) },
                { head: say.assignedAt, cell: (row) => instant(row.assignedAt) },
                { head: say.warnings, cell: (row) => (row.project?.warnings ?? []).map((each) => <p key={each.code + each.message} class="small">{each.message}</p>) },
              ]}
            />
            <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
          </div>
        )}
      </Answered>
    </Card>
  );
}

const ReviewPage = later(() => import("./review").then((module) => module.ReviewPage));

export const role: Role = {
  pages: [
    {
      path: "/reviews",
      nav: () => words().nav.reviews,
      view: () => <div class="stack"><Heading title={words().desk}>{words().desk}</Heading><Reviews /></div>,
    },
    { path: "/reviews/:id", view: ({ parts }) => <ReviewPage id={parts.id ?? ""} /> },
  ],
  overview: Reviews,
  places: { REVIEW: ({ project }) => (project ? `/console/reviews/${project.id}` : "/console/reviews") },
};
