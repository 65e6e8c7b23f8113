// Words of the open statement can be chosen by selecting them in the text; and a list of labels is narrowed by typing.
// Both fill the lists that are on the page without scripts too.

const CHOSEN = "fl-chosen";
const SHOWN = 7; // labels of the list at once

begin();
document.addEventListener("review:shown", begin);
document.addEventListener("mouseup", takeSelection);
document.addEventListener("change", (event) => {
  if (event.target.matches("#mark-from, #mark-to, #change-from, #change-to")) keepInOrder(event.target);
});
document.addEventListener("toggle", showChosen, true);

function begin() {
  document.querySelectorAll("[data-filter]").forEach(narrowByTyping);
  showChosen();
}

// -- Words ------------------------------------------------------------------------------------------------

function takeSelection() {
  const words = document.querySelector("[data-words]");
  const selection = window.getSelection();
  const fold = document.getElementById("fold-change") ?? document.getElementById("fold-mark");
  if (!words || !fold || selection.isCollapsed || !selection.rangeCount) return;
  const range = selection.getRangeAt(0);
  if (!words.contains(range.startContainer) || !words.contains(range.endContainer)) return;
  const [from, to] = listsIn(fold);
  const start = Number(words.dataset.words) + lengthBefore(words, range.startContainer, range.startOffset);
  const end = Number(words.dataset.words) + lengthBefore(words, range.endContainer, range.endOffset);
  const first = [...from.options].findLast((one) => Number(one.value) <= start);
  const last = [...to.options].find((one) => Number(one.value) >= end);
  if (!first || !last) return;
  from.value = first.value;
  to.value = last.value;
  fold.open = true;
  showChosen();
}

// In code points, as the service counts.
function lengthBefore(words, node, offset) {
  const range = document.createRange();
  range.setStart(words, 0);
  range.setEnd(node, offset);
  return [...range.toString()].length;
}

function listsIn(fold) {
  return ["from", "to"].map((name) => fold.querySelector(`select[name=${name}]`));
}

function keepInOrder(changed) {
  const [from, to] = listsIn(changed.closest("details"));
  if (Number(from.value) >= Number(to.value)) {
    if (changed === from) to.selectedIndex = from.selectedIndex;
    else from.selectedIndex = to.selectedIndex;
  }
  showChosen();
}

// The words that the lists have, marked in the text while their form is open.
function showChosen() {
  if (!CSS.highlights) return;
  CSS.highlights.delete(CHOSEN);
  const words = document.querySelector("[data-words]");
  const fold = [...document.querySelectorAll("#fold-change[open], #fold-mark[open]")][0];
  if (!words || !fold) return;
  const [from, to] = listsIn(fold).map((list) => Number(list.value) - Number(words.dataset.words));
  const range = rangeOf(words, from, to);
  if (range) CSS.highlights.set(CHOSEN, new Highlight(range));
}

function rangeOf(words, from, to) {
  const range = document.createRange();
  const walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
  let at = 0;
  let begun = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const points = [...node.data];
    const unitsTo = (number) => points.slice(0, number).join("").length;
    if (!begun && from >= at && from < at + points.length) {
      range.setStart(node, unitsTo(from - at));
      begun = true;
    }
    if (begun && to <= at + points.length) {
      range.setEnd(node, unitsTo(to - at));
      return range;
    }
    at += points.length;
  }
  return null;
}

// -- Labels -----------------------------------------------------------------------------------------------

function narrowByTyping(box) {
  if (box.querySelector("[type=search]")) return;
  const list = box.querySelector("select");
  const groups = [...list.querySelectorAll("optgroup")].map((group) => ({ group, options: [...group.children] }));
  const label = box.querySelector("label");
  const field = document.createElement("input");
  field.type = "search";
  field.id = `${list.id}-find`;
  field.className = list.className;
  field.autocomplete = "off";
  const name = document.createElement("label");
  name.htmlFor = field.id;
  name.className = label.className;
  name.textContent = "Find a label: type some of its name";
  box.prepend(name, field);
  list.size = SHOWN;
  field.addEventListener("input", () => narrow(field.value, list, groups));
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      list.focus();
    }
  });
}

function narrow(typed, list, groups) {
  const asked = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (option, group) => asked.every((word) => `${group.label} ${option.label}`.toLowerCase().includes(word));
  for (const { group, options } of groups) {
    const found = options.filter((option) => fits(option, group));
    group.replaceChildren(...found);
    group.hidden = !found.length;
  }
  const first = groups.flatMap(({ group }) => [...group.children])[0];
  list.value = asked.length && first ? first.value : "";
}
