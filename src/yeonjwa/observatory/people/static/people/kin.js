// Arrow keys walk the family: up to the nearer relative, down to the next, left and right among siblings, Home to the
// person; + and - zoom, 0 shows the whole. Without this script every relative is a link of the tables below.
"use strict";
(() => {
  for (const svg of document.querySelectorAll("svg.rings")) explore(svg);

  function explore(svg) {
    const nodes = new Map();
    for (const a of svg.querySelectorAll("a[id]")) nodes.set(a.id.slice(1), a);
    const centre = svg.querySelector("a.centre");
    if (!centre) return;
    const home = centre.id.slice(1);
    const below = new Map();
    for (const [id, a] of nodes) {
      const up = a.dataset.up;
      if (up === undefined) continue;
      if (!below.has(up)) below.set(up, []);
      below.get(up).push(id);
    }
    const place = (id) => { const b = nodes.get(id).getBBox(); return [b.x + b.width / 2, b.y + b.height / 2]; };
    const turn = (id) => {
      if (svg.classList.contains("generations")) return place(id)[0];
      const [x, y] = place(id);
      return (Math.atan2(x, -y) + 2 * Math.PI - Math.PI * 0.8) % (2 * Math.PI);
    };
    for (const list of below.values()) list.sort((a, b) => turn(a) - turn(b));
    let current = svg.querySelector("a.on") || centre;

    function go(id) {
      const next = nodes.get(id);
      if (!next) return;
      current.setAttribute("tabindex", "-1");
      current = next;
      current.setAttribute("tabindex", "0");
      current.focus({ preventScroll: false });
    }
    if (current !== centre) { centre.setAttribute("tabindex", "-1"); current.setAttribute("tabindex", "0"); }

    function way(id) {
      const on = new Set();
      for (let at = id; at !== undefined && at !== home; at = nodes.get(at)?.dataset.up) on.add(at);
      for (const tie of svg.querySelectorAll(".tie")) tie.classList.toggle("on", on.has(tie.dataset.to));
    }

    svg.addEventListener("focusin", (event) => {
      const a = event.target.closest("a[id]");
      if (!a) return;
      current = a;
      way(a.id.slice(1));
      show(a);
    });

    svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const id = current.id.slice(1), up = current.dataset.up;
      const beside = up === undefined ? [] : below.get(up);
      const at = beside.indexOf(id);
      const moves = {
        ArrowUp: () => up !== undefined && go(up),
        ArrowDown: () => below.has(id) && go(below.get(id)[0]),
        ArrowLeft: () => at > 0 && go(beside[at - 1]),
        ArrowRight: () => at >= 0 && at < beside.length - 1 && go(beside[at + 1]),
        Home: () => go(home),
        "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25), "0": () => whole(),
      };
      if (!(event.key in moves)) return;
      event.preventDefault();
      moves[event.key]();
    });

    const box = svg.viewBox.baseVal, first = [box.x, box.y, box.width, box.height];
    function set(x, y, w, h) { svg.setAttribute("viewBox", `${x} ${y} ${w} ${h}`); }
    function whole() { set(...first); }
    function zoom(factor) {
      const [x, y] = current ? place(current.id.slice(1)) : [box.x + box.width / 2, box.y + box.height / 2];
      const w = Math.min(first[2], Math.max(first[2] / 8, box.width * factor));
      const h = w * first[3] / first[2];
      if (w >= first[2]) return whole();
      set(x - w / 2, y - h / 2, w, h);
    }
    let grip = null;
    svg.addEventListener("pointerdown", (event) => {
      if (box.width < first[2] && !event.target.closest("a")) { grip = [event.clientX, event.clientY, box.x, box.y]; svg.setPointerCapture(event.pointerId); }
    });
    svg.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const scale = box.width / svg.clientWidth;
      set(grip[2] - (event.clientX - grip[0]) * scale, grip[3] - (event.clientY - grip[1]) * scale, box.width, box.height);
    });
    svg.addEventListener("pointerup", () => { grip = null; });

    const buttons = svg.parentElement.querySelector(".zoom");
    if (buttons) {
      buttons.hidden = false;
      for (const button of buttons.querySelectorAll("button"))
        button.addEventListener("click", () => ({ in: () => zoom(0.8), out: () => zoom(1.25), whole })[button.dataset.zoom]());
    }
    svg.dataset.ready = "yes";
  }

  // What the margin says of the selected relative comes from the server, a moment after the walk has stopped.
  let waiting = 0;
  function show(a) {
    const panel = document.getElementById("selected");
    if (!panel || !a.classList.contains("kin") || a.classList.contains("centre")) return;
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const address = new URL(a.getAttribute("href"), location.href);
      address.searchParams.set("part", "selected");
      try {
        const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
        if (answer.ok) panel.innerHTML = await answer.text();
      } catch { /* the link itself still works */ }
    }, 180);
  }
})();
