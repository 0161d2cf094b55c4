// An item of an assessment: how it is computed, the facts behind its numbers, and what can be done about it (R38).
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { count } from "../../app/moment";
import { usePlace, withQuery } from "../../app/router";
import { general } from "../../app/words";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Facts } from "../../parts/basic";
import { Pager, Table } from "../../parts/table";
import { AssessmentFacts, type AssessmentFactsQuery, Rubric } from "./documents";
import { counted, points } from "./numbers";
import type { Assessment, Item } from "./view";
import { words } from "./words";

type Fact = NonNullable<AssessmentFactsQuery["assessmentEvidence"]>["nodes"][number];

/** What the rubric says of an item. */
interface Rule {
  code: string;
  points: number;
  done?: string;
  of?: string;
  full_at_bp?: number;
  zero_at_hundredths?: number;
  full_at_hundredths?: number;
  loss_hundredths?: Record<string, number>;
}

export function ItemCard({ assessment, item, projects, project, children }: {
  assessment: Assessment;
  item: Item;
  projects: ReadonlyMap<string, string>;
  project: (id: string) => string;
  children: ComponentChildren;
}) {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(AssessmentFacts, { id: assessment.id, code: item.code, after: query.get("after") });
  const rubric = useQuery(Rubric, { version: assessment.rubric }).data?.rubric as { items: Rule[] } | null | undefined;
  const rule = rubric?.items.find((each) => each.code === item.code);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    head.current?.focus();
  }, []);
  const fact = ({ kind, id }: Fact) => {
    if (kind === "PROJECT") return <a href={project(id)}>{projects.get(id) ?? id}</a>;
    return (kind === "COMPLAINT" && assessment.complaints?.find((each) => each.id === id)?.text) || <span class="mono">{id}</span>;
  };
  return (
    <section class="card">
      <div class="stack">
        <div class="row apart">
          <h2 ref={head} tabIndex={-1}>{item.code} {item.name}</h2>
          <a class="button" href={withQuery({ item: null, after: null })}>{say.close}</a>
        </div>
        <Facts
          of={[
            [say.how, rule && <How of={rule} />],
            [say.most, rule && points(100 * rule.points)],
            [say.inputs, counted(item.inputs)],
            [say.adjustedBecause, item.adjustReason],
          ]}
        />
        {item.leftOut.length > 0 && <p class="note warn">{say.leftOut(count(item.leftOut.length))}</p>}
        {children}
        <Answered of={shown}>
          {({ assessmentEvidence: list }) => list && (
            <div class="stack">
              <Table
                caption={say.facts}
                rows={list.nodes}
                name={(row) => row.kind + row.id}
                empty={say.noFacts}
                columns={[
                  { head: say.fact, cell: fact },
                  { head: say.kind, cell: (row) => say.kinds[row.kind] },
                  { head: say.counts, cell: (row) => counted(row.counts) },
                ]}
              />
              {list.totalCount > 0 && <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />}
            </div>
          )}
        </Answered>
      </div>
    </section>
  );
}

/** How an item is computed; the rubric's words are as they are on file. */
function How({ of }: { of: Rule }) {
  const say = words();
  const loss = Object.entries(of.loss_hundredths ?? {}).map(([name, hundredths]) => say.lossHow(say.names[name] ?? name, points(hundredths)));
  if (of.done && of.of) return <>{say.ratioHow(of.done, of.of, String((of.full_at_bp ?? 10_000) / 100))}</>;
  if (of.full_at_hundredths) return <>{say.meanHow(points(of.zero_at_hundredths ?? 0), points(of.full_at_hundredths))}</>;
  return <>{loss.join(general().semicolon)}</>;
}
