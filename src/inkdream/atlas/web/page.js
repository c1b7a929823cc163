"use strict";
/* The page of an atlas. atlas.js gives its data; everything below draws it, and asks nothing of a network. */
(() => {
  const { html, render, Component, useState, useEffect, useLayoutEffect, useMemo, useRef } = window.htmPreact;
  const { kept, Copy, useTheme, ThemeButton, Keys, short, counted, quoted, cut } = window.inkdream;
  const ATLAS = window.ATLAS;
  const root = document.getElementById("page");
  if (!ATLAS || !Array.isArray(ATLAS.tiles)) {
    root.textContent = "atlas.js is missing beside this page, or damaged: inkdream atlas page FOLDER writes it anew.";
    return;
  }

  // ---- What is known of the tiles -------------------------------------------------------------------

  const { tiles, layers, failed } = ATLAS;
  const RATIO = ATLAS.tile.height / ATLAS.tile.width;
  const [SMALLEST, LARGEST] = [32, 384];
  const isNarrow = () => matchMedia("(max-width: 859px)").matches;
  /* What is kept is of this page alone, by where it lies. */
  const own = (name) => `atlas ${location.pathname} ${name}`;
  const severalLayers = new Set(tiles.map((tile) => tile.layer)).size > 1;
  const severalSeeds = new Set(tiles.map((tile) => tile.seed)).size > 1;
  const byKey = new Map(tiles.map((tile, number) => [tile.key, number]));
  const byChannel = new Map();
  tiles.forEach((tile, number) => {
    const name = `${tile.layer}/${tile.channel}`;
    if (tile.layer && !byChannel.has(name)) byChannel.set(name, number);
  });
  const spaced = (label) => label.replaceAll("_", " ");
  function nameOf(tile) {
    if (tile.channel === null) return tile.title;
    const word = tile.label ? spaced(tile.label) : String(tile.channel);
    const layer = severalLayers ? `${tile.layer.slice(tile.layer.indexOf("/") + 1)}/` : "";
    return `${layer}${word}${severalSeeds ? ` · ${tile.seed}` : ""}`;
  }
  const names = tiles.map(nameOf);
  const ranks = new Array(tiles.length);
  tiles.map((_, number) => number).sort((a, b) => tiles[b].score - tiles[a].score || a - b)
    .forEach((number, rank) => { ranks[number] = rank + 1; });

  const ORDERS = {
    number: { label: "Number", of: (_, number) => number },
    score: { label: "Score", of: (tile) => -tile.score, note: (tile) => short(tile.score) },
    gap: { label: "Gap", of: (tile) => tile.gap, note: (tile) => percent(tile.gap) },
    inks: { label: "Inks", of: (tile) => tile.tone },
    likeness: { label: "Likeness", of: (tile) => tile.likeness },
  };
  const percent = (share) => `${short(share * 100)} %`;

  function ordered(numbers, order, reversed) {
    const values = tiles.map(ORDERS[order].of);
    const sorted = [...numbers].sort((a, b) => values[a] - values[b] || a - b);
    return reversed ? sorted.reverse() : sorted;
  }

  /* Which tiles a search means: numbers and ranges of them, or parts of classes and titles. */
  function matching(query) {
    const words = query.toLowerCase().split(",").map((word) => word.trim()).filter(Boolean);
    const all = tiles.map((_, number) => number);
    if (!words.length) return all;
    const tests = words.map((word) => {
      const range = /^(\d+)\s*[-–]\s*(\d+)$/.exec(word);
      if (range) return (tile) => tile.channel !== null && tile.channel >= +range[1] && tile.channel <= +range[2];
      if (/^\d+$/.test(word)) {
        const isNumber = tiles.some((tile) => tile.channel !== null);
        if (isNumber) return (tile) => tile.channel === +word;
      }
      return (tile, number) => [names[number], tile.label ?? "", tile.title].some((text) => text.toLowerCase().includes(word));
    });
    return all.filter((number) => tests.some((test) => test(tiles[number], number)));
  }

  /* Columns and rows for so many tiles in a box of such a shape, with few places left empty. */
  function gridFor(count, shape) {
    const ideal = Math.sqrt(count * shape);
    let best = [1, count];
    let least = Infinity;
    for (let columns = Math.max(1, Math.floor(ideal * 0.85)); columns <= Math.ceil(ideal * 1.15); columns += 1) {
      const rows = Math.ceil(count / columns);
      const cost = (columns * rows - count) / count + Math.abs(Math.log(columns / rows / shape)) / 4;
      if (cost < least) [best, least] = [[columns, rows], cost];
    }
    return best;
  }

  /* Gives every tile a place of its own in a grid, like ones close: halved again and again, as a k-d tree is. */
  function evenly(numbers, columns, rows) {
    const places = new Map();
    const halve = (part, x, y, width, height) => {
      if (!part.length) return;
      if (width * height === 1) {
        places.set(part[0], [x, y]);
        return;
      }
      const axis = width >= height ? 0 : 1;
      const first = Math.floor((axis ? height : width) / 2);
      part.sort((a, b) => tiles[a].map[axis] - tiles[b].map[axis] || a - b);
      const taken = Math.min(part.length, first * (axis ? width : height));
      const [one, two] = [part.slice(0, taken), part.slice(taken)];
      if (axis) {
        halve(one, x, y, width, first);
        halve(two, x, y + first, width, height - first);
      } else {
        halve(one, x, y, first, height);
        halve(two, x + first, y, width - first, height);
      }
    };
    halve([...numbers], 0, 0, columns, rows);
    return places;
  }

  // ---- Commands to copy -----------------------------------------------------------------------------

  const folderOf = (tile) => `runs/${tile.key}`;
  function largeCommand(tile, side) {
    const recipe = `inkdream draw ${folderOf(tile)}/recipe.toml`;
    if (tile.medium !== "pixels") return recipe;
    const factor = side / Math.max(tile.width, tile.height);
    const size = [tile.width, tile.height].map((length) => Math.max(8, Math.round(length * factor)));
    // A larger drawing needs more steps than a tile gets to come out as clear.
    return `${recipe} --width ${size[0]} --height ${size[1]} --steps ${Math.max(300, tile.steps)}`;
  }
  /* The recipes' paths begin at the atlas's folder, which the page knows where it was opened from disk. */
  function goThere() {
    if (location.protocol !== "file:") return "";
    const path = decodeURIComponent(location.pathname).replace(/\/[^/]*$/, "");
    return `cd ${quoted(/^\/[A-Za-z]:/.test(path) ? path.slice(1) : path)}`;
  }
  const commandsFor = (numbers, side) =>
    [goThere(), ...numbers.map((number) => largeCommand(tiles[number], side))].filter(Boolean).join("\n") + "\n";

  // ---- Tiles: what a sheet and the map have in common ----------------------------------------------

  /* Of thousands of tiles, only those are rendered again of which something has changed. */
  class Option extends Component {
    shouldComponentUpdate(next) {
      return Object.keys(next).some((name) => next[name] !== this.props[name]);
    }

    render({ number, at, total, classes, note, caption, left, top, act }) {
      const tile = tiles[number];
      const press = (event) => {
        const wantsPick = act.picking || event.shiftKey || event.ctrlKey || event.metaKey || event.target.closest(".mark");
        if (wantsPick) act.pick(number);
        else act.open(number);
      };
      return html`<div role="option" id=${`tile-${number}`} class=${`option ${classes}`} style=${{ left, top }}
          aria-selected=${String(classes.includes("is-picked"))} aria-setsize=${total} aria-posinset=${at + 1}
          aria-label=${`${names[number]}, score ${short(tile.score)}`} onClick=${press}>
        <span class="tile" style=${cut(tile, ATLAS)}></span>
        <span class="mark" aria-hidden="true"></span>
        ${caption && html`<span class="caption"><span>${names[number]}</span>${note && html`<span class="muted">${note}</span>`}</span>`}
      </div>`;
    }
  }

  /* A tile in either view, `left` and `top` as CSS says them. */
  function option(number, at, total, state, act, { left = "", top = "", caption = false }) {
    const classes = [
      number === state.active && "is-active", number === state.open && "is-open", state.picks.has(number) && "is-picked",
    ].filter(Boolean).join(" ");
    return html`<${Option} key=${number} number=${number} at=${at} total=${total} classes=${classes} act=${act}
      note=${caption && ORDERS[state.order].note?.(tiles[number])} caption=${caption} left=${left} top=${top} />`;
  }

  /* Keys that mean the same in both views; `move` says what the arrows do. */
  function listKeys(event, state, act, move) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && state.active !== null) act.open(state.active, true);
    else if (event.key === " " && state.active !== null) act.pick(state.active);
    else if (!move(event.key)) return;
    event.preventDefault();
  }

  /* Two fingers: `zoom(factor, x, y)` is called as they move apart. The page itself must not zoom meanwhile. */
  function usePinch(box, zoom) {
    const latest = useRef();
    latest.current = zoom;
    useEffect(() => {
      const element = box.current;
      if (!element) return undefined;
      let apart = 0;
      const distance = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      const start = (event) => { if (event.touches.length === 2) apart = distance(event.touches); };
      const pinch = (event) => {
        if (event.touches.length !== 2) return;
        event.preventDefault();
        const [a, b] = event.touches;
        const now = distance([a, b]);
        if (Math.abs(now / apart - 1) < 0.02) return;
        latest.current(now / apart, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
        apart = now;
      };
      element.addEventListener("touchstart", start, { passive: true });
      element.addEventListener("touchmove", pinch, { passive: false });
      return () => {
        element.removeEventListener("touchstart", start);
        element.removeEventListener("touchmove", pinch);
      };
    }, []);
  }

  // ---- The contact sheet: only what is in sight is in the document ----------------------------------

  function layoutOf(width, cell) {
    let gap = cell < 48 ? 2 : cell < 80 ? 6 : 14;
    const caption = cell < 60 ? 0 : 24;
    const columns = Math.max(1, Math.round((width + gap) / (cell + gap)));
    let w = Math.max(8, Math.floor((width - gap * (columns - 1)) / columns));
    // Where it is nearly so, a px of a drawing is a px of the screen: nothing is as crisp.
    const exact = ATLAS.tile.width;
    const rest = columns > 1 ? Math.floor((width - exact * columns) / (columns - 1)) : 0;
    if (columns > 1 && Math.abs(w - exact) < exact / 10 && rest >= gap / 2) [w, gap] = [exact, rest];
    const h = Math.max(1, Math.round(w * RATIO));
    return { caption, columns, w, h, step: w + gap, row: h + gap + caption };
  }

  function Sheet({ shown, state, act, printing }) {
    const box = useRef();
    const anchor = useRef(null);
    const [seen, setSeen] = useState({ width: 0, from: 0, to: 0 });
    const lay = layoutOf(seen.width, state.cell);
    const rows = Math.ceil(shown.length / lay.columns);

    useLayoutEffect(() => {
      const look = () => {
        const at = box.current.getBoundingClientRect();
        // In steps of a part of a screen, so that scrolling renders now and then only.
        const step = Math.max(200, Math.round(innerHeight / 3));
        const from = Math.floor(-at.top / step) * step - step;
        const next = { width: Math.floor(at.width), from, to: from + innerHeight + 3 * step };
        setSeen((old) => (["width", "from", "to"].every((name) => old[name] === next[name]) ? old : next));
      };
      look();
      addEventListener("scroll", look, { passive: true });
      addEventListener("resize", look);
      const resized = new ResizeObserver(look);
      resized.observe(box.current);
      return () => {
        removeEventListener("scroll", look);
        removeEventListener("resize", look);
        resized.disconnect();
      };
    }, []);

    /* Zooming keeps the tile under the pointer, or the one that is marked, where it is. */
    const top = () => box.current.getBoundingClientRect().top;
    const zoom = (factor, x = null, y = null) => {
      const bar = document.querySelector(".bar").getBoundingClientRect().bottom;
      const marked = shown.indexOf(state.active);
      let at;
      if (y !== null) {
        const left = x - box.current.getBoundingClientRect().left;
        at = Math.floor((y - top()) / lay.row) * lay.columns + Math.min(lay.columns - 1, Math.floor(left / lay.step));
      } else {
        at = Math.ceil(Math.max(0, bar - top()) / lay.row) * lay.columns;
        const markedY = top() + Math.floor(marked / lay.columns) * lay.row;
        if (marked >= 0 && markedY > bar - lay.h && markedY < innerHeight) at = marked;
      }
      at = Math.max(0, Math.min(shown.length - 1, at));
      anchor.current = { at, y: top() + Math.floor(at / lay.columns) * lay.row };
      act.size(state.cell * factor);
    };
    act.zoom.current = zoom;
    useLayoutEffect(() => {
      if (!anchor.current) return;
      const { at, y } = anchor.current;
      anchor.current = null;
      scrollBy(0, top() + Math.floor(at / lay.columns) * lay.row - y);
    }, [state.cell]);
    usePinch(box, zoom);
    useEffect(() => {
      const wheel = (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        act.zoom.current(Math.exp(-event.deltaY / 240), event.clientX, event.clientY);
      };
      const element = box.current;
      element.addEventListener("wheel", wheel, { passive: false });
      return () => element.removeEventListener("wheel", wheel);
    }, []);

    const reveal = (at) => {
      const bar = document.querySelector(".bar").getBoundingClientRect().bottom + 12;
      const y = top() + Math.floor(at / lay.columns) * lay.row;
      if (y < bar) scrollBy(0, y - bar);
      else if (y + lay.row > innerHeight) scrollBy(0, y + lay.row - innerHeight);
    };
    act.reveal.current = (number) => {
      const at = shown.indexOf(number);
      if (at >= 0) reveal(at);
    };
    const move = (key) => {
      const page = Math.max(1, Math.floor(innerHeight / lay.row) - 1) * lay.columns;
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -lay.columns, ArrowDown: lay.columns, PageUp: -page, PageDown: page }[key];
      const now = shown.indexOf(state.active);
      const last = shown.length - 1;
      let at = key === "Home" ? 0 : key === "End" ? last : by === undefined ? null : now < 0 ? 0 : now + by;
      if (at === null) return false;
      if (Math.abs(by) > 1 && (at < 0 || at > last)) at = key.startsWith("Arrow") ? now : at;
      at = Math.max(0, Math.min(last, at));
      act.mark(shown[at]);
      reveal(at);
      return true;
    };

    const first = printing ? 0 : Math.max(0, Math.floor(seen.from / lay.row)) * lay.columns;
    const last = printing ? shown.length : Math.min(shown.length, Math.ceil(seen.to / lay.row) * lay.columns);
    const options = [];
    for (let at = first; at < last && seen.width; at += 1) {
      const spot = printing ? {} : {
        left: `${(at % lay.columns) * lay.step}px`,
        top: `${Math.floor(at / lay.columns) * lay.row}px`,
      };
      options.push(option(shown[at], at, shown.length, state, act, { ...spot, caption: lay.caption > 0 }));
    }
    const isMarkedThere = shown.slice(first, last).includes(state.active);
    const style = {
      height: printing ? "auto" : `${rows * lay.row}px`, "--w": `${lay.w}px`, "--h": `${lay.h}px`,
    };
    const crisp = lay.w * devicePixelRatio >= ATLAS.tile.width * 1.4 ? "crisp" : "";
    return html`<div ref=${box} class=${`tiles sheet ${crisp}`} role="listbox" aria-multiselectable="true" tabindex="0"
      aria-label="Drawings" aria-activedescendant=${isMarkedThere ? `tile-${state.active}` : undefined} style=${style}
      onFocus=${() => state.active === null && act.mark(shown[0])}
      onKeyDown=${(event) => listKeys(event, state, act, move)}>${options}</div>`;
  }

  // ---- The map: like drawings lie close to each other -----------------------------------------------

  function Plane({ shown, state, act }) {
    const box = useRef();
    const plane = useRef();
    const view = useRef({ x: 0, y: 0, zoom: 1, laid: 1 });
    const drag = useRef(null);
    const timer = useRef();
    const [size, setSize] = useState({ width: 0, height: 0 });
    useLayoutEffect(() => {
      const look = () => {
        // It fills what the bar leaves of the window.
        const top = box.current.getBoundingClientRect().top + scrollY;
        const [width, height] = [box.current.clientWidth, Math.max(320, innerHeight - top)];
        box.current.style.height = `${height}px`;
        setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
      };
      look();
      addEventListener("resize", look);
      const resized = new ResizeObserver(look);
      resized.observe(box.current);
      return () => {
        removeEventListener("resize", look);
        resized.disconnect();
      };
    }, []);

    const pad = 18;
    const [width, height] = [Math.max(1, size.width - 2 * pad), Math.max(1, size.height - 2 * pad)];
    const [columns, rows] = gridFor(shown.length, (width * RATIO) / height);
    const unit = Math.min(width / columns, height / rows / RATIO);
    const isEven = state.spread === "even";
    const fit = isEven ? [columns * unit, rows * unit * RATIO] : [width, height];
    const places = useMemo(() => {
      if (isEven) {
        const grid = evenly(shown, columns, rows);
        return new Map([...grid].map(([number, [x, y]]) => [number, [(x + 0.5) / columns, (y + 0.5) / rows]]));
      }
      return new Map(shown.map((number) => [number, tiles[number].map.map((share) => 0.04 + 0.92 * share)]));
    }, [shown, isEven, columns, rows]);

    const cellAt = (zoom) => unit * (isEven ? 0.94 * zoom : 0.72 * zoom ** 0.6);
    const apply = () => {
      const { zoom } = view.current;
      const whole = fit.map((side) => side * zoom);
      // Some of it stays in sight, however far it is dragged.
      ["x", "y"].forEach((axis, number) => {
        const room = [size.width, size.height][number];
        const rest = room - whole[number];
        const inside = whole[number] <= room - pad;
        view.current[axis] = inside ? rest / 2 : Math.max(rest - pad, Math.min(pad, view.current[axis]));
      });
      plane.current.style.transform = `translate(${view.current.x}px, ${view.current.y}px) scale(${zoom / view.current.laid})`;
    };
    /* While it is zoomed it is stretched as a picture; then its tiles get their true size. */
    const settle = () => {
      const { zoom } = view.current;
      const style = plane.current.style;
      const cell = cellAt(zoom);
      view.current.laid = zoom;
      style.width = `${fit[0] * zoom}px`;
      style.height = `${fit[1] * zoom}px`;
      style.setProperty("--w", `${cell}px`);
      style.setProperty("--h", `${cell * RATIO}px`);
      plane.current.classList.toggle("crisp", cell * devicePixelRatio >= ATLAS.tile.width * 1.4);
      apply();
    };
    const settleNow = useRef();
    settleNow.current = settle;
    useLayoutEffect(settle, [fit[0], fit[1], isEven, unit]);
    useEffect(() => () => clearTimeout(timer.current), []);

    const zoom = (factor, x = null, y = null) => {
      const at = box.current.getBoundingClientRect();
      const pointer = [x === null ? size.width / 2 : x - at.left, y === null ? size.height / 2 : y - at.top];
      const before = view.current.zoom;
      const most = Math.max(1, LARGEST / Math.max(1, unit));
      view.current.zoom = factor === 0 ? 1 : Math.max(1, Math.min(most, before * factor));
      const real = view.current.zoom / before;
      ["x", "y"].forEach((axis, number) => {
        view.current[axis] = pointer[number] - (pointer[number] - view.current[axis]) * real;
      });
      apply();
      clearTimeout(timer.current);
      timer.current = setTimeout(() => settleNow.current(), 120);
    };
    act.zoom.current = zoom;
    usePinch(box, zoom);
    useEffect(() => {
      const element = box.current;
      const wheel = (event) => {
        event.preventDefault();
        const lines = event.deltaMode === 1 ? 24 : 1;
        act.zoom.current(Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 120 : 480)), event.clientX, event.clientY);
      };
      element.addEventListener("wheel", wheel, { passive: false });
      return () => element.removeEventListener("wheel", wheel);
    }, []);

    const reveal = (number) => {
      const spot = places.get(number);
      if (!spot) return;
      ["x", "y"].forEach((axis, side) => {
        const at = view.current[axis] + spot[side] * fit[side] * view.current.zoom;
        const room = [size.width, size.height][side];
        const margin = Math.min(room / 3, cellAt(view.current.zoom));
        view.current[axis] += Math.max(margin - at, 0) + Math.min(room - margin - at, 0);
      });
      apply();
    };
    act.reveal.current = reveal;
    const move = (key) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
      if (!way) return false;
      const here = places.get(state.active);
      let best = here ? state.active : shown[0];
      let least = Infinity;
      for (const [number, spot] of here ? places : []) {
        const [dx, dy] = [(spot[0] - here[0]) * fit[0], (spot[1] - here[1]) * fit[1]];
        const along = dx * way[0] + dy * way[1];
        const cost = along + 2.5 * Math.abs(dx * way[1] + dy * way[0]);
        if (along > 0.5 && cost < least) [best, least] = [number, cost];
      }
      act.mark(best);
      reveal(best);
      return true;
    };

    /* One finger or the mouse drags; a press that does not move is a click. */
    const down = (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      drag.current = { id: event.pointerId, x: event.clientX, y: event.clientY, moved: false };
    };
    const dragged = (event) => {
      const from = drag.current;
      if (!from || from.id !== event.pointerId) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.moved && Math.hypot(dx, dy) < 5) return;
      if (!from.moved) box.current.setPointerCapture(event.pointerId);
      Object.assign(from, { x: event.clientX, y: event.clientY, moved: true });
      view.current.x += dx;
      view.current.y += dy;
      apply();
    };
    const up = () => { setTimeout(() => { drag.current = null; }); };
    const noClick = (event) => {
      if (drag.current?.moved) event.stopPropagation();
    };
    return html`<div class="map" ref=${box} onPointerDown=${down} onPointerMove=${dragged} onPointerUp=${up}
        onPointerCancel=${up} onClickCapture=${noClick}>
      <div ref=${plane} class=${`tiles plane ${tiles.length <= 1000 ? "moves" : ""}`} role="listbox" aria-multiselectable="true"
        tabindex="0" aria-label="Drawings, like ones close to each other"
        aria-activedescendant=${places.has(state.active) ? `tile-${state.active}` : undefined}
        onFocus=${() => state.active === null && act.mark(shown[0])}
        onKeyDown=${(event) => listKeys(event, state, act, move)}>
        ${size.width > 0 && shown.map((number, at) => {
          const [left, top] = places.get(number).map((share) => `${share * 100}%`);
          return option(number, at, shown.length, state, act, { left, top });
        })}
      </div></div>`;
  }

  // ---- Beside the sheet: one drawing, those picked, or the whole ------------------------------------

  function Thumb({ number, act, label }) {
    return html`<button type="button" class="tile" style=${cut(tiles[number], ATLAS)} title=${names[number]}
      aria-label=${label || `Open ${names[number]}`} onClick=${() => act.open(number)}></button>`;
  }

  function Swatches({ tile }) {
    const all = tile.shares.reduce((sum, share) => sum + share, 0) || 1;
    return html`<div class="inks">
      <div class="swatches" aria-hidden="true">${tile.inks.map((ink, at) => html`<span style=${{ background: ink, flex: tile.shares[at] / all }}></span>`)}</div>
      <ul class="small muted">${tile.inks.map((ink, at) => html`<li>${ink} <span>${percent(tile.shares[at] / all)}</span></li>`)}</ul>
    </div>`;
  }

  function Excites({ tile, act }) {
    if (!tile.excites.length) return null;
    const most = tile.excites[0][1];
    const labels = layers[tile.responds]?.labels;
    return html`<section><h3>Excites besides, more than the others do</h3>
      <ol class=${labels ? "excites named" : "excites"}>${tile.excites.map(([channel, score]) => {
        const number = byChannel.get(`${tile.responds}/${channel}`);
        const word = labels?.[channel] ? spaced(labels[channel]) : String(channel);
        return html`<li>${number === undefined ? html`<span></span>` : html`<${Thumb} number=${number} act=${act} />`}
          <span class="word">${word}</span>
          <span class="amount" aria-hidden="true"><span style=${{ width: `${(100 * score) / most}%` }}></span></span>
          <span class="small muted">${short(score)}<span class="hidden"> standard deviations above</span></span></li>`;
      })}</ol></section>`;
  }

  function Command({ text, name }) {
    return html`<div class="command"><pre tabindex="0">${text}</pre><${Copy} text=${text} name=${name} /></div>`;
  }

  function SizeChoice({ side, act }) {
    return html`<label>Longer side <select value=${side} onChange=${(event) => act.set({ side: +event.target.value })}>
      ${[256, 512, 1024, 2048].map((px) => html`<option value=${px}>${px} px</option>`)}</select></label>`;
  }

  function Detail({ number, state, shown, act }) {
    const tile = tiles[number];
    const head = useRef();
    const at = shown.indexOf(number);
    useEffect(() => {
      // Where it lies over the sheet, or was asked for by a key, what is read next is this.
      if (isNarrow() || state.focusDetail) head.current.focus({ preventScroll: true });
      head.current.closest(".panel").scrollTop = 0;
    }, [number, state.focusDetail]);
    const folder = folderOf(tile);
    const where = tile.layer && tile.channel !== null ? tile.layer : tile.medium;
    const isLarge = Math.max(tile.width, tile.height) > 360;
    return html`<article>
      <p class="muted small">${where}</p>
      <div class="head"><h2 ref=${head} tabindex="-1">${names[number]}</h2>
        <span class="joined">
          <button type="button" class="round" aria-label="Previous drawing" title="Previous (K)" disabled=${at <= 0} onClick=${() => act.step(-1)}>←</button>
          <button type="button" class="round" aria-label="Next drawing" title="Next (J)" disabled=${at === shown.length - 1} onClick=${() => act.step(1)}>→</button>
          <button type="button" aria-pressed=${String(state.picks.has(number))} onClick=${() => act.pick(number)}>${state.picks.has(number) ? "Picked" : "Pick"}</button>
        </span></div>
      <img class=${isLarge ? "large" : "large crisp"} src=${`${folder}/drawing.png`} width=${tile.width} height=${tile.height} alt=${`The drawing ${tile.title}`} />
      <dl class="facts">
        <div><dt>Score</dt><dd>${short(tile.score)}</dd></div>
        <div><dt>Rank</dt><dd>${ranks[number]} <span class="muted">of ${tiles.length}</span></dd></div>
        <div><dt>Gap</dt><dd>${percent(tile.gap)}</dd></div>
        <div><dt>Soft score</dt><dd>${short(tile.soft)}</dd></div>
      </dl>
      <${Swatches} tile=${tile} />
      ${tile.near.length > 0 && html`<section><h3>Most like it</h3>
        <div class="near">${tile.near.map((other) => html`<${Thumb} key=${other} number=${other} act=${act} />`)}</div></section>`}
      <${Excites} tile=${tile} act=${act} />
      <section><h3>Draw it again</h3>
        <p class="row"><${SizeChoice} side=${state.side} act=${act} /></p>
        <${Command} text=${largeCommand(tile, state.side)} name="Copy the command that draws it large" />
        <p class="small muted">The tile itself, bit for bit; and what there is, for a plotter:</p>
        <${Command} text=${tile.command} name="Copy the command that draws the tile again" />
        <${Command} text=${`inkdream plot ${folder}/drawing.png`} name="Copy the command that plots it" />
        <details><summary>Recipe</summary><pre tabindex="0">${tile.recipe}</pre>
          <${Copy} text=${tile.recipe} label="Copy the recipe" /></details>
        <p class="small muted">Commands run in the atlas’s folder. ${tile.width} × ${tile.height} px, ${counted(tile.steps, "step")},
          seed ${String(tile.seed)}, ${short(tile.seconds)} s.
          Files: <a href=${`${folder}/drawing.png`}>drawing.png</a>, <a href=${`${folder}/recipe.toml`}>recipe.toml</a>.</p>
      </section></article>`;
  }

  function Picks({ state, act }) {
    const picks = [...state.picks];
    const [what, setWhat] = useState("commands");
    const text = what === "commands" ? commandsFor(picks, state.side)
      : picks.map((number) => `${folderOf(tiles[number])}/recipe.toml`).join("\n") + "\n";
    if (!picks.length) {
      return html`<article><h2>Nothing picked</h2><p class="muted">Press Space on a drawing, click it with Shift, or turn on
        <em> Pick</em> above. What is picked here can be drawn large by one list of commands.</p></article>`;
    }
    return html`<article><h2>${picks.length} picked</h2>
      <div class="near">${picks.map((number) => html`<${Thumb} key=${number} number=${number} act=${act} />`)}</div>
      <section><h3>Draw them large</h3>
        <p class="row"><span class="joined" role="group" aria-label="What the list holds">
          ${["commands", "recipes"].map((word) => html`<button type="button" aria-pressed=${String(what === word)} onClick=${() => setWhat(word)}>${word === "commands" ? "Commands" : "Recipes"}</button>`)}
          </span>${what === "commands" && html`<${SizeChoice} side=${state.side} act=${act} />`}</p>
        <textarea readonly rows=${Math.min(16, picks.length + 2)} aria-label="The list" value=${text}></textarea>
        <p class="row"><${Copy} text=${text} label="Copy the list" className="main" />
          <button type="button" onClick=${act.clear}>Pick none</button></p>
      </section></article>`;
  }

  function Histogram() {
    const scores = tiles.map((tile) => tile.score);
    const [low, high] = [Math.min(...scores), Math.max(...scores)];
    if (!(high > low)) return null;
    const bars = new Array(32).fill(0);
    scores.forEach((score) => { bars[Math.min(31, Math.floor(((score - low) / (high - low)) * 32))] += 1; });
    const most = Math.max(...bars);
    return html`<figure class="scores"><svg viewBox="0 0 320 60" preserveAspectRatio="none" role="img"
        aria-label=${`Scores from ${short(low)} to ${short(high)}`}>
      ${bars.map((count, at) => html`<rect x=${at * 10} y=${60 - (58 * count) / most} width="9" height=${(58 * count) / most} />`)}</svg>
      <figcaption class="small muted"><span>${short(low)}</span><span>score</span><span>${short(high)}</span></figcaption></figure>`;
  }

  const lightness = (ink) => [0.3, 0.6, 0.1].reduce((sum, weight, at) => sum + weight * parseInt(ink.slice(1 + 2 * at, 3 + 2 * at), 16), 0);

  /* Every drawing a thin column of its inks, in the order of their colours. */
  function Spectrum() {
    const canvas = useRef();
    useLayoutEffect(() => {
      const order = tiles.map((_, number) => number).sort((a, b) => tiles[a].tone - tiles[b].tone);
      const { width, height } = canvas.current;
      const pen = canvas.current.getContext("2d");
      for (let x = 0; x < width; x += 1) {
        const tile = tiles[order[Math.floor((x * order.length) / width)]];
        const inks = tile.inks.map((ink, at) => [lightness(ink), ink, tile.shares[at]]).sort((a, b) => b[0] - a[0]);
        let y = 0;
        inks.forEach(([, ink, share]) => {
          pen.fillStyle = ink;
          pen.fillRect(x, y, 1, height - y);
          y += share * height;
        });
      }
    }, []);
    return html`<canvas ref=${canvas} width="640" height="96" role="img" aria-label="The inks of all drawings, by colour"></canvas>`;
  }

  function About({ act }) {
    const best = useMemo(() => ordered(tiles.map((_, number) => number), "score", false).slice(0, 8), []);
    return html`<article><h2>At a glance</h2>
      <p class="muted">Each drawing is made to excite one channel, in a few inks. Open one to see what it is like, what else it
        excites, and how to draw it large.</p>
      ${best.length > 0 && html`<section><h3>Inks</h3><${Spectrum} /></section>
        <section><h3>Scores</h3><${Histogram} /></section>
        <section><h3>Highest scores</h3><div class="near">${best.map((number) => html`<${Thumb} key=${number} number=${number} act=${act} />`)}</div></section>`}
      ${failed.length > 0 && html`<section><h3>Not drawn</h3><ul class="failed small">
        ${failed.map((each) => html`<li><strong>${each.title}</strong> ${each.error}</li>`)}</ul></section>`}
    </article>`;
  }

  // ---- The whole page -------------------------------------------------------------------------------

  const KEYS = [
    [["←", "→", "↑", "↓"], "from drawing to drawing"],
    [["Enter"], "open a drawing"],
    [["Space"], "pick it, or not"],
    [["J", "K"], "next and previous drawing"],
    [["+", "−", "0"], "larger, smaller, as at first"],
    [["M"], "sheet or map"],
    [["O", "R"], "next order; the other way round"],
    [["/"], "search by number or class"],
    [["P"], "what is picked"],
    [["Esc"], "close, go back to the sheet"],
    [["?"], "these keys"],
  ];
  const usualCell = () => (isNarrow() ? 104 : Math.min(132, Math.max(64, ATLAS.tile.width)));

  function App({ printing }) {
    const [state, setState] = useState(() => ({
      view: "sheet", order: "number", reversed: false, query: "", cell: usualCell(), spread: "even", side: 512,
      active: null, open: null, panel: null, focusDetail: 0, picking: false, keys: false,
      picks: new Set(kept.get(own("picks"), []).map((key) => byKey.get(key)).filter((number) => number !== undefined)),
      ...linked(),
    }));
    const [theme, turn] = useTheme();
    const latest = useRef();
    latest.current = state;
    const shown = useMemo(() => ordered(matching(state.query), state.order, state.reversed), [state.query, state.order, state.reversed]);
    const zoom = useRef(() => {});
    const reveal = useRef(() => {});
    const search = useRef();
    const set = (part) => setState((old) => ({ ...old, ...part }));
    // The same object at all times, so that tiles need not be rendered for it.
    const act = useRef({}).current;
    Object.assign(act, {
      set, zoom, reveal, picking: state.picking,
      mark: (number) => setState((old) => ({ ...old, active: number, open: old.panel === "tile" && !isNarrow() ? number : old.open })),
      open: (number, byKeyboard = false) => setState((old) => ({
        ...old, active: number, open: number, panel: "tile", focusDetail: byKeyboard ? old.focusDetail + 1 : 0,
      })),
      step: (by) => {
        const next = shown[shown.indexOf(latest.current.open) + by];
        if (next === undefined) return;
        act.open(next);
        reveal.current(next);
      },
      pick: (number) => setState((old) => {
        const picks = new Set(old.picks);
        if (!picks.delete(number)) picks.add(number);
        return { ...old, picks, active: number };
      }),
      clear: () => set({ picks: new Set() }),
      size: (cell) => set({ cell: Math.max(SMALLEST, Math.min(LARGEST, cell)) }),
      close: () => {
        set({ panel: null, open: null, focusDetail: 0 });
        document.querySelector("[role=listbox]")?.focus({ preventScroll: true });
      },
    });
    const step = (factor) => (factor === 0 && state.view === "sheet" ? zoom.current(usualCell() / state.cell) : zoom.current(factor));

    useEffect(() => kept.set(own("picks"), [...state.picks].map((number) => tiles[number].key)), [state.picks]);
    useEffect(() => {
      document.title = state.open === null ? `${ATLAS.title} – atlas` : `${tiles[state.open].title} – atlas`;
      const hash = state.open === null ? "" : `#${tiles[state.open].key}`;
      try {
        if (location.hash !== hash) history.replaceState(null, "", hash || location.pathname + location.search);
      } catch { /* some browsers keep the address of a file as it is */ }
    }, [state.open]);
    useEffect(() => {
      const moved = () => set(linked());
      addEventListener("hashchange", moved);
      if (latest.current.open !== null) reveal.current(latest.current.open);
      return () => removeEventListener("hashchange", moved);
    }, []);
    // Behind a panel that covers the page nothing can be reached.
    const isCovered = state.panel !== null && isNarrow();
    useLayoutEffect(() => document.body.classList.toggle("covered", isCovered), [isCovered]);

    const keys = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || latest.current.keys) return;
      const isTyping = event.target.closest("input[type=search], textarea, select");
      if (event.key === "Escape") {
        if (isTyping && latest.current.query) set({ query: "" });
        else act.close();
        return;
      }
      if (isTyping) return;
      const orders = Object.keys(ORDERS);
      const does = {
        "+": () => step(1.25), "=": () => step(1.25), "-": () => step(0.8), "−": () => step(0.8), 0: () => step(0),
        m: () => set({ view: latest.current.view === "map" ? "sheet" : "map" }),
        o: () => set({ order: orders[(orders.indexOf(latest.current.order) + 1) % orders.length] }),
        r: () => set({ reversed: !latest.current.reversed }),
        p: () => set({ panel: latest.current.panel === "picks" ? null : "picks", open: null }),
        j: () => act.step(1), k: () => act.step(-1),
        "/": () => search.current.focus(), "?": () => set({ keys: true }),
      }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!does) return;
      event.preventDefault();
      does();
    };
    const keysNow = useRef();
    keysNow.current = keys;
    useEffect(() => {
      const press = (event) => keysNow.current(event);
      document.addEventListener("keydown", press);
      return () => document.removeEventListener("keydown", press);
    }, []);

    const sentence = state.query ? `${counted(shown.length, "drawing")} of ${tiles.length}` : summary();
    const facts = `${sentence}, by ${ORDERS[state.order].label.toLowerCase()}`;
    return html`<div class="page">
      <main inert=${isCovered}>
        <header><div><h1>${ATLAS.title}</h1><p class="muted">${sentence}${failed.length > 0 && html`, <button type="button" class="link" onClick=${() => set({ panel: "about", open: null })}>${failed.length} not drawn</button>`}</p></div>
          <div class="tools"><button type="button" class="plain only-narrow" onClick=${() => set({ panel: "about", open: null })}>About</button>
            <${ThemeButton} theme=${theme} turn=${turn} />
            <button type="button" class="plain round" aria-label="Keys" title="Keys (?)" onClick=${() => set({ keys: true })}>?</button></div></header>
        <div class="bar" role="group" aria-label="What is shown, and how">
          <span class="joined" role="group" aria-label="View">${[["sheet", "Sheet"], ["map", "Map"]].map(([view, word]) => html`
            <button type="button" aria-pressed=${String(state.view === view)} onClick=${() => set({ view })}>${word}</button>`)}</span>
          ${state.view === "sheet" ? html`<span class="joined"><select aria-label="Order" value=${state.order} onChange=${(event) => set({ order: event.target.value })}>
              ${Object.entries(ORDERS).map(([order, { label }]) => html`<option value=${order}>${label}</option>`)}</select>
            <button type="button" class="round" aria-pressed=${String(state.reversed)} aria-label="The other way round" title="The other way round (R)" onClick=${() => set({ reversed: !state.reversed })}>⇅</button></span>`
          : html`<span class="joined" role="group" aria-label="Places">${[["even", "Even"], ["loose", "Loose"]].map(([spread, word]) => html`
            <button type="button" aria-pressed=${String(state.spread === spread)} onClick=${() => set({ spread })}>${word}</button>`)}</span>`}
          <span class="search"><input ref=${search} type="search" aria-label="Search by number or class" placeholder="Number or class" autocomplete="off" spellcheck=${false}
            value=${state.query} onInput=${(event) => set({ query: event.target.value })} /></span>
          <span class="joined zooms"><button type="button" class="round" aria-label="Smaller" title="Smaller (−)" onClick=${() => step(0.8)}>−</button>
            <button type="button" class="round" aria-label="Larger" title="Larger (+)" onClick=${() => step(1.25)}>+</button></span>
          <span class="joined picking"><button type="button" aria-pressed=${String(state.picking)} title="A click picks" onClick=${() => set({ picking: !state.picking })}>Pick</button>
            ${state.picks.size > 0 && html`<button type="button" onClick=${() => set({ panel: "picks", open: null })}>${state.picks.size} picked</button>`}</span>
        </div>
        <p class="hidden" aria-live="polite">${facts}</p>
        ${!shown.length ? html`<p class="none muted">${tiles.length ? "No drawing has that number or class." : "No drawing is there yet."}</p>`
          : state.view === "map" && !printing ? html`<${Plane} shown=${shown} state=${state} act=${act} />`
          : html`<${Sheet} shown=${shown} state=${state} act=${act} printing=${printing} />`}
      </main>
      <aside class=${`panel ${state.panel ? "is-open" : ""}`} aria-label="About the drawings">
        ${state.panel && html`<button type="button" class="plain round close" aria-label="Close" title="Close (Esc)" onClick=${act.close}>×</button>`}
        ${state.panel === "tile" && state.open !== null ? html`<${Detail} number=${state.open} state=${state} shown=${shown} act=${act} />`
          : state.panel === "picks" ? html`<${Picks} state=${state} act=${act} />`
          : html`<${About} act=${act} />`}
      </aside>
      ${state.keys && html`<${Keys} keys=${KEYS} close=${() => set({ keys: false })} />`}
    </div>`;
  }

  /* What the address points to: a tile by its key. */
  function linked() {
    const number = byKey.get(location.hash.slice(1));
    return number === undefined ? {} : { active: number, open: number, panel: "tile" };
  }

  function summary() {
    const parts = [counted(tiles.length, "drawing")];
    const inks = new Set(tiles.map((tile) => tile.inks.length));
    if (inks.size === 1) parts.push(`${counted([...inks][0], "ink")} each`);
    const sizes = new Set(tiles.map((tile) => `${tile.width} × ${tile.height} px`));
    if (sizes.size === 1) parts.push([...sizes][0]);
    return parts.join(", ");
  }

  const draw = (printing) => render(html`<${App} printing=${printing} />`, root);
  root.textContent = "";
  root.style.setProperty("--columns", ATLAS.tile.columns);
  root.style.setProperty("--ratio", RATIO);
  draw(false);
  // On paper all tiles are needed, not only those in sight.
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw(false));
  matchMedia("print").addEventListener("change", (event) => draw(event.matches));
})();
