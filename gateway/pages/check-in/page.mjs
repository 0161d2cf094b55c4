// Where a check-in code's picture leads: sign in, and one is in the session (R29, ADR 61).
// The code stands in the fragment, which no server is sent, so no log has it.

import { LANGUAGE, acting, at, button, entitle, field, h, show, tell } from "../page/elements.mjs";
import { Away, Refused, Register } from "../page/register.mjs";
import { signInForm } from "../page/sign_in.mjs";
import { kept } from "./kept.mjs";
import { WORDS } from "./words.mjs";

const say = WORDS[LANGUAGE];
const { guarded, form } = acting(say);
const register = new Register(LANGUAGE, (token) => kept.put(token));

const leaving = () => button(say.signOut, guarded(leave));

async function leave() {
  await register.signOut();
  nothingScanned();
}

function nothingScanned() {
  show(h("h2", { text: say.scan }), h("p", { class: "quiet", text: say.scanWhy }), register.signedIn && leaving());
}

function signIn(code) {
  const [label, box] = field("mine", say.mine, "checkbox");
  box.required = false;
  const done = ({ mine }) => {
    kept.own(Boolean(mine));
    return checkIn(code);
  };
  show(
    h("h2", { text: say.signIn }),
    h("p", { class: "quiet", text: say.signInWhy }),
    signInForm({ register, say, form, done, more: [h("p", {}, box, " ", label)] }),
  );
}

async function checkIn(code) {
  show(h("h2", { text: say.checking }));
  let mark;
  try {
    mark = (await register.ask("checkIn", { code })).checkIn;
  } catch (error) {
    if (error.code === "UNAUTHENTICATED") return signIn(code);
    return refused(code, error);
  }
  entitle(say);
  const { title, session } = await about(code, mark.sessionId);
  show(
    h("h2", { class: "good", text: say.done }),
    title && h("p", { text: `《${title}》` }),
    session && h("p", { text: `${session.date} ${session.title}` }),
    mark.hours !== null && h("p", { text: say.hours(mark.hours) }),
    h("p", { text: say.at(at(mark.recordedAt)) }),
    h("p", { class: "quiet", text: say.corrected }),
    leaving(),
  );
  return undefined;
}

/** Whether it may go well a moment later. */
function passing(error) {
  return error instanceof Away || ["BUSY", "UNAVAILABLE", "RATE_LIMITED"].includes(error.code);
}

function refused(code, error, retry = () => checkIn(code)) {
  const text = error instanceof Refused ? error.message : error instanceof Away ? say.away : say.failed;
  show(
    error.code === "CHECKED_IN_ALREADY" ? h("h2", { class: "good", text: say.already }) : h("h2", { class: "bad", text: say.refused }),
    h("p", { text }),
    error.code === "CHECK_IN_CODE_EXPIRED" && h("p", { text: say.signedIn }),
    passing(error) && button(say.retry, guarded(retry), true),
    leaving(),
  );
}

/** What the training and the session are called, for the code says which they are; nothing, if that is not to be had. */
async function about(code, id) {
  try {
    const [said] = code.split(".");
    const [project] = JSON.parse(atob(said.replace(/-/g, "+").replace(/_/g, "/")));
    const found = (await register.ask("project", { id: project })).project;
    return { title: found.title, session: found.timetable.find((session) => session.id === id) };
  } catch {
    return {};
  }
}

/** Take the code out of the address, so that it is neither in the history nor sent again by a reload. */
async function begin() {
  const code = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  entitle(say, code && `#${code}`);
  return goOn(code);
}

async function goOn(code) {
  const before = register.signedIn ? null : kept.take();
  if (before) {
    tell(say.checking);
    try {
      await register.resume(before);
    } catch (error) {
      if (passing(error)) return refused(code, error, () => goOn(code));
      kept.put(null);
    }
  }
  if (!code) return nothingScanned();
  return register.signedIn ? checkIn(code) : signIn(code);
}

addEventListener("hashchange", () => location.hash && guarded(begin)());
guarded(begin)();
