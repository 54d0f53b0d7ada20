// SPDX-License-Identifier: GPL-2.0-or-later
// Draws what the element `data` holds.  Text becomes text and nothing else: no markup is ever made of a string.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent) || { kind: "timeline", boots: [] };
const view = document.getElementById("view");
const byName = new Map(data.boots.map(boot => [boot.name, boot]));

/** Makes an element with attributes and children, which are elements or texts. */
function make(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes))
    element.setAttribute(key, value);
  element.append(...children.filter(child => child !== null));
  return element;
}

/** Text with what cannot be seen, or turns other text around, written out. */
function visible(text) {
  return String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, letter => {
    const code = letter.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}

/** Whole milliseconds as seconds, halves rounded up. */
const seconds = ms => ms < 10000 ? `${(Math.round(ms / 10) / 100).toFixed(2)} s` : `${(Math.round(ms / 100) / 10).toFixed(1)} s`;
const isBad = boot => boot.verdict === "failed" || boot.verdict === "error";
const sign = boot => ({ passed: "✓", failed: "✗", error: "!" })[boot.verdict] || "·";
const said = { passed: "passed", failed: "failed", error: "the lab failed", ended: "ended" };
const address = boot => `#boot/${encodeURIComponent(boot.name)}`;
const markOf = (boot, name) => (boot.marks || []).find(mark => mark.mark === name);

/** The parts of a boot between its marks: { key, label, from, to } in milliseconds. */
function phases(boot) {
  const at = name => { const mark = markOf(boot, name); return mark && mark.ms !== undefined ? mark.ms : null; };
  const last = Math.max(0, (boot.times || []).at(-1) || 0, ...(boot.marks || []).map(mark => mark.ms || 0));
  const end = boot.ms !== undefined && boot.clock === "arrival" ? Math.max(boot.ms, last) : last;
  const points = [["loader", boot.loader || "loader", 0], ["lull", "lull", at("door")],
    ["silent", "kernel, before it speaks", at("handover")], ["kernel", "kernel", at("kernel")],
    ["user", "user space", at("user")]].filter(([, , from]) => from !== null);
  return points.map(([key, label, from], index) =>
    ({ key, label, from, to: index + 1 < points.length ? Math.max(from, points[index + 1][2]) : end }))
    .filter(phase => phase.to > phase.from);
}

/** A piece of a bar, from and to as parts of its whole. */
function segment(kind, from, to, label, title) {
  const piece = make(`span.seg.${kind}`, { title });
  piece.style.left = `${from * 100}%`;
  piece.style.width = `${(to - from) * 100}%`;
  if (label && to - from > 0.018 * label.length)
    piece.append(make("b", {}, label));
  return piece;
}

function bar(boot, scale) {
  const parts = phases(boot);
  const words = parts.map(phase => `${visible(phase.label)} ${seconds(phase.to - phase.from)}`);
  return make("div.bar", { role: "img", "aria-label": words.join(", ") },
    ...parts.map((phase, index) => segment(phase.key, phase.from / scale, phase.to / scale, visible(phase.label), words[index])));
}

const LEGEND = [["loader", "loader: firmware, GRUB, xl"], ["lull", "lull"], ["silent", "kernel, before it speaks"],
  ["kernel", "kernel"], ["user", "user space"]];

function legend() {
  return make("ul.legend", {}, ...LEGEND.map(([kind, words]) => make("li", {}, make(`i.${kind}`), words)));
}

/** Round numbers of seconds, up to seven of them, that span a scale in milliseconds. */
function ticks(scale) {
  const least = scale / 7000;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(one => one >= least);
  const row = make("div.ticks");
  for (let at = 0; at * 1000 <= scale * 1.0001; at += step) {
    const tick = make("span", {}, `${Number(at.toPrecision(6))} s`);
    tick.style.left = `${at * 100000 / scale}%`;
    if (at * 1000 > scale * 0.97)
      tick.className = "last";
    row.append(tick);
  }
  return row;
}

const shown = () => data.boots.filter(boot => !document.getElementById("only-failed").checked || isBad(boot));
const lengthOf = boot => phases(boot).reduce((end, phase) => Math.max(end, phase.to), 0);

/** All boots, one below the other, by one scale. */
function drawLines() {
  const boots = shown();
  const scale = Math.max(1, ...boots.map(lengthOf));
  const rows = boots.map(boot => {
    const length = lengthOf(boot);
    return make(`a.row${isBad(boot) ? ".bad" : ""}`, { href: address(boot) },
      make("span.what", {}, data.kind === "matrix" ? make("span.sign", {}, sign(boot)) : null, visible(boot.name)),
      length ? bar(boot, scale) : make("span.none", {}, "its log says no times"),
      make("span.total", {}, length ? seconds(length) : ""));
  });
  view.append(legend(), make("div.rows", {}, make("div.axis", {}, ticks(scale)), ...rows));
}

const distinct = values => [...new Set(values)];
/** Kernels of Linux first; numbers as people order them. */
const byVersion = (one, other) => other.startsWith("Linux ") - one.startsWith("Linux ") ||
  one.localeCompare(other, "en", { numeric: true });

/** Doors by kernels. */
function drawGrid() {
  const boots = shown();
  const columns = distinct(boots.map(boot => boot.column || "")).sort(byVersion), rows = distinct(boots.map(boot => boot.row || ""));
  const cell = (row, column) => {
    const tiles = boots.filter(boot => (boot.row || "") === row && (boot.column || "") === column).map(tile);
    return make(tiles.length ? "td" : "td.empty", { "data-column": visible(column) }, make("div.tiles", {}, ...tiles));
  };
  view.append(make("div.scroll", {}, make("table.grid", {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "door"),
      ...columns.map(column => make("th", { scope: "col" }, visible(column))))),
    make("tbody", {}, ...rows.map(row => make("tr", {}, make("th", { scope: "row" }, visible(row)),
      ...columns.map(column => cell(row, column))))))));
}

