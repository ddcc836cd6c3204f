"use strict";
// Pairs of clicked places and points of the pitch. Where a server is behind the page it solves the camera; a page that
// was saved as a file draws the plane map through the points on the grass instead, which is close.
const facts = JSON.parse(document.getElementById("facts").textContent);
const [height, width] = facts.image_size;
const SVG = "http://www.w3.org/2000/svg";
const $ = (id) => document.getElementById(id);
const pairs = facts.pairs.slice();
let waiting = { at: null, point: null };
let seen = { lines: [], errors: [], words: "", bad: false };
let asked = 0;

function element(kind, attributes, parent) {
  const made = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (parent) parent.append(made);
  return made;
}

// --- the plane map, for pages without a server ---

function solve(rows, values) {
  const count = values.length;
  for (let column = 0; column < count; column++) {
    let best = column;
    for (let row = column; row < count; row++) if (Math.abs(rows[row][column]) > Math.abs(rows[best][column])) best = row;
    if (Math.abs(rows[best][column]) < 1e-10) return null;
    [rows[column], rows[best]] = [rows[best], rows[column]];
    [values[column], values[best]] = [values[best], values[column]];
    for (let row = 0; row < count; row++) {
      if (row === column) continue;
      const factor = rows[row][column] / rows[column][column];
      for (let k = column; k < count; k++) rows[row][k] -= factor * rows[column][k];
      values[row] -= factor * values[column];
    }
  }
  return values.map((value, row) => value / rows[row][row]);
}

function planeMap(ground) {
  if (ground.length < 4) return null;
  const scaled = ground.map((one) => [one.place[0] / 50, one.place[1] / 50, one.at[0] / width, one.at[1] / width]);
  const rows = [], values = [];
  for (const [x, y, u, v] of scaled) {
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]);
    values.push(u, v);
  }
  const squares = Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (_, j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0)));
  const sides = Array.from({ length: 8 }, (_, i) => rows.reduce((sum, row, n) => sum + row[i] * values[n], 0));
  const h = solve(squares, sides);
  if (!h) return null;
  return ([x, y]) => {
    const a = x / 50, b = y / 50, depth = h[6] * a + h[7] * b + 1;
    return depth > 1e-3 ? [((h[0] * a + h[1] * b + h[2]) / depth) * width, ((h[3] * a + h[4] * b + h[5]) / depth) * width] : null;
  };
}

function guess() {
  const placed = pairs.map((one) => ({ ...one, place: facts.points[one.point] }));
  const map = planeMap(placed.filter((one) => one.place[2] === 0));
  if (!map) return { lines: [], errors: [], words: "These points fix no camera yet: they must not lie on one line.", bad: true };
  const errors = placed.map((one) => {
    const at = one.place[2] === 0 ? map(one.place) : null;
    return at ? Math.hypot(at[0] - one.at[0], at[1] - one.at[1]) : null;
  });
  const lines = [];
  for (const line of facts.lines) {
    let run = [];
    for (const place of line) {
      const at = map(place);
      if (at && at[0] > -width && at[0] < 2 * width && at[1] > -height && at[1] < 2 * height) run.push(at);
      else { if (run.length > 1) lines.push(run); run = []; }
    }
    if (run.length > 1) lines.push(run);
  }
  const known = errors.filter((value) => value !== null);
  const worst = known.length ? Math.max(...known) : 0;
  return { lines, errors, words: `${pairs.length} points, largest error ${worst.toFixed(1)} px.`, bad: false };
}

// --- what is known so far ---

function body() {
  return JSON.stringify({ image_size: facts.image_size, points: pairs.map((one) => ({ at: one.at, point: one.point })) }, null, 1);
}

async function update() {
  const mine = ++asked;
  if (pairs.length < facts.least) {
    const left = facts.least - pairs.length;
    seen = { lines: [], errors: [], words: `${left} more ${left === 1 ? "point" : "points"} to begin with.`, bad: false };
  } else if (facts.served) {
    try {
      const answer = await fetch("solve", { method: "POST", headers: { "Content-Type": "application/json" }, body: body() });
      const told = await answer.json();
      if (mine !== asked) return;
      seen = told.problem
        ? { lines: [], errors: [], words: told.problem, bad: true }
        : { lines: told.lines, errors: told.errors_px, words: told.words, bad: told.poor };
    } catch {
      seen = { lines: [], errors: [], words: "The command that made this page has ended.", bad: true };
    }
  } else seen = guess();
  show();
}

// --- showing ---

function show() {
  const marks = $("marks");
  marks.replaceChildren();
  marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
  marks.setAttribute("preserveAspectRatio", "none");
  for (const line of seen.lines) element("polyline", { points: line.map((at) => at.join(",")).join(" ") }, marks);
  for (const one of pairs) element("circle", { cx: one.at[0], cy: one.at[1], r: width / 160 }, marks);
  if (waiting.at) element("circle", { cx: waiting.at[0], cy: waiting.at[1], r: width / 160, class: "waiting" }, marks);
  for (const dot of $("plan").querySelectorAll("circle")) {
    const name = dot.dataset.point;
    dot.classList.toggle("done", pairs.some((one) => one.point === name));
    dot.classList.toggle("waiting", waiting.point === name);
  }
  $("state").textContent = hint();
  $("state").classList.toggle("bad", seen.bad);
  $("save").disabled = pairs.length < facts.least || (seen.bad && !seen.lines.length);
  $("undo").disabled = !pairs.length && !waiting.at && !waiting.point;
  rows();
}

