// What a teacher may rate now, at the page that knows nobody, and the results of classes that he or she attended (R34 to R36).
import { days, deadline, instant } from "../../../app/moment";
import { Heading } from "../../../app/shell";
import { useQuery } from "../../../graph/use";
import { Answered } from "../../../parts/answered";
import { Card, Empty, Tag } from "../../../parts/basic";
import { Instruments, Standing, StateTag } from "../../rating/results";
import { words } from "../../rating/words";
import { words as shared } from "../../words";
import { MyEvaluations, type MyEvaluationsQuery, RatedClass } from "./documents";

type Project = NonNullable<NonNullable<MyEvaluationsQuery["myEnrollments"]>["nodes"][number]["project"]>;
type Mine = NonNullable<MyEvaluationsQuery["myInstruments"]>[number];
const BALLOT = "/ballot/";
const ENDED = new Set(["PUBLISHED", "SUPPRESSED"]);

export function EvaluationsPage() {
  const say = words();
  const shown = useQuery(MyEvaluations, {});
  return (
    <div class="stack">
      <Heading title={say.title}>{say.title}</Heading>
      <Answered of={shown}>
        {({ myInstruments, myEnrollments }) => {
          const projects = (myEnrollments?.nodes ?? []).flatMap(({ project }) => (project ? [project] : []));
          const titles = new Map(projects.flatMap((project) => (project.instruments ?? []).map((each): [string, string] => [each.id, project.title ?? project.code])));
          return (
            <>
              {myInstruments && <ToRate of={myInstruments} titles={titles} />}
              <Results of={projects} />
            </>
          );
        }}
      </Answered>
    </div>
  );
}

function ToRate({ of, titles }: { of: readonly Mine[]; titles: ReadonlyMap<string, string> }) {
  const say = words();
  return (
    <Card title={say.mine}>
      {of.length ? (
        <div class="stack">
          <p>{say.mineHint}</p>
          <ul class="list">
            {of.map((each) => {
              const title = titles.get(each.id) ?? "";
              return (
                <li key={each.id} class="row apart">
                  <span>
                    <span class="strong">{say.kinds[each.kind]}</span> {title} <StateTag state={each.state} /> {each.tokenIssued && <Tag>{say.drawn}</Tag>}
                    <span class="quiet small beneath">{each.state === "OPEN" && each.closesAt ? deadline(each.closesAt) : each.opensAt ? say.opensAt(instant(each.opensAt)) : say.windowLater}</span>
                  </span>
                  {each.state === "OPEN" && <a class="button first" href={BALLOT} aria-label={say.rateOf(say.kinds[each.kind], title)}>{say.rate}</a>}
                </li>
              );
            })}
          </ul>
          <p><a href={BALLOT}>{say.openPage}</a></p>
        </div>
      ) : <Empty title={say.noneToRate}><p>{say.noneToRateHint}</p></Empty>}
    </Card>
  );
}

function Results({ of }: { of: readonly Project[] }) {
  const say = words();
  const ended = of.filter((project) => (project.instruments ?? []).some((each) => ENDED.has(each.state)));
  return (
    <Card title={say.results}>
      {ended.length ? (
        <ul class="list">
          {ended.map((project) => (
            <li key={project.id}>
              <p><a class="strong" href={`/console/evaluations/${project.id}`}>{project.title ?? project.code}</a></p>
              {(project.instruments ?? []).map((each) => <p key={each.id} class="row">{say.kinds[each.kind]} <Standing of={each} /></p>)}
            </li>
          ))}
        </ul>
      ) : <Empty title={say.noResults} />}
    </Card>
  );
}

export function ClassResultsPage({ id }: { id: string }) {
  const shown = useQuery(RatedClass, { id });
  return (
    <Answered of={shown}>
      {({ project }) => project ? (
        <div class="stack">
          <Heading title={project.title ?? project.code}>{project.title ?? project.code}</Heading>
          <p class="quiet">{project.code} · {project.base.name} · {days(project.startsOn, project.endsOn)}</p>
          {project.instruments && <Instruments of={project.instruments} />}
        </div>
      ) : <Heading title={shared().noProject}>{shared().noProject}</Heading>}
    </Answered>
  );
}
