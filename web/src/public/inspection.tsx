// A random inspection: its population, the commitment, the sources of randomness and the sample (R37).
import { instant } from "../app/moment";
import { Heading } from "../app/shell";
import { general } from "../app/words";
import { useQuery } from "../graph/use";
import { Answered } from "../parts/answered";
import { Card, Empty, Facts, Tag } from "../parts/basic";
import { Table } from "../parts/table";
import { PublicInspection, type PublicInspectionQuery, PublicInspections } from "./documents";
import { useRounds } from "./round";
import { words } from "./words";

type Inspection = NonNullable<PublicInspectionQuery["inspection"]>;

export function InspectionsPage() {
  const say = words();
  const [shown, rounds] = useRounds();
  return (
    <div class="stack">
      <Heading title={say.inspections}>{say.inspections}</Heading>
      <p class="quiet">{say.inspectionsHint}</p>
      <Answered of={shown}>{() => rounds.map((round) => <OfYear key={round.year} year={round.year} />)}</Answered>
    </div>
  );
}

function OfYear({ year }: { year: number }) {
  const say = words();
  const shown = useQuery(PublicInspections, { year });
  return (
    <Card>
      <Answered of={shown}>
        {(data) => (
          <Table
            caption={say.year(year)}
            rows={data.inspections ?? []}
            name={(row) => row.id}
            empty={`${say.year(year)} · ${say.noInspections}`}
            columns={[
              { head: say.inspections, cell: (row) => <a href={`/inspections/${encodeURIComponent(row.id)}`}>{row.title}</a> },
              { head: say.state, cell: (row) => <Tag>{say.inspectionState[row.state]}</Tag> },
              { head: say.size, cell: (row) => row.size, number: true },
              { head: say.frozen, cell: (row) => instant(row.frozenAt) },
            ]}
          />
        )}
      </Answered>
    </Card>
  );
}

export function InspectionPage({ id }: { id: string }) {
  const say = words();
  const shown = useQuery(PublicInspection, { id });
  return (
    <Answered of={shown}>
      {({ inspection }) => inspection ? <Whole inspection={inspection} /> : (
        <div class="stack">
          <Heading title={say.noInspection}>{say.noInspection}</Heading>
          <p><a href="/inspections">{say.inspections}</a></p>
        </div>
      )}
    </Answered>
  );
}

function Whole({ inspection }: { inspection: Inspection }) {
  const say = words();
  const common = general();
  const files: [string | null, string][] = [
    [inspection.populationPath, say.populationFile],
    [inspection.samplePath, say.sampleFile],
    [inspection.ceremonyPath, say.ceremonyFile],
  ];
  return (
    <article class="stack">
      <Heading title={inspection.title}>{inspection.title}</Heading>
      <p class="row"><Tag tone="brand">{say.inspectionState[inspection.state]}</Tag> {inspection.voidReason}</p>
      <Card title={say.population}>
        <div class="stack">
          <Facts
            of={[
              [say.size, inspection.size],
              [say.share, common.percent((inspection.shareBp / 100).toFixed(2))],
              [say.frozen, instant(inspection.frozenAt)],
              [say.objections, instant(inspection.objectionsUntil)],
              [say.drawn, inspection.drawnAt ? instant(inspection.drawnAt) : say.notDrawn],
              [say.sha, <span class="mono">{inspection.populationSha256}</span>],
              [say.commitment, inspection.commitment && <span class="mono">{inspection.commitment}</span>],
            ]}
          />
          <p class="row">{files.map(([path, text]) => path && <a key={text} class="button" href={path} download>{text}</a>)}</p>
        </div>
      </Card>
      <Card>
        <Table
          caption={say.strata}
          rows={inspection.strata}
          name={(row) => row.name}
          empty={common.noData}
          columns={[
            { head: say.stratum, cell: (row) => row.name },
            { head: say.size, cell: (row) => row.size, number: true },
            { head: say.drawnCount, cell: (row) => row.drawn, number: true },
          ]}
        />
      </Card>
      {inspection.beacons.length > 0 && (
        <Card>
          <Table
            caption={say.beacons}
            rows={inspection.beacons}
            name={(row) => row.source + row.at}
            empty={common.noData}
            columns={[
              { head: say.source, cell: (row) => row.source },
              { head: say.date, cell: (row) => instant(row.at) },
              { head: say.value, cell: (row) => <span class="mono">{row.value ?? common.none}</span> },
            ]}
          />
        </Card>
      )}
      <Card>
        {inspection.sample.length ? (
          <Table
            caption={say.sample}
            rows={inspection.sample}
            name={(row) => String(row.order)}
            empty={say.notDrawn}
            columns={[
              { head: say.rank, cell: (row) => row.order },
              { head: say.project, cell: (row) => <a href={`/projects/${encodeURIComponent(row.project.code)}`}>{row.project.title}</a> },
              { head: say.base, cell: (row) => row.project.base.name },
              { head: say.stratum, cell: (row) => row.stratum },
            ]}
          />
        ) : <Empty title={say.notDrawn} />}
      </Card>
    </article>
  );
}
