// Signing in: login and password, then whatever else is wanted (R3, R4).
import { useState } from "preact/hooks";
import type { Refusal } from "../app/refusals";
import { type Scope, confirmDevice, giveCode, offerDevice, opened, session, setPassword, signIn } from "../app/session";
import { Heading, LanguageSwitch, Notes, Skip } from "../app/shell";
import { go, usePlace } from "../app/router";
import { useStore } from "../app/store";
import { general } from "../app/words";
import { Card } from "../parts/basic";
import { Form, Select, TextField } from "../parts/form";
import { words } from "./words";

const SCOPES: Scope[] = ["teacher", "school", "base", "expert", "province", "ministry"];

export function SignIn() {
  const now = useStore(session);
  return (
    <>
      <Skip />
      <header class="top">
        <div class="inside">
          <a class="brand" href="/">{general().shortName}</a>
          <div class="end"><LanguageSwitch /></div>
        </div>
      </header>
      <Notes />
      <main class="main" id="main">
        <div class="narrow stack">
          {now.state === "out" && <Password ended={Boolean(now.ended)} unheard={Boolean(now.unheard)} />}
          {now.state === "code" && <Code challenge={now.challenge} />}
          {now.state === "enrol" && <Device challenge={now.challenge} />}
          {now.state === "recovery" && <Recovery codes={now.codes} scope={now.scope} />}
          {now.state === "password" && <FreshPassword />}
        </div>
      </main>
    </>
  );
}

function Password({ ended, unheard }: { ended: boolean; unheard: boolean }) {
  const say = words();
  const { path, query } = usePlace();
  const asked = query.get("as");
  const [scope, setScope] = useState(SCOPES.includes(asked as Scope) ? (asked as string) : "");
  const title = scope ? say.signIn.titleOf(say.roles[scope as Scope]) : say.signIn.title;
  return (
    <>
      <Heading title={title}>{title}</Heading>
      {ended && <p class="note warn" role="status">{say.signIn.ended}</p>}
      {unheard && <p class="note warn" role="status">{say.signIn.unheard}</p>}
      <Card>
        <Form
          submit={say.signIn.submit}
          send={async ({ login = "", password = "", keep }) => {
            const refused = await signIn(login.normalize("NFKC").replace(/\s/g, ""), password, scope || null, scope === "teacher" && keep === "on");
            if (!refused.length && path === "/console/login") go("/console", true);
            return refused;
          }}
        >
          <TextField name="login" label={say.signIn.login} hint={say.signIn.loginHint} autocomplete="username" required spellcheck={false} />
          <TextField name="password" label={say.signIn.password} hint={say.signIn.passwordHint} type="password" autocomplete="current-password" required />
          <Select
            name="scope"
            label={say.signIn.role}
            value={scope}
            of={[["", say.signIn.anyRole], ...SCOPES.map((each): [string, string] => [each, say.roles[each]])]}
            onChoose={setScope}
          />
          {scope === "teacher" && (
            <label class="pick">
              <input type="checkbox" name="keep" />
              <span>{say.signIn.keep}</span>
            </label>
          )}
        </Form>
      </Card>
      <p class="quiet small">{say.signIn.help} <a href="/help">{say.helpLine}</a></p>
    </>
  );
}

function Code({ challenge }: { challenge: string }) {
  const say = words().signIn;
  return (
    <>
      <Heading title={say.code}>{say.code}</Heading>
      <Card>
        <Form submit={say.next} send={({ code = "" }) => giveCode(challenge, code)}>
          <TextField name="code" label={say.codeLabel} hint={say.codeHint} autocomplete="one-time-code" required />
        </Form>
      </Card>
    </>
  );
}

function Device({ challenge }: { challenge: string }) {
  const say = words().signIn;
  const [offer, setOffer] = useState<{ secret: string; uri: string; challenge: string } | null>(null);
  const ask = async (): Promise<Refusal[]> => {
    const offered = await offerDevice(challenge);
    if (Array.isArray(offered)) return offered;
    setOffer(offered);
    return [];
  };
  return (
    <>
      <Heading title={say.device}>{say.device}</Heading>
      <Card>
        <div class="stack">
          <p>{say.deviceHint}</p>
          {offer ? (
            <>
              <p><span class="label">{say.secret}</span><br /><span class="mono">{offer.secret}</span></p>
              <p><a href={offer.uri}>{say.openApp}</a></p>
              <Form submit={say.next} send={({ code = "" }) => confirmDevice(offer.challenge, code)}>
                <TextField name="code" label={say.codeLabel} inputMode="numeric" autocomplete="one-time-code" required />
              </Form>
            </>
          ) : <Form submit={say.offer} send={ask}>{null}</Form>}
        </div>
      </Card>
    </>
  );
}

function Recovery({ codes, scope }: { codes: string[]; scope: Scope }) {
  const say = words().signIn;
  return (
    <>
      <Heading title={say.recovery}>{say.recovery}</Heading>
      <Card>
        <div class="stack">
          <p>{say.recoveryHint}</p>
          <ul>{codes.map((code) => <li key={code} class="mono">{code}</li>)}</ul>
          <button type="button" class="button first" onClick={() => opened(scope)}>{say.saved}</button>
        </div>
      </Card>
    </>
  );
}

function FreshPassword() {
  const say = words().signIn;
  const [wrong, setWrong] = useState<string | null>(null);
  return (
    <>
      <Heading title={say.first}>{say.first}</Heading>
      <p>{say.firstHint}</p>
      <Card>
        <Form
          submit={say.next}
          send={async ({ fresh = "", again }) => {
            setWrong(fresh === again ? null : say.differs);
            return fresh === again ? setPassword(fresh) : [];
          }}
        >
          <TextField name="fresh" label={say.fresh} hint={say.freshHint} type="password" autocomplete="new-password" required />
          <TextField name="again" label={say.again} type="password" autocomplete="new-password" wrong={wrong} required />
        </Form>
      </Card>
    </>
  );
}
