// Enhances pages that already work without it: counts characters, lets "All of Scotland" stand alone, moves focus to
// the error summary, prints, and says when a source that was being read has been read. The design system's own script
// comes before it in the page and leaves itself in window.DS.

const CHECK_EVERY_MS = 5000;

document.documentElement.classList.replace("no-js", "js-enabled");
window.DS?.initAll();
focusOnProblems();
offerPrinting();
watchForChange();

function focusOnProblems() {
  (document.getElementById("error-summary") ?? document.getElementById("advice"))?.focus();
}

function offerPrinting() {
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
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
  const now = document.hidden ? null : await fetchWatched();
  if (now) showProgress(watched, now);
  if (now && !isUnderWay(now)) return offerReload(watched);
  window.setTimeout(() => check(watched), CHECK_EVERY_MS);
}

// Away, restarting or signed out: the page stays as it is and asks again.
async function fetchWatched() {
  try {
    const answer = await fetch(window.location.href, { cache: "no-store" });
    if (!answer.ok || answer.redirected) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector("[data-state]");
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
