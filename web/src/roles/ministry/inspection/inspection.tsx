// One inspection: its population, its draw, its sample, and the step that comes next (R37; ADR 55).
import { count, instant } from "../../../app/moment";
import { Heading } from "../../../app/shell";
import { general } from "../../../app/words";
import { useQuery } from "../../../graph/use";
import { Answered } from "../../../parts/answered";
import { Card, Facts } from "../../../parts/basic";
import { Table } from "../../../parts/table";
import { words as findings } from "../../inspection/words";
import { MinistryInspection, type MinistryInspectionQuery } from "./documents";
import { percentOf, stratumName } from "./fields";
import { Sample } from "./sample";
import { StateTag } from "./state_tag";
import { Steps } from "./steps";
import { words } from "./words";

export type Inspection = NonNullable<MinistryInspectionQuery["inspection"]>;

export function InspectionPage({ id }: { id: string }) {
  const say = words();
  const shown = useQuery(MinistryInspection, { id });
  return (
    <Answered of={shown}>
      {({ inspection }) => inspection ? <Whole of={inspection} /> : (
        <div class="stack">
          <Heading title={say.noInspection}>{say.noInspection}</Heading>
          <p><a href="/console/inspections">{say.inspections}</a></p>
        </div>
      )}
    </Answered>
  );
}

function Whole({ of }: { of: Inspection }) {
  const say = words();
  return (
    <div class="stack">
      <Heading title={of.title}>{of.title}</Heading>
      <p class="row">
        <StateTag state={of.state} /> <span class="quiet">{of.id}</span>
        <a href={`/inspections/${encodeURIComponent(of.id)}`}>{say.publicPage}</a>
        <a href="/console/inspections/findings">{findings().findings}</a>
      </p>
      {of.voidReason && <p class="note warn">{say.voided(of.voidReason)}</p>}
      {of.withheld && <p class="note warn">{say.withheld}</p>}
      <Steps of={of} />
      <Population of={of} />
      {of.beacons.length > 0 && <Beacons of={of} />}
      <Sample of={of} />
    </div>
  );
}

function Population({ of }: { of: Inspection }) {
  const say = words();
  const files: [string | null, string][] = [
    [of.populationPath, say.files.population],
    [of.ceremonyPath, say.files.ceremony],
    [of.samplePath, say.files.sample],
  ];
  return (
    <Card>
      <div class="stack">
        <Facts
          of={[
            [say.size, count(of.size)],
            [say.shareOf, percentOf(of.shareBp)],
            [say.frozen, instant(of.frozenAt)],
            [say.objections, instant(of.objectionsUntil)],
            [say.revealBy, of.revealBy && instant(of.revealBy)],
            [say.drawn, of.drawnAt && instant(of.drawnAt)],
            [say.audit, of.commitment && (of.auditSequence ?? say.auditAwaited)],
            [say.weights, of.weights],
            [say.sha, <span class="mono">{of.populationSha256}</span>],
            [say.commitment, of.commitment && <span class="mono">{of.commitment}</span>],
          ]}
        />
        <p class="row">{files.map(([path, text]) => path && <a key={text} class="button" href={path} download>{text}</a>)}</p>
        <Table
          caption={say.strata}
          rows={of.strata}
          name={(row) => row.name}
          empty={general().noData}
          columns={[
            { head: say.stratum, cell: (row) => stratumName(row.name) },
            { head: say.size, cell: (row) => count(row.size), number: true },
            { head: say.toDraw, cell: (row) => count(row.drawn), number: true },
          ]}
        />
      </div>
    </Card>
  );
}

function Beacons({ of }: { of: Inspection }) {
  const say = words();
  return (
    <Card>
      <Table
        caption={say.beacons}
        rows={of.beacons}
        name={(row) => row.source + row.at}
        empty={general().noData}
        columns={[
          { head: say.sourceHead, cell: (row) => row.source },
          { head: say.published, cell: (row) => instant(row.at) },
          { head: say.value, cell: (row) => row.value && <span class="mono">{row.value}</span> },
        ]}
      />
    </Card>
  );
}
