// The review screen without reloading: forms are sent and links followed in the background, and the page that comes in
// answer takes the place of the one shown. Nothing typed is lost: where there is no connection the form stays as it is
// and is sent again, with the key by which it is done once. Without this script every form and link works by itself.

const TRY_AGAIN_MS = 3000;
const FIELDS = "input:not([type=hidden], [type=submit]), textarea, select";

const unsent = [];
let sending = false;
let shownAt = window.location.href;

// For listeners, outside of what is replaced.
const told = document.createElement("p");
told.className = "visually-hidden";
told.setAttribute("role", "status");
document.body.append(told);

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-saves]");
  if (!form) return;
  event.preventDefault();
  if (!isLeaving()) save(form, event.submitter);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-goes]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (!isLeaving()) go(link.href);
});

window.addEventListener("popstate", () => {
  // A link within the page changes what stands behind the # alone.
  if (withoutHash(window.location.href) !== withoutHash(shownAt)) go(window.location.href, { push: false });
});
window.addEventListener("beforeunload", (event) => {
  if (unsent.length) event.preventDefault();
});
window.addEventListener("online", () => send());
document.addEventListener("review:tell", (event) => tell(event.detail));

// -- Saving -----------------------------------------------------------------------------------------------

function save(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  // One form may have two buttons that mean two things: each is done once.
  if (button?.name) body.set("key", `${body.get("key")}.${button.value}`);
  unsent.push({ url: form.action, body, form: form.id, leaves: "leaves" in form.dataset });
  if (unsent.at(-1).leaves) document.body.dataset.leaving = "";
  tell("Saving…");
  send();
}

// In the order in which they were given, one after the other; the page that answers the last is shown.
async function send() {
  if (sending) return;
  sending = true;
  let page = null;
  let problem = "";
  while (unsent.length) {
    const answer = await posted(unsent[0]);
    if (!answer) {
      window.setTimeout(send, TRY_AGAIN_MS);
      break;
    }
    if (!answer.page) return leaveTo(unsent.shift());
    page = { ...answer, saved: unsent.shift() };
    problem = page.page.querySelector(".ds_error-summary__item")?.textContent.trim() ?? problem;
  }
  sending = false;
  if (unsent.length) return;
  delete document.body.dataset.leaving;
  if (page) show(page.page, page.url, { saved: page.saved.form, push: isOfAnother(page.page) });
  if (problem && !document.getElementById("error-summary")) tell(`Not saved: ${problem}`);
}

// What answers a form: a page of the review screen, another page (none then), or nobody (null).
async function posted({ url, body }) {
  try {
    const answer = await fetch(url, { method: "POST", body, redirect: "follow", cache: "no-store" });
    // A page that came back with a problem has no address of its own.
    const there = answer.redirected ? answer.url : shownAt;
    if (answer.status < 500) return { url: there, page: pageIn(await answer.text()) };
    tell("Not saved: the service does not answer. Your input stays here; trying again");
  } catch {
    tell("Not saved: no connection. Your input stays here; trying again");
  }
  return null;
}

// Signed out, or not allowed: the browser itself sends the form, and shows what to do with what was typed.
function leaveTo({ url, body }) {
  unsent.length = 0;
  const form = document.createElement("form");
  form.method = "post";
  form.action = url;
  for (const [name, value] of body) {
    const field = document.createElement("input");
    [field.type, field.name, field.value] = ["hidden", name, value];
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

// -- Going ------------------------------------------------------------------------------------------------

async function go(url, { push = true } = {}) {
  const there = new URL(url);
  if (there.pathname !== new URL(shownAt).pathname && somethingIsTyped() && !mayLeave()) return;
  try {
    const answer = await fetch(url, { cache: "no-store" });
    const page = answer.ok ? pageIn(await answer.text()) : null;
    if (!page) throw new Error("another page");
    show(page, url, { push });
  } catch {
    window.location.href = url;
  }
}

function mayLeave() {
  return window.confirm("What you typed here is not saved, and would be lost. Leave this passage all the same?");
}

function pageIn(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  return page.querySelector("[data-review]") ? page : null;
}

function isOfAnother(page) {
  return page.querySelector("[data-review]").dataset.review !== main().querySelector("[data-review]").dataset.review;
}

function withoutHash(url) {
  return url.split("#")[0];
}

function isLeaving() {
  return "leaving" in document.body.dataset;
}

// -- Showing ----------------------------------------------------------------------------------------------

function show(page, url, { saved = "", push = false }) {
  const another = isOfAnother(page);
  const fresh = page.querySelector("main");
  const held = another ? null : focusHeld();
  const statement = currentIn(main())?.id;
  if (!another) carryOver(fresh, saved);
  main().replaceChildren(...fresh.childNodes);
  document.title = page.title;
  window.history[push ? "pushState" : "replaceState"](null, "", url);
  shownAt = window.location.href;
  if (another) window.scrollTo(0, 0);
  focusAgain({ another, held, moved: statement !== currentIn(main())?.id });
  told.textContent = "";
  window.setTimeout(() => (told.textContent = savedLine().textContent), 50);
  document.dispatchEvent(new CustomEvent("review:shown"));
}

// What is typed in other forms stays, and so does what is open.
function carryOver(fresh, saved) {
  for (const field of main().querySelectorAll(FIELDS)) {
    const same = field.id && fresh.querySelector(`#${CSS.escape(field.id)}`);
    if (!same || field.form?.id === saved || !isTyped(field)) continue;
    if (field.type === "checkbox") same.checked = field.checked;
    else if (same.tagName !== "SELECT" || [...same.options].some((one) => one.value === field.value)) same.value = field.value;
  }
  for (const fold of main().querySelectorAll("details[id][open]")) {
    const same = fresh.querySelector(`#${CSS.escape(fold.id)}`);
    if (same && !(saved && fold.querySelector(`#${CSS.escape(saved)}`))) same.open = true;
  }
}

function focusHeld() {
  const at = document.activeElement;
  if (!main().contains(at)) return null;
  const form = at.closest("form");
  return { id: at.id, form: form?.id, name: at.name, value: at.value, fold: at.closest("details")?.id };
}

function focusAgain({ another, held, moved }) {
  const problem = document.getElementById("error-summary");
  const target = window.location.hash && document.querySelector(`${window.location.hash}[open]`);
  if (problem) return problem.focus();
  if (target) return target.querySelector(FIELDS)?.focus();
  if (another) return document.getElementById("question").focus({ preventScroll: true });
  if (moved) return currentIn(main())?.focus();
  if (!held) return;
  const form = held.form && document.getElementById(held.form);
  const fold = held.fold && document.getElementById(held.fold);
  const same =
    (held.id && document.getElementById(held.id)) ||
    (form && (form.querySelector(`[name="${held.name}"][value="${held.value}"]`) ?? form.querySelector("button")));
  const shut = fold && !fold.open ? fold.querySelector("summary") : null;
  (shut ?? same ?? document.getElementById("question")).focus({ preventScroll: true });
}

function currentIn(page) {
  return page.querySelector(".fl_said-row--current");
}

function main() {
  return document.querySelector("main");
}

function savedLine() {
  return document.querySelector("[data-saved]");
}

function tell(words) {
  savedLine().textContent = words;
  told.textContent = words;
}

function somethingIsTyped() {
  return [...main().querySelectorAll(`${FIELDS.replace("select", "select[data-typed]")}`)].some(isTyped);
}

function isTyped(field) {
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
}