function tile(boot) {
  const time = boot.ms === undefined ? "" : seconds(boot.ms);
  return make(`a.tile${isBad(boot) ? ".bad" : ""}`, {
    href: address(boot), title: `${visible(boot.name)}: ${said[boot.verdict]}`,
    "aria-label": `${visible(boot.name)}: ${said[boot.verdict]}, ${time}` },
  make("span.sign", {}, sign(boot)), time, make("small", {}, visible(boot.label || boot.name)));
}

/** A bar that shows a part of the one above it, with lines from that part to its ends. */
function lens(from, to) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const area = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
  svg.setAttribute("class", "lens");
  svg.setAttribute("viewBox", "0 0 1000 10");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  area.setAttribute("points", `${from * 1000},0 ${Math.max(to, from + 0.001) * 1000},0 1000,10 0,10`);
  svg.append(area);
  return svg;
}

/** A bar with its caption, below what it is a part of. */
function figure(title, aside, above, content) {
  return make(`figure.zoom${above ? ".part" : ""}`, {}, above,
    make("figcaption", {}, make("b", {}, title), make("span", {}, aside)), content);
}

/** The boot, what of it was lull, and what of that was masked: each a part of the one above. */
function drawZoom(boot) {
  const length = lengthOf(boot), receipt = (boot.status || {}).receipt || {};
  // In ticks, where nobody states how long one is.
  const [unit, say] = isNumber(receipt.shim_ns) ? ["ns", duration] : ["ticks", ticked];
  const [whole, masked] = ["shim", "masked"].map(name => receipt[`${name}_${unit}`]).map(value => isNumber(value) ? Number(value) : 0);
  if (length) {
    view.append(figure("From reset to its end", seconds(length), null, bar(boot, length)));
    if (boot.clock === "own")
      view.append(make("p.note", {}, "Nobody wrote down when the lines of this log came. lull's part is by its own count, the kernel's by its " +
        "own time stamps; what was before, and in between, is not known."));
  } else {
    view.append(make("p.note", {}, "This log says no times. tests/lab writes them into a file beside it; ts -s %.s puts them before each line."));
  }
  if (!(whole > 0) || !(masked > 0) || masked > whole)
    return;
  const inside = steps(receipt[`steps_${unit}`] || ""), mask = inside.find(step => step.name === "self");
  const from = mask ? Math.max(0, mask.to - masked) / whole : 0, to = from + masked / whole;
  const part = phases(boot).find(phase => phase.key === "lull");
  const above = part ? lens(part.from / length, part.to / length) : null;
  view.append(figure("Inside lull", say(whole), above, make("div.bar", { role: "img",
    "aria-label": `masked for ${say(masked)} of ${say(whole)}` },
  ...inside.map(step => segment("step", Math.min(1, step.from / whole), Math.min(1, step.to / whole), step.name, `${step.name} ${say(step.to - step.from)}`)),
  segment("window", from, to, "", `masked ${say(masked)}`))));
  const many = Number(receipt.windows) > 1;
  view.append(figure(many ? "The masked windows, together" : "The masked window", `${say(masked)}, ${(masked * 100 / whole).toPrecision(2)} % of lull's time`, lens(from, to),
    make("div.bar", {}, segment("window", 0, 1, `patch, serialise, read back: ${unit === "ns" ? `${grouped(masked)} ns` : say(masked)}`, ""))),
  make("p.note", {}, `To scale. lull says how long events were masked, not when; ${many ? "they are" : "it is"} drawn where the shim patches itself.`));
}

