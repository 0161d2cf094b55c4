// The voter's page: sign in, check the list of keys, draw a right, answer, seal, send, keep the receipt (R34–R36).

import { LANGUAGE, acting, at, button, entitle, h, show as shown, tell } from "../page/elements.mjs";
import { Away, Refused, Register } from "../page/register.mjs";
import { signInForm } from "../page/sign_in.mjs";
import { keyList, receipts, send } from "./gateway.mjs";
import * as protocol from "./protocol.mjs";
import { MOST_CHARACTERS, cleaned, formAlone, isEmpty, lengthOf, pauseOf, sheetOf } from "./sheet.mjs";
import { deviceOf } from "./store.mjs";
import { WORDS } from "./words.mjs";

const SHORT = LANGUAGE === "en" ? "en" : "zh";
const say = WORDS[LANGUAGE];
const { guarded, form } = acting(say, words);
const register = new Register(LANGUAGE);
const titles = new Map();
let device = null;
let counting = 0;

function show(...parts) {
  clearInterval(counting);
  shown(...parts);
}

function words(error) {
  if (error instanceof protocol.NotToBeTrusted) return say.untrusted;
  if (error instanceof protocol.Mistyped) return say.mistyped;
  if (error.code === "TOKEN_ALREADY_ISSUED") return say.wrongCode;
  return error instanceof Refused || error instanceof Away ? undefined : `${say.untrusted} (${error.name})`;
}

// Signing in.

async function welcome() {
  const done = async () => {
    device = await deviceOf((await register.ask("device")).me.ballotPageKey);
    await sendWaiting();
    return list();
  };
  show(
    h("h2", { text: say.signIn }),
    h("p", { class: "quiet", text: say.signInWhy }),
    signInForm({ register, say, form, done }),
    h("p", { class: "quiet", text: say.receiptsInside }),
  );
}

async function leave() {
  await register.signOut();
  device = null;
  await welcome();
}

// What there is to answer.

async function list() {
  const { myInstruments } = await register.ask("list");
  const cards = [];
  for (const instrument of myInstruments) cards.push(await card(instrument));
  show(
    h("h2", { text: say.mine }),
    cards.length ? cards : h("p", { text: say.none }),
    await receiptsHere(),
    button(say.signOut, guarded(leave)),
  );
}

async function card(instrument) {
  const right = await device.rights.find(instrument.id);
  const { title, ready } = await about(instrument);
  const { opensAt, closesAt, state, tokenIssued } = instrument;
  const open = state === "OPEN";
  const when = open ? say.closesAt(at(closesAt)) : opensAt ? say.opensAt(at(opensAt)) : say.opensLater;
  const begin = guarded(() => check(instrument, right));
  let acts;
  if (!ready) acts = h("p", { class: "quiet", text: say.unlisted });
  else if (right?.done) acts = h("p", { class: "good", text: say.answered });
  else if (right?.body) acts = button(say.send, guarded(() => waiting(right)), true);
  else if (right?.reply && open) acts = button(say.open, begin, true);
  else if (right?.reply) acts = [h("p", { class: "good", text: say.drawn }), button(say.backup, () => showCode({ instrument }, right))];
  else if (tokenIssued && !right) acts = resuming(instrument);
  else acts = button(open ? say.open : say.prepare, begin, true);
  return h(
    "section",
    { class: "card", "data-instrument": instrument.id },
    h("h3", { text: say[instrument.kind] }),
    title && h("p", { text: title }),
    h("p", { class: "quiet", text: when }),
    acts,
  );
}

/** The project's title, by the list of keys, which names its project. */
async function about({ id, keyListDay }) {
  if (!keyListDay) return { ready: false };
  if (!titles.has(id)) {
    const bytes = await keyList(keyListDay);
    const { project } = await protocol.listedKeys(bytes, null, id);
    const found = (await register.ask("project", { id: project })).project;
    titles.set(id, found ? `《${found.title}》（${found.code}）` : "");
  }
  return { title: titles.get(id), ready: true };
}

function resuming(instrument) {
  const id = `code-${instrument.id}`;
  const input = h("input", { id, name: "code", type: "text", required: true, autocomplete: "off" });
  const resume = async ({ code }) => {
    const seed = protocol.seedOf(code);
    await check(instrument, { seed });
  };
  return [
    h("p", { text: say.issuedElsewhere }),
    form([h("label", { for: id, text: say.backup }), input], say.resume, resume),
    h("p", { class: "quiet", text: say.onlyYou }),
  ];
}

// The keys, and the right to answer.