function hint() {
  if (waiting.at) return "Now click the same point on the plan.";
  if (waiting.point) return `Now click “${waiting.point}” in the picture.`;
  return seen.words;
}

function rows() {
  $("pairs").hidden = !pairs.length;
  $("pairs").tBodies[0].replaceChildren(...pairs.map((one, place) => {
    const row = document.createElement("tr");
    const error = seen.errors[place];
    for (const text of [one.point, error === null || error === undefined ? "–" : error.toFixed(1)]) {
      row.insertCell().textContent = text;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Remove";
    button.setAttribute("aria-label", `Remove ${one.point}`);
    button.addEventListener("click", () => { pairs.splice(place, 1); update(); });
    row.insertCell().append(button);
    return row;
  }));
}

// --- clicking ---

function paired() {
  if (waiting.at && waiting.point) {
    const old = pairs.findIndex((one) => one.point === waiting.point);
    if (old >= 0) pairs.splice(old, 1);
    pairs.push({ at: waiting.at, point: waiting.point });
    waiting = { at: null, point: null };
    update();
  } else show();
}

function placeOf(event) {
  const box = $("frame").getBoundingClientRect();
  const at = [((event.clientX - box.left) / box.width) * width - 0.5, ((event.clientY - box.top) / box.height) * height - 0.5];
  return [Math.min(Math.max(at[0], 0), width - 1), Math.min(Math.max(at[1], 0), height - 1)].map((value) => Math.round(value * 100) / 100);
}

$("frame").addEventListener("click", (event) => { waiting.at = placeOf(event); paired(); });

$("stage").addEventListener("pointermove", (event) => {
  const box = $("frame").getBoundingClientRect(), loupe = $("loupe"), reach = 20;
  const [x, y] = placeOf(event);
  const pen = loupe.getContext("2d");
  const scale = $("frame").naturalWidth / width;
  loupe.hidden = false;
  const left = event.clientX - box.left, top = event.clientY - box.top;
  loupe.style.left = `${left + 24 + 150 > box.width ? left - 174 : left + 24}px`;
  loupe.style.top = `${Math.min(Math.max(top - 75, 0), Math.max(box.height - 154, 0))}px`;
  pen.fillStyle = "#222";
  pen.fillRect(0, 0, 150, 150);
  pen.imageSmoothingEnabled = false;
  pen.drawImage($("frame"), (x + 0.5 - reach) * scale, (y + 0.5 - reach) * scale, 2 * reach * scale, 2 * reach * scale, 0, 0, 150, 150);
  pen.strokeStyle = "#00e5ff";
  pen.beginPath();
  pen.moveTo(75, 55); pen.lineTo(75, 95); pen.moveTo(55, 75); pen.lineTo(95, 75);
  pen.stroke();
});
$("stage").addEventListener("pointerleave", () => { $("loupe").hidden = true; });

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { waiting = { at: null, point: null }; show(); }
});
$("undo").addEventListener("click", () => {
  if (waiting.at || waiting.point) { waiting = { at: null, point: null }; show(); }
  else { pairs.pop(); update(); }
});

$("save").addEventListener("click", async () => {
  if (!facts.served) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([body()], { type: "application/json" }));
    link.download = "points.json";
    link.click();
    $("state").textContent = "Saved as points.json; give it as --calibration points.json.";
    return;
  }
  const answer = await fetch("keep", { method: "POST", headers: { "Content-Type": "application/json" }, body: body() });
  const told = await answer.json();
  seen = { ...seen, words: told.problem || "Saved. The command goes on; this page can be closed.", bad: Boolean(told.problem) };
  if (!told.problem) document.body.dataset.saved = "yes";
  show();
});

// --- the plan, and the picture of another moment ---

function draw() {
  const [length, across] = facts.pitch, edge = 5;
  const plan = $("plan");
  plan.setAttribute("viewBox", `${-length / 2 - edge} ${-across / 2 - edge} ${length + 2 * edge} ${across + 2 * edge}`);
  for (const line of facts.lines) element("polyline", { points: line.map(([x, y]) => `${x},${-y}`).join(" ") }, plan);
  for (const [name, [x, y, z]] of Object.entries(facts.points)) {
    const beyond = z > 0 ? Math.sign(x) * 2.6 : 0;
    const dot = element("circle", { cx: x + beyond, cy: -y, r: 1.1, tabindex: 0, role: "button", "aria-label": name, "data-point": name }, plan);
    if (z > 0) dot.classList.add("high");
    element("title", {}, dot).textContent = name;
    const choose = () => { waiting.point = name; paired(); };
    dot.addEventListener("click", choose);
    dot.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); } });
  }
}

if (facts.served && facts.span_s[1] > facts.span_s[0]) {
  $("moment").hidden = false;
  [$("time").min, $("time").max] = facts.span_s;
  $("time").value = facts.at_s;
  $("time").addEventListener("change", () => { $("frame").src = `frame?t=${$("time").value}`; });
}
$("frame").src = facts.image;
draw();
update();
