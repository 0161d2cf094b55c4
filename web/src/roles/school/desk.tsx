// What a school sets for itself: its designated person (R5) and the days until which its teachers sign up (R21).
import { day } from "../../app/moment";
import { Heading } from "../../app/shell";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, DateField, isoDate } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, Facts, Tag } from "../../parts/basic";
import { TextField } from "../../parts/form";
import { Table } from "../../parts/table";
import { RevealContacts } from "../reveals";
import { words } from "../words";
import { DesignatePerson, MySchool, SetInnerCutOff } from "./documents";

export function DeskPage({ year }: { year: number }) {
  const say = words();
  const own = say.schoolDesk;
  const shown = useQuery(MySchool, { year });
  const set = async (projectId: string | null, closesOn: string | null) => (await command(SetInnerCutOff, { input: { year, projectId, closesOn } })).refusals;
  return (
    <div class="stack">
      <Heading title={own.desk}>{own.desk}</Heading>
      <Answered of={shown}>
        {({ mySchool: school }) => school && (
          <>
            <Card title={say.designated}>
              <div class="stack">
                <Facts
                  of={[
                    [say.name, school.designatedPerson?.name ?? <Tag tone="warn">{say.noDesignated}</Tag>],
                    [say.mobile, school.designatedPerson?.phone],
                    [say.email, school.designatedPerson?.email],
                  ]}
                />
                {school.designatedPerson && <RevealContacts codes={[school.code]} />}
                <Act
                  label={own.designate}
                  ask={own.designateAsk}
                  kind={school.designatedPerson ? "" : "first"}
                  run={async ({ name = "", phone = "", email }) => (await command(DesignatePerson, { input: { name, phone, email: email || null } })).refusals}
                >
                  <TextField name="name" label={say.name} required autocomplete="off" />
                  <TextField name="phone" label={own.phone} required autocomplete="off" inputMode="numeric" />
                  <TextField name="email" label={say.email} autocomplete="off" />
                </Act>
              </div>
            </Card>
            <Card>
              <div class="stack">
                <Table
                  caption={say.cutOff}
                  rows={school.innerCutOffs ?? []}
                  name={(row) => row.project?.id ?? ""}
                  empty={own.noCutOff}
                  columns={[
                    { head: say.project, cell: (row) => row.project?.title ?? say.allProjects },
                    { head: own.closesOn, cell: (row) => day(row.closesOn, true) },
                    {
                      head: own.act,
                      cell: (row) => <Act kind="danger" label={own.dropCutOff} ask={own.dropCutOffAsk} run={() => set(row.project?.id ?? null, null)} />,
                    },
                  ]}
                />
                <Act label={own.setCutOff} ask={own.setCutOffAsk} run={({ closesOn = "" }) => set(null, isoDate(closesOn))}>
                  <DateField name="closesOn" label={own.closesOn} required />
                </Act>
              </div>
            </Card>
          </>
        )}
      </Answered>
    </div>
  );
}
