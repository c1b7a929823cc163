/* The right side: what is known of the run that is open, and what can be made of it. */
const { html, useState, useMemo, useRef } = window.htmPreact;
const studio = window.studio;
const { state, set, useStore, Swatch, Line } = studio;
const { short, Copy } = window.inkdream;

// ---- Scores over steps ----

const STAGES = { study: "study", plan: "plan", inks: "inks", strokes: "inks", compare: "any colours", free: "any colours" };
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

// ---- The plot, by pen ----

const none = [];
function PenTable({ run, pens, hidden }) {
  const isWaiting = useStore((now) => now.plotting[run.id]);
  return html`<table class=${`pen-table ${isWaiting ? "is-waiting" : ""}`}><caption class="hidden">The plot, by pen</caption>
    <thead><tr>${["Pen", "Time", "Metres", "Lifts"].map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
    <tbody>${pens.map(({ name, colour, width, seconds, ink_metres, lifts }, number) => html`<tr key=${name} class=${hidden.includes(name) ? "is-off" : ""}>
      <th scope="row"><label title=${number < 9 ? `On or off (P ${number + 1})` : undefined}><input type="checkbox" checked=${!hidden.includes(name)} aria-label=${name} onChange=${() => studio.togglePen(run.id, name)} />
        <${Swatch} colour=${colour} width=${width} /><span class="pen-name" title=${name}>${studio.shortPen(name)}</span></label></th>
      <td>${studio.clock(seconds)}</td><td>${short(ink_metres)}</td><td>${lifts}</td></tr>`)}</tbody></table>`;
}

function Plot({ run }) {
  const { plot, error, isWaiting, hidden } = useStore((now) => ({ plot: now.plots[run.id], error: now.plotErrors[run.id], isWaiting: now.plotting[run.id], hidden: now.hiddenPens[run.id] ?? none }));
  const wrong = (shown) => shown && html`<p class="wrong" role="alert">${error.error}</p>`;
  if (!plot || !studio.canPlot(run)) return html`<section><h2>The plot</h2>${wrong(error) || html`<p class="muted">${isWaiting ? "Its lines are being put in order…" : "It is known when the drawing rests."}</p>`}</section>`;
  const on = plot.pens.filter((pen) => !hidden.includes(pen.name));
  const sum = (name) => on.reduce((total, pen) => total + pen[name], 0);
  const facts = [["Time", studio.minutes(on.length === plot.pens.length ? plot.seconds : sum("seconds"))], ["Ink", `${short(sum("ink_metres"))} m`], ["Lifts", sum("lifts").toLocaleString("en")]];
  return html`<section><h2>The plot</h2>
    <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <${PenTable} run=${run} pens=${plot.pens} hidden=${hidden} />
    ${wrong(error && !error.key)}
    ${plot.notes.length > 0 && html`<ul class="notes small">${plot.notes.map((note) => html`<li>${note}</li>`)}</ul>`}
    <${studio.PlotOptions} run=${run} />
    <${studio.Export} run=${run} plot=${plot} />
  </section>`;
}

// ---- From here ----

function Forks({ run }) {
  const [steps, setSteps] = useState(200);
  const rests = studio.canPlot(run);
  return html`<section><h2>From here</h2>
    <div class="adds"><button type="button" onClick=${() => studio.settingsOf(run.id)}>These settings</button>
      <button type="button" onClick=${() => studio.anotherSeed(run.id)}>Another seed</button>
      ${rests && html`<button type="button" onClick=${() => studio.otherPens(run.id)}>With other pens</button><button type="button" onClick=${() => studio.larger(run.id)}>Larger</button>`}</div>
    ${rests && html`<form class="with-button" onSubmit=${(event) => { event.preventDefault(); studio.more(run.id, steps ?? 200); }}>
      <${Line} label="Go on in a new run, for" kind="number" min=${1} step=${50} value=${steps} change=${setSteps} unit="steps" /><button type="submit">Go on</button></form>`}
  </section>`;
}

// ---- What was measured ----

/* Markdown's headings, tables, lists and paragraphs as elements; nothing of it is ever HTML. */
function Prose({ text }) {
  const blocks = [];
  const lines = text.split("\n");
  const plain = (line) => line.trim().replace(/\*\*|`/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  /* The lines from here on that go on with what begins here. */
  const taken = (pattern) => {
    let count = lines.findIndex((line) => !pattern.test(line));
    if (count < 0) count = lines.length;
    return lines.splice(0, count);
  };
  while (lines.length) {
    const [, heading] = /^#+ (.*)/.exec(lines[0]) ?? [];
    if (heading || !lines[0].trim() || /^(<|!\[)/.test(lines[0])) {
      if (heading) blocks.push(html`<h3>${plain(heading)}</h3>`);
      lines.shift();
    } else if (lines[0].startsWith("|")) {
      const [first, ...rest] = taken(/^\|/).filter((line) => !/^\|[\s|:-]+$/.test(line)).map((line) => line.split("|").slice(1, -1).map(plain));
      // What was measured is read line by line; its meaning stands below the word.
      if (first.length === 3 && first[0] === "what") {
        blocks.push(html`<dl class="measured">${rest.map(([what, measured, meaning]) => html`<div><dt>${what}<span class="muted">${meaning}</span></dt><dd>${measured}</dd></div>`)}</dl>`);
      } else blocks.push(html`<div class="table" tabindex="0" role="region" aria-label=${first.join(", ")}><table>${first.some(Boolean) && html`<thead><tr>${first.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>`}<tbody>${rest.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`);
    } else if (/^[-*] /.test(lines[0])) blocks.push(html`<ul>${taken(/^[-*] /).map((item) => html`<li>${plain(item.slice(2))}</li>`)}</ul>`);
    else blocks.push(html`<p>${plain([lines.shift(), ...taken(/^[^#|<!-]/)].join(" "))}</p>`);
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

studio.Facts = Facts;
