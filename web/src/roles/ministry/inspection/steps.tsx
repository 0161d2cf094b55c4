// What the ministry may do with an inspection, by where it stands (R37).
import { useState } from "preact/hooks";
import { count, instant } from "../../../app/moment";
import { command } from "../../../graph/client";
import { Act, Acts, Choice, Reason, wholeNumber } from "../../../parts/act";
import { TextField } from "../../../parts/form";
import { AnnounceInspection, CloseInspection, ExtendInspection, RecordBeacons, RevealInspection, VoidInspection } from "./documents";
import { TimeField, isoInstant, stratumName } from "./fields";
import type { Inspection } from "./inspection";
import { words } from "./words";

const MOST_BEACONS = 10;
type Given = Record<string, string>;

export function Steps({ of }: { of: Inspection }) {
  if (of.state === "CLOSED" || of.state === "VOID") return null;
  return (
    <Acts>
      {of.state === "FROZEN" && <Announce of={of} />}
      {of.state === "ANNOUNCED" && <Draw of={of} />}
      {of.state === "DRAWN" ? <Inspecting of={of} /> : <GiveUp of={of} />}
    </Acts>
  );
}

function Announce({ of: { id } }: { of: Inspection }) {
  const say = words();
  const [sources, setSources] = useState(1);
  const numbers = Array.from({ length: sources }, (_, index) => index + 1);
  const announce = async (given: Given) => {
    const beacons = numbers.map((number) => ({ source: given[`source-${number}`] ?? "", at: isoInstant(given[`at-${number}`] ?? "") }));
    return (await command(AnnounceInspection, { id, beacons, revealBy: isoInstant(given["reveal-by"] ?? "") })).refusals;
  };
  return (
    <Act kind="first" label={say.announce} ask={say.announceAsk} run={announce}>
      {numbers.map((number) => (
        <div key={number} class="stack tight">
          <TextField name={`source-${number}`} label={say.source(String(number))} hint={say.sourceHint} required autocomplete="off" />
          <TimeField name={`at-${number}`} label={say.at(String(number))} hint={say.atHint} />
        </div>
      ))}
      <p class="row">
        {sources < MOST_BEACONS && <button type="button" class="button" onClick={() => setSources(sources + 1)}>{say.moreSources}</button>}
        {sources > 1 && <button type="button" class="button" onClick={() => setSources(sources - 1)}>{say.fewerSources}</button>}
      </p>
      <TimeField name="reveal-by" label={say.revealBy} hint={say.revealHint} />
    </Act>
  );
}

function Draw({ of: { id, beacons } }: { of: Inspection }) {
  const say = words();
  const recorded = beacons.every((each) => each.value);
  const record = async (given: Given) =>
    (await command(RecordBeacons, { id, values: beacons.map((_, index) => (given[`value-${index}`] ?? "").normalize("NFKC")) })).refusals;
  return (
    <>
      <Act kind={recorded ? "" : "first"} label={say.record} ask={say.recordAsk} run={record}>
        {beacons.map((each, index) => (
          <TextField key={each.source + each.at} name={`value-${index}`} label={each.source} hint={say.valueHint(instant(each.at))} required autocomplete="off" defaultValue={each.value ?? ""} />
        ))}
      </Act>
      {recorded && <Act kind="first" label={say.reveal} ask={say.revealAsk} run={async () => (await command(RevealInspection, { id })).refusals} />}
    </>
  );
}

function GiveUp({ of: { id } }: { of: Inspection }) {
  const say = words();
  return (
    <Act kind="danger" label={say.void} ask={say.voidAsk} run={async ({ "void-reason": reason = "" }) => (await command(VoidInspection, { id, reason })).refusals}>
      <Reason name="void-reason" />
    </Act>
  );
}

function Inspecting({ of: { id, strata } }: { of: Inspection }) {
  const say = words();
  const extend = async ({ stratum = "", more = "", "extend-reason": reason = "" }: Given) =>
    (await command(ExtendInspection, { id, stratum, count: wholeNumber(more), reason })).refusals;
  return (
    <>
      <Act label={say.extend} ask={say.extendAsk} run={extend}>
        <Choice name="stratum" label={say.stratum} initial={strata[0]?.name ?? ""} of={strata.map(({ name, size }): [string, string] => [name, `${stratumName(name)} (${count(size)})`])} />
        <TextField name="more" label={say.count} required inputMode="numeric" autocomplete="off" />
        <Reason name="extend-reason" />
      </Act>
      <Act label={say.close} ask={say.closeAsk} run={async () => (await command(CloseInspection, { id })).refusals} />
    </>
  );
}
