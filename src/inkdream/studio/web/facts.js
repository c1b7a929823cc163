"use strict";
/* The right side: what is known of the run that is open, and what can be made of it. */
(() => {
  const { html, useState, useMemo, useRef } = window.htmPreact;
  const studio = window.studio;
  const { state, set, useStore, Swatch, Line } = studio;
  const { short, Copy } = window.inkdream;

  // ---- Scores over steps -----------------------------------------------------------------------------

  const STAGES = { study: "study", inks: "inks", strokes: "inks", compare: "any colours", free: "any colours" };
  function Chart({ scores }) {
    const box = useRef();
    const [at, setAt] = useState(null);
    const known = useMemo(() => scores.map((each, index) => ({ ...each, x: index })).filter(({ score }) => Number.isFinite(score)), [scores]);
    if (known.length < 2) return html`<p class="muted small">Scores will stand here.</p>`;
    const [width, height] = [240, 64];
    const values = known.flatMap(({ score, strict }) => [score, ...(Number.isFinite(strict) ? [strict] : [])]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const x = (index) => (width * index) / Math.max(1, scores.length - 1);
    const y = (value) => height - 3 - ((height - 6) * (value - low)) / Math.max(1e-9, high - low);
    const line = (points) => points.map(([px, py], index) => `${index ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
    const soft = line(known.map((each) => [x(each.x), y(each.score)]));
    const strict = known.filter((each) => Number.isFinite(each.strict));
    const borders = known.filter((each, index) => index && each.stage !== known[index - 1].stage);
    const shown = at === null ? known.at(-1) : known.reduce((best, each) => (Math.abs(x(each.x) - at) < Math.abs(x(best.x) - at) ? each : best));
    const words = `Score from ${short(known[0].score)} at step ${known[0].step} to ${short(known.at(-1).score)} at step ${known.at(-1).step}, ${short(high)} at most.`;
    return html`<figure class="chart" ref=${box}>
      <svg viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label=${words}
          onPointerMove=${(event) => { const box = event.currentTarget.getBoundingClientRect(); setAt((width * (event.clientX - box.left)) / box.width); }} onPointerLeave=${() => setAt(null)}>
        ${borders.map((each) => html`<path class="border" d=${`M${x(each.x)} 0V${height}`} />`)}
        <path class="soft" d=${soft} />
        ${strict.length > 1 && html`<path class="strict" d=${line(strict.map((each) => [x(each.x), y(each.strict)]))} />`}
        ${at !== null && html`<path class="at" d=${`M${x(shown.x)} 0V${height}`} />`}
      </svg>
      <figcaption class="small muted"><span>step ${shown.step}${shown.stage ? `, ${STAGES[shown.stage] ?? shown.stage}` : ""}</span><span>${short(shown.score)}${Number.isFinite(shown.strict) ? html` <span title="in exactly the inks">(${short(shown.strict)} strict)</span>` : ""}</span></figcaption>
    </figure>`;
  }

  // ---- The plot, by pen ------------------------------------------------------------------------------

  function PenTable({ run, plot, hidden }) {
    const isWaiting = useStore((now) => now.plotting[run.id]);
    return html`<table class=${`pen-table ${isWaiting ? "is-waiting" : ""}`}><caption class="hidden">The plot, by pen</caption>
      <thead><tr><th scope="col">Pen</th><th scope="col">Time</th><th scope="col">Metres</th><th scope="col">Lifts</th></tr></thead>
      <tbody>${plot.pens.map((pen, number) => {
        const isOn = !hidden.includes(pen.name);
        return html`<tr key=${pen.name} class=${isOn ? "" : "is-off"}><th scope="row"><label title=${number < 9 ? `On or off (${number + 1})` : undefined}>
            <input type="checkbox" checked=${isOn} aria-label=${pen.name} onChange=${() => studio.togglePen(run.id, pen.name)} /><${Swatch} colour=${pen.colour} width=${pen.width} /><span class="pen-name" title=${pen.name}>${pen.name}</span></label></th>
          <td>${studio.clock(pen.seconds)}</td><td>${short(pen.ink_metres)}</td><td>${pen.lifts}</td></tr>`;
      })}</tbody></table>`;
  }

  function Plot({ run }) {
    const { plot, error, isWaiting, hidden } = useStore((now) => ({ plot: now.plots[run.id], error: now.plotErrors[run.id], isWaiting: now.plotting[run.id], hidden: now.hiddenPens[run.id] ?? none }));
    if (!plot || !studio.canPlot(run)) return html`<section><h2>The plot</h2>${error ? html`<p class="wrong" role="alert">${error.error}</p>` : html`<p class="muted">${isWaiting ? "Its lines are being put in order…" : "It is known when the drawing rests."}</p>`}</section>`;
    const on = plot.pens.filter((pen) => !hidden.includes(pen.name));
    const sum = (name) => on.reduce((total, pen) => total + (pen[name] ?? 0), 0);
    const seconds = on.length === plot.pens.length ? plot.seconds : sum("seconds");
    return html`<section><h2>The plot</h2>
      <dl class="facts"><div><dt>Time</dt><dd>${studio.minutes(seconds)}</dd></div><div><dt>Ink</dt><dd>${short(sum("ink_metres"))} m</dd></div><div><dt>Lifts</dt><dd>${sum("lifts").toLocaleString("en")}</dd></div></dl>
      <${PenTable} run=${run} plot=${plot} hidden=${hidden} />
      ${error && !error.key && html`<p class="wrong" role="alert">${error.error}</p>`}
      ${plot.notes?.length > 0 && html`<ul class="notes small">${plot.notes.map((note) => html`<li>${note}</li>`)}</ul>`}
      <${studio.PlotOptions} run=${run} />
      <${studio.Export} run=${run} plot=${plot} />
    </section>`;
  }
  const none = [];

  // ---- From here ---------------------------------------------------------------------------------------

  function Forks({ run }) {
    const [steps, setSteps] = useState(200);
    const rests = ["finished", "stopped"].includes(run.state);
    return html`<section><h2>From here</h2>
      <div class="adds"><button type="button" onClick=${() => studio.settingsOf(run.id)}>These settings</button>
        <button type="button" onClick=${() => studio.anotherSeed(run.id)}>Another seed</button>
        ${rests && html`<button type="button" onClick=${() => studio.otherPens(run.id)}>With other pens</button><button type="button" onClick=${() => studio.larger(run.id)}>Larger</button>`}</div>
      ${rests && html`<form class="with-button steps-more" onSubmit=${(event) => { event.preventDefault(); studio.more(run.id, steps ?? 200); }}>
        <${Line} label="Go on for more steps" kind="number" min=${1} step=${50} value=${steps} change=${setSteps} unit="steps" /><button type="submit">Go on</button></form>`}
    </section>`;
  }

  // ---- What was measured ---------------------------------------------------------------------------------

  /* Markdown's headings, tables, lists and paragraphs as elements; nothing of it is ever HTML. */
  function Prose({ text }) {
    const blocks = [];
    const lines = text.split("\n");
    const plain = (line) => line.replace(/\*\*|`/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    for (let at = 0; at < lines.length; at += 1) {
      const line = lines[at];
      const heading = /^(#+) (.*)/.exec(line);
      if (heading) blocks.push(html`<h3>${plain(heading[2])}</h3>`);
      else if (line.startsWith("|")) {
        const rows = [];
        for (; at < lines.length && lines[at].startsWith("|"); at += 1) if (!/^\|[\s|:-]+$/.test(lines[at])) rows.push(lines[at].split("|").slice(1, -1).map((cell) => plain(cell.trim())));
        at -= 1;
        const [first, ...rest] = rows;
        const isHeaded = first?.some(Boolean);
        // What was measured is read line by line; its meaning stands below the word.
        if (first?.length === 3 && first[0] === "what") {
          blocks.push(html`<dl class="measured">${rest.map(([what, measured, meaning]) => html`<div><dt>${what}<span class="muted">${meaning}</span></dt><dd>${measured}</dd></div>`)}</dl>`);
        } else blocks.push(html`<div class="table" tabindex="0" role="region" aria-label=${first?.join(", ")}><table>${isHeaded && html`<thead><tr>${first.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>`}<tbody>${rest.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`);
      } else if (/^[-*] /.test(line)) {
        const items = [];
        for (; at < lines.length && /^[-*] /.test(lines[at]); at += 1) items.push(lines[at].slice(2));
        at -= 1;
        blocks.push(html`<ul class="bullets">${items.map((item) => html`<li>${plain(item)}</li>`)}</ul>`);
      } else if (line.trim() && !line.startsWith("<") && !line.startsWith("![")) {
        const words = [line];
        while (at + 1 < lines.length && lines[at + 1].trim() && !/^[#|<!-]/.test(lines[at + 1])) words.push(lines[(at += 1)]);
        blocks.push(html`<p>${plain(words.join(" "))}</p>`);
      }
    }
    return html`<div class="prose">${blocks}</div>`;
  }

  function Papers({ run, detail }) {
    const files = [["drawing.png", "Picture"], ["preview.png", "Preview"], ["sheet.html", "Run sheet"], ["progress.gif", "Progress"], ["palette.png", "Palette"], ["certificate.json", "Numbers"]].filter(([name]) => detail.files?.includes(name));
    return html`<section class="papers">
      ${detail.certificate_md && html`<details><summary>Certificate</summary><${Prose} text=${detail.certificate_md} /></details>`}
      <details><summary>Its recipe</summary><div class="with-copy"><${Copy} text=${detail.toml ?? ""} /></div><pre tabindex="0">${detail.toml}</pre></details>
      ${detail.log?.length > 0 && html`<details><summary>Its log</summary><pre tabindex="0">${detail.log.join("\n")}</pre></details>`}
      ${files.length > 0 && html`<p class="file-links small">${files.map(([name, words]) => html`<a href=${studio.fileUrl(run, name)} target="_blank" rel="noopener">${words}</a> `)}</p>`}
    </section>`;
  }

  function Facts() {
    const { run, detail, compare } = useStore((now) => ({ run: now.runs[now.open], detail: now.details[now.open], compare: now.compare }));
    const [theme, turn] = window.inkdream.useTheme();
    return html`<aside class="facts-side" aria-label="About the drawing">
      <div class="side-tools"><${window.inkdream.ThemeButton} theme=${theme} turn=${turn} />
        <button type="button" class="plain round" aria-label="Keys" title="Keys (?)" onClick=${() => set({ dialog: { kind: "keys" } })}>?</button></div>
      ${compare ? html`<${studio.Versus} />` : run && detail && html`<section><h2>Score</h2><${Chart} scores=${detail.scores ?? []} /></section>
        <${Plot} key=${run.id} run=${run} /><${Forks} run=${run} /><${Papers} run=${run} detail=${detail} />`}
    </aside>`;
  }

  Object.assign(studio, { Facts, Chart, Prose });
})();
