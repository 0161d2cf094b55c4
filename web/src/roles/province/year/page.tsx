// The final grades of a province's bases in a year; their points are not a province's to see (R38).
import { instant } from "../../../app/moment";
import { usePlace } from "../../../app/router";
import { Heading } from "../../../app/shell";
import { general } from "../../../app/words";
import { useQuery } from "../../../graph/use";
import { Answered } from "../../../parts/answered";
import { Card } from "../../../parts/basic";
import { Chips, Pager, Table } from "../../../parts/table";
import { GRADES, type Grade, GradeTag } from "../../assessment/view";
import { words } from "../../assessment/words";
import { ProvinceGrades } from "./documents";

export function GradesPage({ year }: { year: number }) {
  const say = words();
  const { query } = usePlace();
  const grade = query.get("grade") as Grade | null;
  const shown = useQuery(ProvinceGrades, { year, after: query.get("after"), grade });
  return (
    <div class="stack">
      <Heading title={say.titleOf(year)}>{say.titleOf(year)}</Heading>
      <p class="quiet">{say.ofProvince.hint}</p>
      <Chips label={say.grade} name="grade" chosen={grade} of={[[null, general().all], ...GRADES.map((each): [string, string] => [each, say.grades[each]])]} />
      <Card>
        <Answered of={shown}>
          {({ annualAssessments: list }) => list && (
            <div class="stack">
              <Table
                caption={say.title}
                rows={list.nodes}
                name={(row) => row.id}
                empty={say.ofProvince.none}
                columns={[
                  { head: say.base, cell: (row) => row.base.name },
                  { head: say.category, cell: (row) => general().category[row.base.category] },
                  { head: say.grade, cell: (row) => <GradeTag grade={row.grade} state={row.state} /> },
                  { head: say.finalizedAt, cell: (row) => row.finalizedAt && instant(row.finalizedAt) },
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
