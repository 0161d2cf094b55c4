// What every page of the gateway is made of: elements, forms, and what is said of an act that failed.

import { Away, Refused } from "./register.mjs";

export const LANGUAGE = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "zh-CN";
export const main = document.getElementById("main");
const status = document.getElementById("status");

/** An element; a property that is a function is a listener, `text` its content, any other an attribute. */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "text") element.textContent = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter(Boolean));
  return element;
}

export const button = (text, act, first) => h("button", { type: "button", class: first ? "first" : null, text, click: act });

export function show(...parts) {
  main.replaceChildren(...parts.flat(Infinity).filter(Boolean));
  tell("");
  const heading = main.querySelector("h2");
  if (heading) {
    heading.tabIndex = -1;
    heading.focus();
  }
  scrollTo(0, 0);
}

export function tell(text, bad) {
  status.textContent = text;
  status.className = bad ? "bad" : "";
}

export function field(name, label, type, complete) {
  const id = `field-${name}`;
  const input = h("input", { id, name, type, required: true, autocomplete: complete, autocapitalize: "off" });
  return [h("label", { for: id, text: label }), input];
}

export const at = (instant) =>
  new Intl.DateTimeFormat(LANGUAGE, { timeZone: "Asia/Shanghai", dateStyle: "medium", timeStyle: "short" }).format(
    new Date(instant),
  );

/** Acts and forms of a page.
 *
 * `say` are its words; `words` answers what it says of a failure of its own, or nothing.
 */
export function acting(say, words = () => undefined) {
  function said(error) {
    const own = words(error);
    if (own) return own;
    if (error instanceof Refused) return error.message;
    return error instanceof Away ? say.away : `${say.failed} (${error.name})`;
  }

  /** Do something once at a time, and say what was refused. */
  const guarded = (act) => async (event) => {
    event?.preventDefault();
    const pressed = event?.submitter || event?.currentTarget;
    if (pressed) pressed.disabled = true;
    try {
      await act(event);
    } catch (error) {
      tell(said(error), true);
    } finally {
      if (pressed) pressed.disabled = false;
    }
  };

  function form(fields, text, act) {
    const values = (event) => Object.fromEntries(new FormData(event.target));
    return h("form", { submit: guarded((event) => act(values(event))) }, fields, h("button", { class: "first", text }));
  }

  return { guarded, form };
}

/** Say in the reader's language what the page is, and where the other language is; `rest` follows its address. */
export function entitle(say, rest = "") {
  document.documentElement.lang = LANGUAGE;
  document.title = say.title;
  document.getElementById("title").textContent = say.title;
  const other = document.getElementById("language");
  other.textContent = say.other;
  other.lang = LANGUAGE === "en" ? "zh-CN" : "en";
  other.href = (LANGUAGE === "en" ? "?" : "?lang=en") + rest;
}
