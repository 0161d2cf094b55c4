// Checks a certificate by its number, with the holder's name if it is known, or by its file (R32).
import { useState } from "preact/hooks";
import { day, days, instant } from "../app/moment";
import { type Refusal, type Reported, away, refusal } from "../app/refusals";
import { Heading } from "../app/shell";
import { tag } from "../app/language";
import { general } from "../app/words";
import { Card, Facts, RefusalNote } from "../parts/basic";
import { Form, TextField } from "../parts/form";
import { words } from "./words";

interface Checked {
  number: string;
  state: "VALID" | "REPLACED" | "REVOKED";
  issuedOn: string;
  title: string;
  base: string;
  startsOn: string;
  endsOn: string;
  classHours: number;
  name: string;
  revocation?: keyof ReturnType<typeof words>["revocation"] | null;
  replacedBy?: string | null;
  nameMatches?: boolean | null;
  seal?: keyof ReturnType<typeof words>["seals"] | null;
}

async function check(body: BodyInit, type: string): Promise<Checked | Refusal[]> {
  try {
    const headers = { "Content-Type": type, "Accept-Language": tag() };
    const reply = await fetch("/certificates/check", { method: "POST", headers, body, credentials: "omit", cache: "no-store" });
    const answer = (await reply.json()) as Checked & { errors?: Reported[] };
    return answer.errors ? answer.errors.map((error) => refusal(error, reply.headers.get("X-Request-Id"))) : answer;
  } catch {
    return [away()];
  }
}

export function CertificatePage() {
  const say = words();
  const [found, setFound] = useState<{ checked: Checked; at: Date } | null>(null);
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const take = (answer: Checked | Refusal[]): Refusal[] => {
    const refused = Array.isArray(answer);
    setFound(refused ? null : { checked: answer, at: new Date() });
    return refused ? answer : [];
  };
  return (
    <div class="stack">
      <Heading title={say.check}>{say.check}</Heading>
      <p class="quiet">{say.checkHint}</p>
      <div class="columns">
        <Card>
          <Form
            submit={say.checkButton}
            send={async ({ number = "", name }) => {
              setRefusals([]);
              const body = { number: number.normalize("NFKC").replace(/\s/g, ""), ...(name && { name }) };
              return take(await check(JSON.stringify(body), "application/json"));
            }}
          >
            <TextField name="number" label={say.number} hint={say.numberHint} required autocomplete="off" spellcheck={false} />
            <TextField name="name" label={`${say.holder}${general().bracketed("", general().optional)}`} autocomplete="off" />
          </Form>
        </Card>
        <Card>
          <div class="field">
            <label for="field-file">{say.file}</label>
            <input
              id="field-file"
              type="file"
              accept="application/pdf,.pdf"
              aria-describedby="field-file-hint"
              onChange={(event) => {
                const file = event.currentTarget.files?.[0];
                if (file) void check(file, "application/pdf").then((answer) => setRefusals(take(answer)));
              }}
            />
            <p class="hint" id="field-file-hint">{say.fileHint}</p>
          </div>
        </Card>
      </div>
      {refusals.map((each) => <RefusalNote key={each.code} refusal={each} />)}
      <div role="status">{found && <Result of={found.checked} at={found.at} />}</div>
    </div>
  );
}

function Result({ of, at }: { of: Checked; at: Date }) {
  const say = words();
  const [tone, sign, text] = {
    VALID: ["ok", "✓", say.valid],
    REPLACED: ["warn", "→", say.replaced],
    REVOKED: ["bad", "✗", say.revoked],
  }[of.state] as [string, string, string];
  return (
    <Card>
      <div class="stack">
        <p class={`note ${tone}`}><strong>{sign} {text}</strong></p>
        <Facts
          of={[
            [say.number, <span class="mono">{of.number}</span>],
            [say.holder, <>{of.name} {of.nameMatches != null && (of.nameMatches ? say.nameMatches : say.nameDiffers)}</>],
            [say.project, of.title],
            [say.base, of.base],
            [say.dates, days(of.startsOn, of.endsOn)],
            [say.hours, general().hourCount(String(of.classHours))],
            [say.issuedOn, day(of.issuedOn)],
            [say.replacedBy, of.replacedBy],
            [say.revocationLabel, of.revocation && say.revocation[of.revocation]],
            [say.seal, of.seal && say.seals[of.seal]],
            [say.checkedAt, instant(at.toISOString())],
          ]}
        />
      </div>
    </Card>
  );
}
