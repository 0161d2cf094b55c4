// A further class of a plan: dates, and where they differ seats and venue (R12).
import { go } from "../../../app/router";
import { command } from "../../../graph/client";
import { Act, Choice, DateField, isoDate, wholeNumber } from "../../../parts/act";
import { TextField } from "../../../parts/form";
import { AddClass } from "./documents";
import { words } from "./words";

export function FurtherClass({ project, provinces }: { project: { id: string }; provinces: readonly { code: string; name: string }[] }) {
  const say = words();
  const add = async ({ startsOn, endsOn, capacity, province, address }: Record<string, string>) => {
    const { data, refusals } = await command(AddClass, {
      project: project.id,
      input: {
        startsOn: isoDate(startsOn ?? ""),
        endsOn: isoDate(endsOn ?? ""),
        capacity: capacity ? wholeNumber(capacity) : null,
        venue: province || address ? { province: province ?? "", address: address ?? "" } : null,
      },
    });
    if (data?.addClass) go(`/console/projects/${data.addClass.id}/plan`);
    return refusals;
  };
  return (
    <Act label={say.addClass} ask={say.addClassAsk} run={add}>
      <DateField name="startsOn" label={say.startsOn} required />
      <DateField name="endsOn" label={say.endsOn} required />
      <TextField name="capacity" label={say.capacity} inputMode="numeric" autocomplete="off" />
      <Choice name="province" label={say.province} initial="" of={[["", say.sameVenue], ...provinces.map(({ code, name }): [string, string] => [code, name])]} />
      <TextField name="address" label={say.address} autocomplete="off" />
    </Act>
  );
}