/** One of lull's lines, and each of its fields in words. */
function drawSaid(boot, name) {
  const fields = boot.status[name];
  const list = make("dl");
  for (const [key, value] of Object.entries(fields).filter(([field]) => field !== "line")) {
    const words = Object.hasOwn(WORDS[name], key) ? WORDS[name][key](value) : "A field that this page does not know.";
    const exact = key === "cmdline" && value ? make("q", {}, visible(value)) : null;
    list.append(make("dt", {}, key), make("dd", {}, visible(words), exact ? " " : "", exact || ""));
  }
  view.append(make("div.said", {}, make("code", {}, visible(lineOf(boot, fields.line))), list));
}

/** The text of a line of the log; where it is cut, that. */
function lineOf(boot, number) {
  const head = boot.cut_from === undefined ? boot.lines : boot.cut_from - 1;
  if (number > head && number <= boot.cut_to)
    return `line ${number}, which is cut here`;
  return boot.text.split("\n")[number <= head ? number - 1 : number - 1 - (boot.cut_to - boot.cut_from + 1)];
}

function drawError(error) {
  const list = make("dl");
  for (const key of ["expected", "found", "do"])
    list.append(make("dt", {}, key), make("dd", {}, visible(error[key])));
  view.append(make("section.trouble", {}, make("h3", {}, `Error ${visible(error.number)}: ${visible(error.title)}`), list));
}

function drawLog(boot) {
  const timed = boot.times !== undefined;
  const marks = new Set((boot.marks || []).map(mark => mark.line));
  const list = make(`ol.log${timed ? "" : ".untimed"}`);
  let number = 0;
  boot.text.split("\n").slice(0, -1).forEach((text, index) => {
    number += 1;
    if (number === boot.cut_from) {
      list.append(make("li.cut", {}, `${plural(boot.cut_to - boot.cut_from + 1, "line")} are cut here; all of it is in ${visible(boot.log)}`));
      number = boot.cut_to + 1;
    }
    list.append(make(`li${marks.has(number) ? ".mark" : ""}`, {}, make("i", {}, String(number)),
      timed ? make("time", {}, (boot.times[index] / 1000).toFixed(3)) : null, make("span", {}, visible(text))));
  });
  if (number < boot.cut_from)
    list.append(make("li.cut", {}, `${plural(boot.cut_to - boot.cut_from + 1, "line")} are cut here; all of it is in ${visible(boot.log)}`));
  view.append(make("h2", {}, "Console"), list);
}