async function check(instrument, right) {
  tell(say.checking);
  const { questionnaire } = await register.ask("questionnaire", { version: instrument.form });
  const { keyLists } = await register.ask("keyList", { before: dayAfter(instrument.keyListDay) });
  const listed = keyLists.find(({ day }) => day === instrument.keyListDay);
  const bytes = await keyList(instrument.keyListDay);
  const formHash = protocol.hex(await protocol.sha256(new TextEncoder().encode(protocol.canonical(formAlone(questionnaire)))));
  const keys = await protocol.listedKeys(bytes, listed ? listed.sha256 : null, instrument.id, formHash);
  const asked = { instrument, keys, questionnaire };
  if (right?.hash === keys.hash && right.reply) return right.noted ? answer(asked, right) : showCode(asked, right);
  const chained = listed?.auditSequence ? say.chained(listed.auditSequence) : say.unchained;
  show(
    h("h2", { text: say.listOf(instrument.keyListDay) }),
    h("p", { class: "code", id: "short-code", text: protocol.shortCode(keys.hash) }),
    h("p", { text: say.compare }),
    h("p", { class: "quiet", text: chained }),
    promises(questionnaire),
    button(say.same, guarded(() => draw(asked, right)), true),
    button(say.back, guarded(list)),
  );
}

const promises = ({ promise, warning }) => [
  h("h3", { text: say.promise }),
  h("p", { text: promise[SHORT] }),
  h("h3", { text: say.warning }),
  h("p", { text: warning[SHORT] }),
];

const dayAfter = (day) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);

/** Draw the right, or the reply of one that was drawn; the seed is kept before, so a reply that is lost is asked for again. */
async function draw(asked, before) {
  const { instrument, keys } = asked;
  const key = instrument.id;
  const resumed = Boolean(before?.seed && !before.key);
  const made = { key, instrument: instrument.id, kind: instrument.kind, title: titles.get(instrument.id) };
  const fresh = resumed ? { ...made, seed: before.seed } : await device.rights.ensure({ ...made, seed: protocol.newSeed() });
  const voter = await protocol.voterOf(fresh.seed, keys);
  let reply;
  try {
    ({ reply } = (await register.ask("issue", { instrument: instrument.id, blinded: voter.blinded })).issueBallotToken);
    await voter.token(reply);
  } catch (error) {
    if (error.code === "TOKEN_ALREADY_ISSUED" && !fresh.reply) await device.rights.remove(key);
    throw error;
  }
  const right = { ...fresh, reply, hash: keys.hash, drawnAt: Date.now(), noted: resumed };
  await device.rights.put(right);
  return resumed && instrument.state === "OPEN" ? answer(asked, right) : showCode(asked, right);
}

function showCode(asked, right) {
  const open = asked.instrument.state === "OPEN";
  const noted = guarded(async () => {
    await device.rights.put({ ...right, noted: true });
    return open ? answer(asked, right) : list();
  });
  show(
    h("h2", { text: say.drawn }),
    h("p", { text: say.keep }),
    h("h3", { text: say.backup }),
    h("p", { class: "code", id: "backup-code", text: protocol.backupCode(right.seed) }),
    button(open ? say.noted : say.notedLater, noted, true),
  );
}

// The questions.

function answer(asked, right) {
  const { instrument, questionnaire } = asked;
  const texts = questionnaire.texts.map((question, place) => typed(question, place));
  const parts = instrument.faculty.map(({ key, name }) => part(key, say.ofTeacher(name), questionnaire.faculty));
  const project = part("project", say.ofProject, questionnaire.project);
  const sending = guarded(async (event) => {
    const chosen = new FormData(event.target);
    const marks = (of, place) => Number(chosen.get(`${of}/${place}`) || 0);
    const given = texts.map(({ area }) => cleaned(area.value));
    if (given.some((text) => lengthOf(text) > MOST_CHARACTERS)) return tell(say.tooLong, true);
    const sheet = sheetOf(questionnaire, instrument.faculty, marks, given);
    if (isEmpty(sheet)) return tell(say.empty, true);
    return sealed(asked, right, sheet);
  });
  show(
    h("h2", { text: questionnaire.title[SHORT] }),
    right.title && h("p", { text: right.title }),
    promises(questionnaire),
    h(
      "form",
      { id: "sheet", submit: sending },
      h("p", { class: "quiet", text: say.anchors }),
      questionnaire.kind === "TEACHING" ? parts : [],
      project,
      h("h2", { text: say.inWords }),
      texts.map(({ label, area, left }) => [label, area, left]),
      h("button", { class: "first", text: say.send }),
      button(say.back, guarded(list)),
    ),
  );
}

const part = (key, name, questions) => [
  h("h2", { text: name }),
  questions.map((question, place) => {
    const chosen = (mark) => h("input", { type: "radio", name: `${key}/${place}`, value: mark, checked: mark === 0 });
    const choices = [1, 2, 3, 4, 5, 0].map((mark) => h("label", {}, chosen(mark), mark ? String(mark) : say.skip));
    return h("fieldset", {}, h("legend", { text: question[SHORT] }), h("div", { class: "marks" }, choices));
  }),
];

