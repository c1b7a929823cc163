"use strict";
/* Beside the sheet: one drawing, those picked, or the whole. */
(() => {
  if (!window.atlas) return; // as the page says by now
  const { html, useState, useEffect, useLayoutEffect, useMemo, useRef } = window.htmPreact;
  const { Copy, short, counted, cut } = window.inkdream;
  const { ATLAS, tiles, layers, failed, isNarrow, byChannel, spaced, names, ranks, percent, ordered, folderOf,
    largeCommand, commandsFor } = window.atlas;

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

  Object.assign(window.atlas, { Detail, Picks, About });
})();