function drawBoot(boot) {
  const index = data.boots.indexOf(boot), before = data.boots[index - 1], next = data.boots[index + 1];
  view.append(make("div.boot-head", {}, make("h2", {}, visible(boot.name)),
    boot.verdict === "ended" ? null : make(`span.badge${isBad(boot) ? ".bad" : ""}`, {}, `${sign(boot)} ${said[boot.verdict]}`),
    make("span.turn", {}, before ? make("a", { href: address(before), id: "before" }, "← before") : null,
      next ? make("a", { href: address(next), id: "next" }, "next →") : null,
      make("a", { href: data.kind === "matrix" ? "#grid" : "#lines", id: "back" }, "all"))));
  const how = [boot.outcome, boot.ms === undefined ? null : `after ${seconds(boot.ms)}`].filter(Boolean).join(" ");
  view.append(make("p.verdict", {}, make("strong", {}, visible(how)), boot.detail ? ` ${visible(boot.detail)}` : ""));
  if (boot.text === undefined)
    return;
  if (boot.error)
    drawError(boot.error);
  drawZoom(boot);
  const names = Object.keys(WORDS).filter(name => boot.status[name]);
  if (names.length)
    view.append(make("h2", {}, "What lull said"));
  names.forEach(name => drawSaid(boot, name));
  if (boot.warnings)
    view.append(make("h2", {}, plural(boot.warning_count, "warning")),
      ...boot.warnings.map(text => make("div.said", {}, make("code", {}, visible(text)))));
  drawLog(boot);
}

/** Where the address points, or the first view. */
function route() {
  const [kind, name] = decodeURIComponent(location.hash.slice(1)).split(/\/(.*)/s);
  if (kind === "boot" && byName.has(name))
    return { kind, boot: byName.get(name) };
  const first = data.kind === "matrix" ? "grid" : "lines";
  return { kind: kind === "lines" || (kind === "grid" && data.kind === "matrix") ? kind : first };
}

let opened = null;

function draw() {
  const now = route();
  view.replaceChildren();
  for (const kind of ["grid", "lines"])
    document.getElementById(`to-${kind}`).toggleAttribute("aria-current", now.kind === kind);
  if (now.kind === "boot")
    drawBoot(now.boot);
  else if (now.kind === "grid")
    drawGrid();
  else
    drawLines();
  // Who comes back stands where they left.
  const place = now.kind !== "boot" && opened && view.querySelector(`a[href="${CSS.escape(address(opened))}"]`);
  if (place)
    place.focus();
  else
    scrollTo(0, 0);
  opened = now.boot || opened;
}

function drawHead() {
  const bad = data.boots.filter(isBad).length, passed = data.boots.filter(boot => boot.verdict === "passed").length;
  const title = visible(data.title || (data.kind === "matrix" ? "The matrix" : "Boots"));
  document.title = `${title} · lull`;
  document.getElementById("title").textContent = title;
  document.getElementById("summary").textContent = data.kind === "matrix" ?
    `${plural(data.boots.length, "boot")}: ${passed} passed, ${bad} failed` : plural(data.boots.length, "boot");
  document.getElementById("to-grid").hidden = data.kind !== "matrix";
  document.getElementById("filter").hidden = data.kind !== "matrix" || !bad;
}

const isDark = () => getComputedStyle(document.documentElement).colorScheme === "dark";

function turn() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
}

function nameTheme() {
  document.getElementById("theme").textContent = isDark() ? "Light" : "Dark";
}

/** Moves the focus among links that lie on the page as a grid: the nearest in that direction. */
function move(key) {
  const links = [...view.querySelectorAll("a.tile, a.row")], here = document.activeElement;
  if (!links.includes(here)) {
    if (links.length)
      links[0].focus();
    return;
  }
  const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  const middle = element => { const box = element.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; };
  const [left, top] = middle(here);
  let best = null, least = Infinity;
  for (const link of links) {
    const [dx, dy] = middle(link).map((value, axis) => value - [left, top][axis]);
    const along = dx * x + dy * y, across = Math.abs(dx * y) + Math.abs(dy * x);
    if (along > 2 && along + 3 * across < least)
      [best, least] = [link, along + 3 * across];
  }
  if (best)
    best.focus();
}

addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey)
    return;
  const isOpen = route().kind === "boot";
  const link = isOpen && document.getElementById({ Escape: "back", ArrowLeft: "before", ArrowRight: "next" }[event.key] || "none");
  if (link)
    link.click();
  else if (event.key === "d")
    turn();
  else if (!isOpen && event.key.startsWith("Arrow"))
    move(event.key);
  else
    return;
  event.preventDefault();
});
addEventListener("hashchange", draw);
document.getElementById("theme").addEventListener("click", turn);
document.getElementById("only-failed").addEventListener("change", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameTheme);
drawHead();
nameTheme();
draw();
