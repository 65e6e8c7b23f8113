// Keys of the review screen. What a key does stands on the page: it presses, follows or opens what has it as its
// `data-key`, so that who turned keys off, or has no scripts, finds the same there. Never with Ctrl, Alt or Meta, which
// are the browser's, and never while somebody types.

let rejecting = false;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  if (event.ctrlKey || event.altKey || event.metaKey || "leaving" in document.body.dataset) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) {
    if (event.key === "Escape") leaveField(event.target);
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (pressed(event)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-keys]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  document.getElementById("keys").showModal();
});

document.addEventListener("review:shown", () => (rejecting = false));

function pressed(event) {
  const asked = rejecting;
  rejecting = false;
  const held = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (held) return use(held);
  const label = document.querySelector(`[data-label-key="${CSS.escape(event.key)}"]`);
  if (label) return decide(label, asked);
  const digit = event.shiftKey && /^Digit([1-9])$/.exec(event.code)?.[1];
  const shifted = digit && document.querySelector(`[data-label-key="${digit}"]`);
  return shifted ? decide(shifted, true) : false;
}

function use(held) {
  if ("pending" in held.dataset) {
    rejecting = true;
    tell("Reject: press the key of the label");
  } else if (held.tagName === "SUMMARY") {
    open(held.parentElement);
  } else {
    held.click();
  }
  return true;
}

// Accepted, or rejected where it is accepted already.
function decide(form, reject) {
  const [accept, away] = ["accept", "reject"].map((verdict) => form.querySelector(`button[value="${verdict}"]`));
  const button = reject ? away : (accept ?? away);
  if (button) form.requestSubmit(button);
  else tell("This label is rejected already");
  return true;
}

function open(fold) {
  const field = fold.querySelector("form :is(input:not([type=hidden]), textarea, select, button)");
  fold.open = field ? true : !fold.open;
  (field && fold.open ? field : fold.querySelector("summary")).focus();
}

// Out of the field, to the name of what it stands in: keys work again there.
function leaveField(field) {
  const fold = field.closest("details");
  if (!fold) return field.blur();
  fold.querySelector("summary").focus();
}

function tell(words) {
  document.dispatchEvent(new CustomEvent("review:tell", { detail: words }));
}