function typed(question, place) {
  const id = `text-${place}`;
  const left = h("p", { class: "quiet" });
  const count = () => (left.textContent = say.left(MOST_CHARACTERS - lengthOf(cleaned(area.value))));
  const settle = () => {
    area.value = cleaned(area.value); // what is sent is what stands there
    count();
  };
  const area = h("textarea", { id, input: count, change: settle, autocomplete: "off" });
  count();
  return { label: h("label", { for: id, text: question[SHORT] }), area, left };
}

// The ballot.

async function sealed(asked, right, sheet) {
  const voter = await protocol.voterOf(right.seed, asked.keys);
  const body = await voter.ballot(right.reply, sheet);
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  const pause = pauseOf(right.drawnAt, Date.now(), random / 2 ** 32);
  const ready = { ...right, noted: true, body, receipt: voter.receipt, due: Date.now() + pause * 1000 };
  await device.rights.put(ready);
  return waiting(ready);
}

function waiting(right) {
  const left = () => Math.ceil((right.due - Date.now()) / 1000);
  if (left() <= 0) return deliver(right);
  const clock = h("p", { role: "timer", text: say.seconds(left()) });
  show(
    h("h2", { text: say.waiting }),
    h("p", { text: say.waitingWhy }),
    clock,
    button(say.now, guarded(() => deliver(right)), true),
  );
  counting = setInterval(() => {
    clock.textContent = say.seconds(Math.max(0, left()));
    if (left() <= 0) deliver(right);
  }, 1000);
  return undefined;
}

async function deliver(right) {
  clearInterval(counting);
  tell(say.sending);
  try {
    await delivered(right);
  } catch (error) {
    if (error.code === "BALLOT_BOX_CLOSED") return show(h("h2", { text: say.closed }), back());
    show(
      h("h2", { text: say.waiting }),
      h("p", { class: "bad", text: error instanceof Refused ? error.message : say.kept }),
      button(say.retry, guarded(() => deliver(right)), true),
    );
    return undefined;
  }
  return thanks(right);
}

/** Send a sealed ballot; its receipt is kept, and that it was sent, and no seed. */
async function delivered({ key, instrument, kind, title, receipt, body }) {
  try {
    const answered = await send(body, LANGUAGE);
    if (answered !== receipt) throw new protocol.NotToBeTrusted("another receipt");
  } catch (error) {
    if (error.code === "BALLOT_BOX_CLOSED") await device.rights.remove(key);
    throw error;
  }
  await device.receipts.put({ receipt, instrument, kind, title });
  await device.rights.put({ key, done: true });
}

function thanks({ receipt, instrument, kind, title }) {
  show(
    h("h2", { text: say.sent }),
    h("h3", { text: say.receipt }),
    h("p", { class: "code", id: "receipt", text: receipt }),
    h("p", { class: "quiet", text: say.receiptWhy }),
    download({ receipt, instrument, kind, title }),
    back(),
  );
}

const back = () => button(say.back, guarded(register.signedIn ? list : welcome));

function download({ receipt, instrument, kind, title }) {
  const lines = [say[kind], title, `instrument ${instrument}`, `receipt ${receipt}`, `/evaluations/receipts/${instrument}.txt`];
  const file = new Blob([`${lines.filter(Boolean).join("\n")}\n`], { type: "text/plain" });
  const name = `receipt-${receipt.slice(0, 8)}.txt`;
  return h("a", { href: URL.createObjectURL(file), download: name, text: say.download });
}

// Receipts.

async function receiptsHere() {
  const all = await device.receipts.all();
  if (!all.length) return [];
  return [h("h2", { text: say.receipts }), ...all.map(receiptCard)];
}

function receiptCard(one) {
  const found = h("p", { role: "status" });
  const look = guarded(async () => {
    const published = await receipts(one.instrument);
    const counted = published?.includes(one.receipt);
    found.className = published ? (counted ? "good" : "bad") : "";
    found.textContent = published ? (counted ? say.found : say.missing) : say.unpublished;
  });
  const card = h(
    "section",
    { class: "card", "data-receipt": one.receipt },
    h("h3", { text: say[one.kind] }),
    one.title && h("p", { text: one.title }),
    h("p", { class: "code", text: one.receipt }),
    found,
    button(say.check, look),
    button(say.forget, guarded(async () => {
      await device.receipts.remove(one.receipt);
      card.remove();
    })),
    download(one),
  );
  return card;
}

/** Send what an earlier visit has sealed, once its pause is over. */
async function sendWaiting() {
  for (const right of await device.rights.all())
    if (right.body && right.due <= Date.now()) await delivered(right).catch(() => undefined);
}

async function begin() {
  entitle(say);
  if (!globalThis.crypto?.subtle) return tell(say.needsHttps, true);
  return welcome();
}

guarded(begin)();
