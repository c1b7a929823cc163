/* Two runs beside each other, or one over the other with a slider between; zoomed together. */
const { html, useState } = window.htmPreact;
const studio = window.studio;
const { set, useStore, Sheet, Choice } = studio;
const { short } = window.inkdream;

/* Tables within tables as dotted keys. */
function flat(value, key = "", all = {}) {
  if (key === "pens" && Array.isArray(value)) all[key] = value.map((pen) => (studio.isTable(pen) ? `${studio.shortPen(pen.name ?? pen.colour)} ${pen.width}` : pen));
  else if (key === "terms" && Array.isArray(value)) all[key] = value.map((term) => studio.termWords(term)[0] + (term.weight === undefined ? "" : ` × ${term.weight}`));
  else if (studio.isTable(value)) Object.entries(value).forEach(([name, inner]) => flat(inner, key ? `${key}.${name}` : name, all));
  else if (Array.isArray(value) && value.some(studio.isTable)) value.forEach((inner, index) => flat(inner, `${key}[${index}]`, all));
  else all[key] = value;
  return all;
}
/* What was counted stays whole. */
const numeral = (value) => (Number.isInteger(value) ? String(value) : short(value));
const words = (value) => (value === undefined ? "–" : typeof value === "number" ? numeral(value) : Array.isArray(value) ? value.map(words).join(", ") : String(value));
/* Keys in which two tables differ, with both values. */
function differences(one, two) {
  const [a, b] = [flat(one ?? {}), flat(two ?? {})];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key])).map((key) => [key, a[key], b[key]]);
}

function Table({ caption, rows, titles }) {
  if (!rows.length) return html`<p class="muted small">The same.</p>`;
  return html`<div class="table" tabindex="0" role="region" aria-label=${caption}><table class="versus"><caption class="hidden">${caption}</caption><thead><tr><th scope="col"><span class="hidden">Key</span></th>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
    <tbody>${rows.map(([key, a, b]) => html`<tr key=${key}><th scope="row">${key}</th><td>${words(a)}</td><td>${words(b)}</td></tr>`)}</tbody></table></div>`;
}

/* What a certificate measured, in the words of the table; shares as percent. */
const MEASURED = [
  ["score", "score_strict"], ["while inks could blend", "score_soft"], ["lost by the inks", "gap", "%"], ["moved, noisy, blurred", "robust", "%"],
  ["pens 0.3 mm off", "misplaced.0.3", "%"], ["filled by hand", "by_hand", "%"], ["strokes", "strokes"], ["lifts", "lifts"], ["metres of ink", "ink_metres"],
  ["metres of travel", "travel_metres"], ["plots in", "plot_seconds", "min"], ["steps", "steps"], ["drawn in", "seconds", "min"],
];
function measured(one, two) {
  const [a, b] = [flat(one ?? {}), flat(two ?? {})];
  const shown = (value, unit) => (typeof value !== "number" ? undefined : unit === "%" ? `${short(100 * value)}\u00a0%` : unit === "min" ? studio.minutes(value) : numeral(value));
  return MEASURED.filter(([, key]) => typeof a[key] === "number" || typeof b[key] === "number").map(([name, key, unit]) => [name, ...[a, b].map((each) => shown(each[key], unit)?.replaceAll(" ", "\u00a0"))]);
}
const letters = ["A", "B"];

function Comparison() {
  const { pair, runs, show, seconds, one, two, options } = useStore((now) => ({
    pair: now.compare, runs: now.runs, show: now.show, seconds: now.seconds, one: studio.orderOf(now.compare?.[0]), two: studio.orderOf(now.compare?.[1]), options: now.plotOptions,
  }));
  const [mode, setMode] = useState("beside");
  const [share, setShare] = useState(50);
  const { scale, report, now, ...lies } = studio.useView();
  if (pair.some((id) => !runs[id])) return null;
  const titles = pair.map((id) => studio.titleOf(runs[id]) + (Object.keys(options[id] ?? {}).length ? " (its plot is changed)" : ""));
  const order = one && two && two.seconds > one.seconds ? two : one ?? two;
  const isPlot = seconds !== null;
  // Both after the same time, though one may be done before the other.
  const sheet = (at, className) => html`<${Sheet} key=${pair[at]} id=${pair[at]} show=${isPlot ? "plot" : show} seconds=${seconds} ...${lies} report=${at ? null : report} label=${`${letters[at]}: ${titles[at]}`} className=${className} />`;
  return html`<main class="paper">
    <div class="paper-head"><div class="paper-title"><h1>Two drawings</h1><p class="muted"><strong>A</strong> ${titles[0]} · <strong>B</strong> ${titles[1]}</p></div>
      <div class="paper-tools"><${Choice} label="How to compare" value=${mode} change=${setMode} options=${[["beside", "Side by side"], ["over", "Slider"]]} />
        <button type="button" class="plain round" aria-label="Close the comparison" title="Close (Esc)" onClick=${() => set({ compare: null, picks: [] })}>×</button></div></div>
    ${mode === "beside" ? html`<div class="desk beside">${[0, 1].map((at) => html`<div class="half" key=${pair[at]}>${sheet(at)}<span class="letter">${letters[at]}</span></div>`)}</div>`
    : html`<div class="desk over" style=${{ "--share": `${share}%` }}>${sheet(0)}${sheet(1, "clipped")}<span class="seam" aria-hidden="true"></span>
        <span class="letter">${letters[0]}</span><span class="letter right">${letters[1]}</span></div>`}
    <div class="paper-bar">${mode === "over" && html`<div class="transport between"><span class="muted">A</span><input type="range" aria-label="Between A and B" min="0" max="100" value=${share} onInput=${({ target }) => setShare(+target.value)} /><span class="muted">B</span></div>`}
      ${order ? html`<${studio.Transport} order=${order} />` : html`<span class="transport"></span>`}<${studio.ZoomTools} scale=${scale} /></div>
  </main>`;
}

function Versus() {
  const { pair, runs, details } = useStore((now) => ({ pair: now.compare, runs: now.runs, details: now.details }));
  const [one, two] = pair.map((id) => details[id]);
  return html`<section><h2>What was measured</h2><${Table} caption="What was measured" titles=${letters} rows=${measured(one?.certificate, two?.certificate)} /></section>
    <section><h2>Settings that differ</h2><${Table} caption="Settings that differ" titles=${letters} rows=${one && two ? differences(one.table, two.table) : []} /></section>
    <section><h2>Go on with</h2><div class="adds">${pair.map((id, at) => html`<button type="button" onClick=${() => { set({ picks: [] }); studio.open(id); }}>${letters[at]}: ${studio.titleOf(runs[id])}</button>`)}</div></section>`;
}

Object.assign(studio, { Versus, Comparison });
