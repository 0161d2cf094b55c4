// The team of a base: who stands for design, declaration and delivery (R6, R41).
import { useState } from "preact/hooks";
import { refusal } from "../../../app/refusals";
import { usePlace } from "../../../app/router";
import { Heading } from "../../../app/shell";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act, Acts } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Card } from "../../../parts/basic";
import { Chips, Table } from "../../../parts/table";
import type { Me } from "../../page";
import { RevealTeam } from "../../reveals";
import { RowsEditor } from "../../rows/editor";
import { words as shared } from "../../words";
import { OwnTeam, type OwnTeamQuery, SetBaseTeam } from "./documents";
import { words } from "./words";

type Base = NonNullable<OwnTeamQuery["base"]>;
type Member = { duty: string; name: string; phone: string; email: string };
const DUTIES = ["design", "declaration", "delivery"] as const;

const blank = (duty = ""): Member => ({ duty, name: "", phone: "", email: "" });

export function TeamPage({ me }: { me: Me }) {
  const say = words();
  const { query } = usePlace();
  const bases = me.bases ?? [];
  const id = query.get("base") ?? bases[0]?.id ?? "";
  const shown = useQuery(OwnTeam, { id });
  return (
    <div class="stack">
      <Heading title={say.title}>{say.title}</Heading>
      <p class="quiet">{say.hint}</p>
      {bases.length > 1 && <Chips label={say.base} name="base" chosen={id} of={bases.map((each): [string, string] => [each.id, each.name])} />}
      <Answered of={shown}>{({ base }) => base ? <Team key={base.id} of={base} /> : <p>{say.unknown}</p>}</Answered>
    </div>
  );
}

function Team({ of }: { of: Base }) {
  const say = words();
  const common = shared();
  const [members, setMembers] = useState<Member[]>(() => DUTIES.map(blank));
  const set = async () => {
    if (members.some((each) => !each.duty && (each.name || each.phone || each.email))) return [refusal({ message: say.dutyMissing, extensions: { code: "DUTY_MISSING" } })];
    const group = (duty: string) => members.filter((each) => each.duty === duty && (each.name || each.phone || each.email)).map(({ name, phone, email }) => ({ name: name.trim(), phone: phone.trim(), email: email.trim() || null }));
    const answer = await command(SetBaseTeam, { baseId: of.id, input: { design: group("design"), declaration: group("declaration"), delivery: group("delivery") } });
    if (!answer.refusals.length) setMembers(DUTIES.map(blank));
    return answer.refusals;
  };
  return (
    <Card>
      <div class="stack">
        <Table
          caption={of.name}
          rows={of.team ?? []}
          name={(row) => `${row.name}${row.phone}`}
          empty={say.none}
          columns={[
            { head: common.name, cell: (row) => row.name },
            { head: say.phone, cell: (row) => row.phone },
            { head: common.email, cell: (row) => row.email },
          ]}
        />
        <Acts>
          {of.team && of.team.length > 0 && (
            <RevealTeam
              baseId={of.id}
              use={(team) => setMembers((typed) => (typed.some((each) => each.name || each.phone) ? typed : DUTIES.flatMap((duty) => team[duty].map((each): Member => ({ duty, name: each.name, phone: each.phone, email: each.email ?? "" })))))}
            />
          )}
          <Act label={say.set} ask={say.setAsk} run={set}>
            <RowsEditor
              caption={say.title}
              rows={members}
              blank={() => blank()}
              change={setMembers}
              columns={[
                { name: "duty", head: say.duty, options: Object.entries(say.duties) },
                { name: "name", head: common.name },
                { name: "phone", head: say.phone },
                { name: "email", head: common.email },
              ]}
            />
            <p class="hint">{say.missing}</p>
          </Act>
        </Acts>
      </div>
    </Card>
  );
}
