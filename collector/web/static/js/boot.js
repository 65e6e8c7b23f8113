// Enhances pages that already work without it: counts characters in the language of the page, asks before a change of
// language loses what was typed, leads Back to forms, lets "All of Scotland" stand alone, moves focus to
// the error summary, prints, and says when a source that was being read has been read. The design system's own script
// comes before it in the page and leaves itself in window.DS.

const CHECK_EVERY_MS = 5000;

document.documentElement.classList.replace("no-js", "js-enabled");
countInOwnLanguage();
window.DS?.initAll();
leadBackToTheForm();
focusOnProblems();
offerPrinting();
askBeforeWordsAreLost();
watchForChange();

// To show a page again that a form was answered with, a browser would have to send the form once more, and asks. Back
// shows the form in its place, with what was typed: a browser keeps what differs from what the page came with.
function leadBackToTheForm() {
  if (!("backToForm" in document.body.dataset)) return;
  const from = document.referrer;
  window.history.replaceState(null, "", from.startsWith(`${window.location.origin}/`) ? from : window.location.href);
  for (const field of document.querySelectorAll("main input:is([type=text], [type=email]), main textarea")) {
    const typed = field.value;
    field.defaultValue = "";
    field.value = typed;
  }
}

function focusOnProblems() {
  (document.getElementById("error-summary") ?? document.getElementById("advice"))?.focus();
}

function offerPrinting() {
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

// The design system counts in English. A field that brings words of its own has them put in the place of those.
function countInOwnLanguage() {
  const count = window.DS?.components?.CharacterCount?.prototype;
  if (!count) return;
  const inEnglish = count.updateCountMessage;
  count.updateCountMessage = function () {
    inEnglish.call(this);
    const words = this.field.dataset;
    if (!words.left) return;
    const left = this.maxLength - this.inputElement.value.length;
    this.emptyMessage = words.most.replace("#", this.maxLength);
    this.field.querySelector(".ds_character-count__initial").textContent = this.emptyMessage;
    const counted = left < 0 ? words.over.replace("#", -left) : words.left.replace("#", left);
    this.messageElement.textContent = this.inputElement.value ? counted : this.emptyMessage;
  };
}

function askBeforeWordsAreLost() {
  for (const link of document.querySelectorAll(".fl_languages__link")) {
    link.addEventListener("click", (event) => {
      const question = link.closest("[data-unsaved]").dataset.unsaved;
      if (somethingIsUnsaved() && !window.confirm(question)) event.preventDefault();
    });
  }
}

function somethingIsUnsaved() {
  const typed = [...document.querySelectorAll("main input:not([type=hidden]), main textarea")];
  const chosen = [...document.querySelectorAll("main select")];
  return (
    typed.some((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked) ||
    chosen.some((field) => field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected)))
  );
}

// Nothing moves under the reader's hand: a number is brought up to date in its place, and a link is shown when there
// is more to see. The page itself is reloaded by the reader alone.
function watchForChange() {
  const watched = document.querySelector("[data-state]");
  if (watched && isUnderWay(watched)) window.setTimeout(() => check(watched), CHECK_EVERY_MS);
}

function isUnderWay(watched) {
  return ["waiting", "running"].includes(watched.dataset.state);
}

async function check(watched) {
  const now = document.hidden ? null : await fetchWatched(watched.dataset.watched);
  if (now) showProgress(watched, now);
  if (now && !isUnderWay(now)) return offerReload(watched);
  window.setTimeout(() => check(watched), CHECK_EVERY_MS);
}

// Away, restarting or signed out: the page stays as it is and asks again. What has a name, where several things may be
// under way, has ended when the page has nothing of that name any more.
async function fetchWatched(name) {
  try {
    const answer = await fetch(window.location.href, { cache: "no-store" });
    if (!answer.ok || answer.redirected) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!name) return page.querySelector("[data-state]");
    return page.querySelector(`[data-watched="${name}"]`) ?? Object.assign(document.createElement("p"), { hidden: true });
  } catch {
    return null;
  }
}

function showProgress(watched, now) {
  for (const name of ["words", "bar"]) {
    const old = watched.querySelector(`[data-progress-${name}]`);
    const fresh = now.querySelector(`[data-progress-${name}]`);
    old?.replaceChildren(...(fresh?.childNodes ?? []));
  }
}

function offerReload(watched) {
  watched.querySelector("[data-again]").hidden = true;
  const offer = watched.querySelector("[data-offer]");
  const link = document.createElement("a");
  link.href = window.location.href;
  link.textContent = "New: reload this page to see what was found";
  offer.replaceChildren(link);
}
