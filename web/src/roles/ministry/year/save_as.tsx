// A button that takes a workbook away.
import { useState } from "preact/hooks";
import type { Refusal } from "../../../app/refusals";
import { general } from "../../../app/words";
import { download } from "../../../graph/http";
import { RefusalNote } from "../../../parts/basic";

export function SaveAs({ path, label }: { path: string; label: string }) {
  const [busy, setBusy] = useState(false);
  const [refusals, setRefusals] = useState<readonly Refusal[]>([]);
  const save = async (): Promise<void> => {
    setBusy(true);
    setRefusals(await download(path));
    setBusy(false);
  };
  return (
    <div class={refusals.length ? "act open" : "act"}>
      <button type="button" class="button" disabled={busy} onClick={() => void save()}>{busy ? general().loading : label}</button>
      {refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
    </div>
  );
}
