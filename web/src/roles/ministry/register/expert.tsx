// Setting right what is on file of an expert (R14).
import { command } from "../../../graph/client";
import { Act, Reason } from "../../../parts/act";
import { TextField } from "../../../parts/form";
import { words as shared } from "../../words";
import type { ExpertsQuery } from "../documents";
import { CorrectExpert as Correct } from "./documents";
import { changedNumbers, ordinals } from "./numbers";
import { words } from "./words";

type Expert = NonNullable<ExpertsQuery["experts"]>["nodes"][number];

export function CorrectExpert({ of }: { of: Expert }) {
  const say = words();
  const common = shared();
  const { id, version } = of;
  const fields = ordinals(of.fields);
  const correct = async (values: Record<string, string>) => {
    const changed = (name: string, before: string): string | null => (values[`${id}-${name}`] === before ? null : (values[`${id}-${name}`] ?? null));
    const code = changed("organizationCode", of.organization?.code ?? "");
    const named = changed("organizationName", of.organization?.name ?? "");
    const input = {
      name: changed("name", of.name),
      organizationCode: code ?? (named === null ? null : (of.organization?.code ?? null)),
      organizationName: named ?? (code === null ? null : (of.organization?.name ?? null)),
      fields: changedNumbers(values[`${id}-fields`], fields),
      reason: values[`${id}-why`] ?? "",
    };
    return (await command(Correct, { id, version, input })).refusals;
  };
  return (
    <Act label={say.correct} ask={say.correctAsk} run={correct}>
      <TextField name={`${id}-name`} label={common.name} required autocomplete="off" defaultValue={of.name} />
      <TextField name={`${id}-organizationName`} label={common.organization} required autocomplete="off" defaultValue={of.organization?.name ?? ""} />
      <TextField name={`${id}-organizationCode`} label={common.ministryDesk.organizationCode} required autocomplete="off" defaultValue={of.organization?.code ?? ""} />
      <TextField name={`${id}-fields`} label={say.majors} hint={say.majorsHint} autocomplete="off" defaultValue={fields} />
      <Reason name={`${id}-why`} />
    </Act>
  );
}
