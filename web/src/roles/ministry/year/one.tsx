// One base's assessment: points adjusted with reasons, complaints recorded, an appeal decided, the grade made final (R38).
import { Heading } from "../../../app/shell";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act, Acts, Reason } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Card, Empty } from "../../../parts/basic";
import { TextField } from "../../../parts/form";
import { refusalsOf } from "../../../parts/selection";
import { AssessmentOfBase } from "../../assessment/documents";
import { KeptText } from "../../assessment/kept_text";
import { hundredthsOf, points } from "../../assessment/numbers";
import { type Assessment, AssessmentView, type Base, type Item } from "../../assessment/view";
import { words as shared } from "../../assessment/words";
import { AdjustAssessmentItem, DecideAppeal, FinalizeAssessments, RecordComplaint } from "./documents";
import { words } from "./words";

export function AssessmentPage({ year, id }: { year: number; id: string }) {
  const say = shared();
  const own = words();
  const shown = useQuery(AssessmentOfBase, { base: id, year, next: year + 1 });
  return (
    <Answered of={shown}>
      {({ base }) => {
        if (!base) return <Heading title={own.noBase}>{own.noBase}</Heading>;
        const found = base.annualAssessments?.find((each) => each.year === year);
        return (
          <div class="stack">
            <Heading title={base.name}>{base.name}</Heading>
            <p class="row"><a href={`/console/assessments?year=${year}`}>{say.titleOf(year)}</a></p>
            {found ? <One base={base} of={found} /> : (
              <Card>
                <Empty title={own.notComputed}><p>{own.notComputedHint}</p></Empty>
                <Complain base={base} year={year} />
              </Card>
            )}
          </div>
        );
      }}
    </Answered>
  );
}

const Complain = ({ base, year }: { base: Base; year: number }) => {
  const own = words();
  const record = async (text: string) => (await command(RecordComplaint, { base: base.id, year, text })).refusals;
  return <KeptText name={`complaint:${year}:${base.id}`} label={own.complaint} ask={own.complaintAsk} send={record} />;
};

function One({ base, of }: { base: Base; of: Assessment }) {
  const own = words();
  const appeal = of.comments?.find((each) => each.appeal);
  const waiting = of.state === "APPEALED" && appeal?.upheld === null;
  const adjustable = of.state === "COMMENTING" || (of.state === "APPEALED" && appeal?.upheld === true);
  const finalize = async () => {
    const answer = await command(FinalizeAssessments, { ids: [of.id] });
    return refusalsOf(answer.refusals, answer.data?.finalizeAssessments);
  };
  const decide = (upheld: boolean, reason: string) => command(DecideAppeal, { id: of.id, upheld, reason }).then((answer) => answer.refusals);
  return (
    <AssessmentView
      of={of}
      base={base}
      project={(id) => `/console/plans/${id}`}
      about={(item) => adjustable && item.hundredths !== null && <Adjust id={of.id} item={item} />}
    >
      <Acts>
        {of.state === "DRAFT" && <Complain base={base} year={of.year} />}
        {waiting && (
          <>
            <Act kind="first" label={own.uphold} ask={own.upholdAsk} run={({ upheld = "" }) => decide(true, upheld)}><Reason name="upheld" /></Act>
            <Act label={own.dismiss} ask={own.dismissAsk} run={({ dismissed = "" }) => decide(false, dismissed)}><Reason name="dismissed" /></Act>
          </>
        )}
        {adjustable && <Act key="final" label={own.finalize} ask={own.finalizeOne} run={finalize} />}
      </Acts>
    </AssessmentView>
  );
}

function Adjust({ id, item: { code, hundredths, leastHundredths, mostHundredths } }: { id: string; item: Item }) {
  const own = words();
  const adjust = async ({ points: given = "", reason = "" }: Record<string, string>) =>
    (await command(AdjustAssessmentItem, { id, code, hundredths: hundredthsOf(given), reason })).refusals;
  return (
    <Act label={own.adjust} ask={own.adjustAsk(points(leastHundredths), points(mostHundredths))} run={adjust}>
      <TextField name="points" label={shared().points} required autocomplete="off" defaultValue={points(hundredths ?? 0)} />
      <Reason />
    </Act>
  );
}
