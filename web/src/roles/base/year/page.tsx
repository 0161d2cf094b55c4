// A base's own assessments: points, evidence and grade of a year; its comments, and its appeal (R38, R39).
import { count, day } from "../../../app/moment";
import { Heading } from "../../../app/shell";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Acts } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Card, Empty, Facts } from "../../../parts/basic";
import { Table } from "../../../parts/table";
import { AssessmentOfBase } from "../../assessment/documents";
import { KeptText } from "../../assessment/kept_text";
import { points } from "../../assessment/numbers";
import { type Assessment, AssessmentView, type Base, GradeTag, type Item, StateTag } from "../../assessment/view";
import { words } from "../../assessment/words";
import { AppealAssessment, BaseAssessments, CommentAssessment } from "./documents";

export function AssessmentsPage({ year }: { year: number }) {
  const say = words();
  const shown = useQuery(BaseAssessments, { year, next: year + 1 });
  return (
    <div class="stack">
      <Heading title={say.title}>{say.title}</Heading>
      <Answered of={shown}>
        {({ myBases: bases }) => (bases ?? []).map((base) => (
          <Card key={base.id} title={base.name}>
            <div class="stack">
              <Facts of={([[year, base.quota], [year + 1, base.next]] as const).map(([of, quota]) => [say.own.quota(of), quota && say.own.quotaUsed(count(quota.used), count(quota.limit))])} />
              {base.annualAssessments?.length ? (
                <Table
                  caption={say.own.list}
                  rows={base.annualAssessments}
                  name={(row) => row.id}
                  empty={say.none}
                  columns={[
                    { head: say.year, cell: (row) => <a href={`/console/assessments/${row.year}/${base.id}`}>{say.titleOf(row.year)}</a> },
                    { head: say.score, cell: (row) => (row.scoreHundredths === null ? "" : points(row.scoreHundredths)), number: true },
                    { head: say.grade, cell: (row) => <GradeTag grade={row.grade} state={row.state} /> },
                    { head: say.state, cell: (row) => <StateTag state={row.state} /> },
                    { head: say.commentUntil, cell: (row) => row.commentUntil && day(row.commentUntil) },
                    { head: say.appealUntil, cell: (row) => row.appealUntil && day(row.appealUntil) },
                  ]}
                />
              ) : <Empty title={say.none}><p>{say.noneYet}</p></Empty>}
            </div>
          </Card>
        ))}
      </Answered>
    </div>
  );
}

export function AssessmentPage({ year, id }: { year: number; id: string }) {
  const say = words();
  const shown = useQuery(AssessmentOfBase, { base: id, year, next: year + 1 });
  return (
    <div class="stack">
      <Heading title={say.titleOf(year)}>{say.titleOf(year)}</Heading>
      <Answered of={shown}>
        {({ base }) => {
          const found = base?.annualAssessments?.find((each) => each.year === year);
          return base && found ? <One base={base} of={found} /> : <Empty title={say.none}><p>{say.noneYet}</p></Empty>;
        }}
      </Answered>
    </div>
  );
}

function One({ base, of }: { base: Base; of: Assessment }) {
  const say = words();
  const own = say.own;
  const comment = (item: Item | null) => async (text: string) => (await command(CommentAssessment, { id: of.id, item: item?.code ?? null, text })).refusals;
  const appeal = async (text: string) => (await command(AppealAssessment, { id: of.id, text })).refusals;
  const commenting = of.state === "COMMENTING";
  const appealable = of.state === "FINAL" && !of.comments?.some((each) => each.appeal);
  return (
    <>
      <p class="quiet">{base.name}{base.quota && ` · ${own.quota(of.year + 1)} ${own.quotaUsed(count(base.quota.used), count(base.quota.limit))}`}</p>
      <AssessmentView
        of={of}
        base={base}
        project={(id) => `/console/projects/${id}`}
        about={(item) => commenting && <KeptText key={item.code} name={`comment:${of.id}:${item.code}`} label={own.commentOn(item.name)} ask={own.commentAsk} send={comment(item)} />}
      >
        <Acts>
          {commenting && <KeptText name={`comment:${of.id}`} kind="first" label={own.comment} ask={own.commentAsk} send={comment(null)} />}
          {appealable && <KeptText name={`appeal:${of.id}`} label={own.appeal} ask={own.appealAsk} send={appeal} />}
        </Acts>
      </AssessmentView>
    </>
  );
}
