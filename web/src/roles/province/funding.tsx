// Funding of a province: recorded once, corrected by a later revision with its reason (R27).
import { instant, yuan } from "../../app/moment";
import { Heading } from "../../app/shell";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, Choice, Reason } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, Tag } from "../../parts/basic";
import { TextField } from "../../parts/form";
import { Table } from "../../parts/table";
import { words } from "../words";
import { type FundingSource, ProvinceFunding, type ProvinceFundingQuery, RecordFunding } from "./documents";

type Row = NonNullable<NonNullable<ProvinceFundingQuery["myProvince"]>["funding"]>[number];
type Values = Record<string, string>;

/** The fen of an amount in yuan as people type it; what is no amount is -1, which is refused in words. */
function fen(text: string): number {
  const [, whole, part = ""] = /^(\d+)(?:\.(\d{1,2}))?$/.exec(text.normalize("NFKC").replace(/[,\s]/g, "")) ?? [];
  return whole ? Number(whole) * 100 + Number(part.padEnd(2, "0")) : -1;
}

export function FundingPage({ year }: { year: number }) {
  const say = words();
  const own = say.provinceDesk;
  const shown = useQuery(ProvinceFunding, { year });
  const record = async ({ item = "", amount = "", source, school, note }: Values) =>
    (await command(RecordFunding, { input: { year, item, amount: fen(amount), source: source as FundingSource, school: school || null, note: note || null } })).refusals;
  return (
    <div class="stack">
      <Heading title={say.funding}>{say.funding}</Heading>
      <Act kind="first" label={own.record} ask={own.recordAsk} run={record}>
        <TextField name="item" label={say.item} required autocomplete="off" />
        <TextField name="amount" label={own.amount} required autocomplete="off" />
        <Choice name="source" label={say.source} initial="PROVINCIAL" of={Object.entries(say.sources)} />
        <TextField name="school" label={own.school} autocomplete="off" />
        <TextField name="note" label={say.note} autocomplete="off" />
      </Act>
      <Card>
        <Answered of={shown}>
          {({ myProvince: province }) => (
            <Table
              caption={say.funding}
              rows={province?.funding ?? []}
              name={(row) => row.id}
              empty={say.noFunding}
              columns={[
                { head: say.item, cell: (row) => <>{row.item} {row.revision > 1 && <Tag>{own.revision(String(row.revision))}</Tag>}</> },
                { head: say.amount, cell: (row) => yuan(row.yuan), number: true },
                { head: say.source, cell: (row) => say.sources[row.source] },
                { head: say.school, cell: (row) => row.school?.name },
                { head: say.project, cell: (row) => row.project?.title },
                { head: say.recordedAt, cell: (row) => instant(row.recordedAt) },
                { head: say.note, cell: (row) => row.note },
                { head: own.act, cell: (row) => <Correct of={row} year={year} /> },
              ]}
            />
          )}
        </Answered>
      </Card>
    </div>
  );
}

function Correct({ of, year }: { of: Row; year: number }) {
  const say = words();
  const own = say.provinceDesk;
  const name = (field: string): string => `${field}-${of.id}`;
  const correct = async (values: Values) => {
    const input = {
      year,
      corrects: of.id,
      item: values[name("item")] ?? "",
      amount: fen(values[name("amount")] ?? ""),
      source: values[name("source")] as FundingSource,
      note: values[name("note")] || null,
      school: of.school?.code ?? null,
      project: of.project?.id ?? null,
      reason: values[name("reason")] ?? "",
    };
    return (await command(RecordFunding, { input })).refusals;
  };
  return (
    <Act label={own.correct} ask={own.correctAsk} run={correct}>
      <TextField name={name("item")} label={say.item} required autocomplete="off" defaultValue={of.item} />
      <TextField name={name("amount")} label={own.amount} required autocomplete="off" defaultValue={of.yuan} />
      <Choice name={name("source")} label={say.source} initial={of.source} of={Object.entries(say.sources)} />
      <TextField name={name("note")} label={say.note} autocomplete="off" defaultValue={of.note ?? ""} />
      <Reason name={name("reason")} />
    </Act>
  );
}
