// Offers names of organisations while one is typed (the combobox pattern of ARIA 1.2). The list is public and fetched
// whole, so that nothing typed leaves the page. Any other name can be typed as well: nothing is ever put in its place.

const MOST = 10;
const WAIT_MS = 600; // until a screen reader is told how many there are, so that it is not told at each letter
const LINKING = new Set(["a", "and", "for", "in", "of", "on", "the", "to"]);

let list;

document.querySelectorAll("[data-organisations]").forEach(offerNames);

function offerNames(box) {
  const field = box.querySelector("input");
  const options = element("ul", { id: `${field.id}--options`, role: "listbox", class: "fl_options", hidden: "" });
  options.setAttribute("aria-label", box.dataset.label);
  const told = element("p", { class: "visually-hidden", role: "status" });
  box.append(options, told);
  box.querySelectorAll("button").forEach((button) => (button.hidden = true));
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false" };
  for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value);
  field.setAttribute("aria-controls", options.id);
  // The browser's own list stays away while somebody types. When they leave the page it keeps what they typed, for Back.
  field.addEventListener("focus", () => field.setAttribute("autocomplete", "off"));
  field.addEventListener("blur", () => field.setAttribute("autocomplete", "on"));

  let active = -1;
  let waiting;

  field.addEventListener("focus", () => names(box.dataset.organisations), { once: true });
  field.addEventListener("input", async () => {
    const typed = field.value;
    const all = await names(box.dataset.organisations);
    if (typed === field.value) open(like(typed, all));
  });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    const shown = options.children.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !shown) {
      names(box.dataset.organisations).then((all) => open(like(field.value, all)));
    } else if (step) {
      event.preventDefault();
      mark(around(active + step, shown));
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      take(options.children[active]);
    } else if (event.key === "Escape" && shown) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  // Before the field loses the focus, which would close the list.
  options.addEventListener("mousedown", (event) => event.preventDefault());
  options.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });

  function open(found) {
    close();
    if (document.activeElement !== field) return;
    options.replaceChildren(...found.map(option));
    options.hidden = found.length === 0;
    field.setAttribute("aria-expanded", String(found.length > 0));
    tell(found.length);
  }

  function option(name, at) {
    const one = element("li", { id: `${options.id}-${at}`, role: "option", class: "fl_option", "aria-selected": "false" });
    one.textContent = name;
    return one;
  }

  function mark(at) {
    options.children[active]?.setAttribute("aria-selected", "false");
    active = at;
    const one = options.children[active];
    one?.setAttribute("aria-selected", "true");
    one?.scrollIntoView({ block: "nearest" });
    if (one) field.setAttribute("aria-activedescendant", one.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function take(one) {
    field.value = one.textContent;
    close();
    told.textContent = box.dataset.chosen.replace("#", () => field.value);
  }

  function close() {
    window.clearTimeout(waiting);
    mark(-1);
    options.replaceChildren();
    options.hidden = true;
    field.setAttribute("aria-expanded", "false");
  }

  function tell(number) {
    const { found, none } = box.dataset; // in the language of the page
    const words = number ? found.replace("#", number) : none;
    waiting = window.setTimeout(() => (told.textContent = field.value.trim() ? words : ""), WAIT_MS);
  }
}

// From the field down the list, and from its end back to the field.
function around(at, shown) {
  return at < -1 ? shown - 1 : at >= shown ? -1 : at;
}

// Where the list cannot be had, the field is a plain one.
async function names(url) {
  list ??= fetch(url)
    .then((answer) => (answer.ok ? answer.json() : []))
    .then((all) => all.map((spellings) => ({ name: spellings[0], spellings: spellings.map(wordsOf) })))
    .catch(() => []);
  return list;
}

// The same as in forms/organisations.py, but for names that are misspelled.
function like(typed, all) {
  const asked = wordsOf(typed);
  if (asked.length === 0) return [];
  const same = all.filter((one) => one.spellings.some((words) => words.join(" ") === asked.join(" ")));
  const begins = (words) => asked.every((part) => words.some((word) => word.startsWith(part)));
  const begun = all.filter((one) => one.spellings.some(begins));
  return [...new Set([...same, ...begun].map((one) => one.name))].slice(0, MOST);
}

function wordsOf(name) {
  const plain = name.toLowerCase().replaceAll("&", " and ").normalize("NFKD").replace(/\p{M}/gu, "");
  const words = (plain.match(/[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu) ?? []).map((word) => word.replace(/['’]/g, ""));
  const telling = words.filter((word) => !LINKING.has(word));
  return telling.length ? telling : words;
}

function element(name, attributes) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
