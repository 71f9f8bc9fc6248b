// Draws the picture of a network with vis-network. Reads its data from a JSON block on the page; every text
// from the data reaches the page as text, never as markup.
(function () {
  "use strict";

  const data = JSON.parse(document.getElementById("picture-data").textContent);
  const canvas = document.getElementById("picture-canvas");
  const detail = document.getElementById("picture-detail");
  const find = document.getElementById("picture-find");
  const shows = Array.from(document.querySelectorAll("[data-shows]"));
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const known = new Map(data.nodes.map(function (node) { return [node.id, node]; }));
  const shown = new Set();
  let colours = data.colours[dark.matches ? "dark" : "light"];
  let tall = isTall();
  let zoom = 1;
  let chosen = null;
  let near = new Set();

  const nodes = new vis.DataSet(data.nodes.map(placed));
  const edges = new vis.DataSet(data.edges.map(drawn));
  const network = new vis.Network(canvas, { nodes: nodes, edges: edges }, data.options);
  network.on("beforeDrawing", drawBlocs);
  network.on("click", function (event) { choose(event.nodes.length ? event.nodes[0] : null); });
  network.on("hoverNode", function () { canvas.classList.add("picture-over"); });
  network.on("blurNode", function () { canvas.classList.remove("picture-over"); });
  fit(false);

  function isTall() { return canvas.clientWidth < data.tallBelow; }

  function layout() { return data.layouts[tall ? "tall" : "wide"]; }

  // Nodes and ties

  function placed(node) {
    const at = layout().positions[node.id];
    const size = node.radius * (tall ? data.tallScale : 1);
    return Object.assign({}, node, {
      x: at[0], y: at[1], size: size, hidden: isHidden(node), shape: "custom", ctxRenderer: renderer(node.id),
    });
  }

  function isHidden(node) { return Boolean(node.layer) && !shown.has(node.layer); }

  function drawn(edge) {
    const active = chosen !== null && (edge.from === chosen || edge.to === chosen);
    const faded = near.size > 0 && !active;
    const hidden = isHidden(known.get(edge.from)) || isHidden(known.get(edge.to)) || (data.tiesOnDemand && !active);
    const opacity = active ? 0.85 : faded ? 0.05 : edge.across ? 0.75 : 0.16;
    return Object.assign({}, edge, {
      hidden: hidden, width: active || edge.across ? 1.6 : 1,
      color: { color: active || edge.across ? colours.ink : colours.muted, opacity: opacity },
    });
  }

  function refresh() {
    nodes.update(data.nodes.map(placed));
    edges.update(data.edges.map(drawn));
  }

  function renderer(id) {
    return function (args) {
      const node = known.get(id);
      const radius = args.style.size;
      return {
        drawNode: function () { drawNode(args.ctx, args.x, args.y, radius, node, args.state); },
        drawExternalLabel: function () { drawLabel(args.ctx, args.x, args.y, radius, node); },
        nodeDimensions: { width: 2 * radius, height: 2 * radius },
      };
    };
  }

  // Other nodes step back only when ties are there to be seen.
  function faint(node) { return near.size > 0 && chosen !== node.id && !near.has(node.id); }

  function drawNode(ctx, x, y, radius, node, state) {
    ctx.save();
    ctx.globalAlpha = faint(node) ? 0.25 : 1;
    if (node.form === "square") {
      ctx.fillStyle = colours.square;
      ctx.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
    } else {
      drawDisc(ctx, x, y, radius, node.fill);
      if (node.ring) { ring(ctx, x, y, radius + 3.2, colours[node.ring], 1.7, [3.2, 2.6]); }
    }
    if (chosen === node.id || state.hover) { ring(ctx, x, y, radius + (node.ring ? 6.5 : 4), colours.ink, 1.8, []); }
    ctx.restore();
  }

  // The first bloc has discs, the second diamonds, which can be told apart without colour; a state in both is
  // half the one colour and half the other.
  function drawDisc(ctx, x, y, radius, fill) {
    fill.forEach(function (part, side) {
      ctx.beginPath();
      if (part === "second" && fill.length === 1) {
        const reach = radius * 1.18;
        ctx.moveTo(x, y - reach);
        [[reach, 0], [0, reach], [-reach, 0]].forEach(function (at) { ctx.lineTo(x + at[0], y + at[1]); });
      } else if (fill.length === 1) { ctx.arc(x, y, radius, 0, 2 * Math.PI); }
      else { ctx.arc(x, y, radius, (side ? -0.5 : 0.5) * Math.PI, (side ? 0.5 : 1.5) * Math.PI); }
      ctx.closePath();
      ctx.fillStyle = colours[part];
      ctx.fill();
    });
    if (fill.length === 2) { ring(ctx, x, y, radius, colours.paper, 1.2, []); }
  }

  function ring(ctx, x, y, radius, colour, width, dashes) {
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.setLineDash(dashes);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  function drawLabel(ctx, x, y, radius, node) {
    const style = tall ? node.tall : node.wide;
    ctx.save();
    ctx.globalAlpha = faint(node) ? 0.35 : 1;
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    ctx.lineJoin = "round";
    ctx.lineWidth = 3.5;
    ctx.strokeStyle = colours.halo;
    let top = y + radius + (node.ring ? 7 : 4);
    style.lines.forEach(function (line) {
      ctx.font = (line.bold ? "600 " : "") + line.size + "px " + data.font;
      if (!style.plain) { ctx.strokeText(line.text, x, top); }
      ctx.fillStyle = line.muted ? colours.muted : colours.ink;
      ctx.fillText(line.text, x, top);
      top += line.size * 1.14;
    });
    ctx.restore();
  }

  // The two blocs, and the headings

  function drawBlocs(ctx) {
    layout().blocs.forEach(function (bloc) {
      const width = bloc.box[2] - bloc.box[0];
      const height = bloc.box[3] - bloc.box[1];
      ctx.beginPath();
      ctx.roundRect(bloc.box[0], bloc.box[1], width, height, tall ? 16 : 26);
      ctx.globalAlpha = colours.wash;
      ctx.fillStyle = colours[bloc.tone];
      ctx.fill();
      ctx.globalAlpha = 0.75;
      ctx.strokeStyle = colours[bloc.tone];
      ctx.lineWidth = 1.4;
      ctx.stroke();
      ctx.globalAlpha = 1;
    });
    layout().headings.forEach(function (heading) {
      if (heading.layer && !shown.has(heading.layer)) { return; }
      ctx.textAlign = heading.align;
      ctx.textBaseline = "alphabetic";
      ctx.font = "600 " + heading.size + "px " + data.headFont;
      ctx.fillStyle = colours[heading.tone];
      ctx.fillText(heading.title, heading.x, heading.y);
      ctx.font = heading.small + "px " + data.font;
      ctx.fillStyle = colours.muted;
      ctx.fillText(heading.line, heading.x, heading.y + heading.small * 1.45);
    });
  }

  // The frame

  function bounds() {
    const box = layout().frame.slice();
    shown.forEach(function (layer) { box[3] = Math.max(box[3], layout().beneath[layer]); });
    return box;
  }

  function fit(animate) {
    const box = bounds();
    const scale = Math.min(canvas.clientWidth / (box[2] - box[0]), data.greatestScale);
    const height = Math.ceil((box[3] - box[1]) * scale);
    if (Math.abs(canvas.clientHeight - height) > 1) {
      canvas.style.height = height + "px";
      network.setSize("100%", height + "px");
      network.redraw();
    }
    zoom = 1;
    move((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, scale, animate);
    drag();
  }

  function move(x, y, scale, animate) {
    const motion = animate && !calm.matches ? { duration: 250, easingFunction: "easeInOutQuad" } : false;
    network.moveTo({ position: { x: x, y: y }, scale: scale, animation: motion });
  }

  // Dragging would catch a finger that only wants to scroll the page, so it waits for a zoom.
  function drag() { network.setOptions({ interaction: { dragView: zoom > 1 } }); }

  function zoomBy(factor) {
    const at = chosen === null ? network.getViewPosition() : network.getPosition(chosen);
    if (zoom * factor < 0.99) { return; }
    zoom = Math.min(zoom * factor, 6);
    if (zoom < 1.01) { fit(true); return; }
    move(at.x, at.y, network.getScale() * factor, true);
    drag();
  }

  // Choosing a state

  function choose(id) {
    chosen = id;
    near = new Set();
    data.edges.forEach(function (edge) {
      if (edge.from === id && !isHidden(known.get(edge.to))) { near.add(edge.to); }
      if (edge.to === id && !isHidden(known.get(edge.from))) { near.add(edge.from); }
    });
    if (find.value !== (id || "")) { find.value = known.has(id) && !known.get(id).affiliation ? id : ""; }
    describe(id);
    refresh();
  }

  function describe(id) {
    detail.replaceChildren();
    if (id === null) { detail.textContent = data.hint; return; }
    const node = known.get(id);
    const name = document.createElement("strong");
    name.textContent = node.name;
    detail.append(name, " ");
    node.facts.forEach(function (fact) {
      const line = document.createElement("span");
      line.textContent = fact + " ";
      detail.append(line);
    });
  }

  // With the arrow keys, from state to state in order of name, among those that are shown.
  function step_through(step) {
    const listed = Array.from(find.options, function (option) { return option.value; })
      .filter(function (id) { return id && !isHidden(known.get(id)); });
    const at = listed.indexOf(chosen);
    choose(listed[at < 0 ? (step > 0 ? 0 : listed.length - 1) : (at + step + listed.length) % listed.length]);
  }

  // Controls

  find.addEventListener("change", function () {
    const wanted = find.value || null, node = known.get(wanted);
    if (node && node.layer && !shown.has(node.layer)) { toggle(node.layer, true); }
    choose(wanted);
  });
  shows.forEach(function (box) {
    box.addEventListener("change", function () { toggle(box.dataset.shows, box.checked); });
    if (box.checked) { toggle(box.dataset.shows, true); }
  });
  document.getElementById("picture-in").addEventListener("click", function () { zoomBy(1.5); });
  document.getElementById("picture-out").addEventListener("click", function () { zoomBy(1 / 1.5); });
  document.getElementById("picture-all").addEventListener("click", function () { choose(null); fit(true); });
  canvas.addEventListener("keydown", function (event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") { choose(null); fit(true); }
    if (step) { event.preventDefault(); step_through(step); }
  });
  dark.addEventListener("change", function () {
    colours = data.colours[dark.matches ? "dark" : "light"];
    refresh();
  });
  new ResizeObserver(function () {
    if (isTall() !== tall) { tall = isTall(); refresh(); }
    fit(false);
  }).observe(canvas.parentElement);

  function toggle(layer, on) {
    if (on) { shown.add(layer); } else { shown.delete(layer); }
    shows.forEach(function (box) { if (box.dataset.shows === layer) { box.checked = on; } });
    choose(chosen);
    fit(false);
  }

  // What is computed after the picture: how far the rank of a node moves.
  canvas.addEventListener("interval", function (event) {
    const row = event.detail.row, unknown = event.detail.unknown, node = known.get(row.node);
    if (!node) { return; }
    node.facts = node.facts.map(function (fact) { return fact === unknown + "." ? row.interval_in_words + "." : fact; });
    node.title = node.title.replace(unknown + ".", row.interval_in_words + ".");
    nodes.update({ id: row.node, title: node.title });
    if (chosen === row.node) { describe(chosen); }
  });

  canvas.dataset.drawn = "true";
})();
