/* What can still be changed of a plot when the drawing is done, and its files. */
const { html, useState } = window.htmPreact;
const studio = window.studio;
const { useStore, Line, Pick, Check } = studio;
const { kept } = window.inkdream;

function PlotOptions({ run }) {
  const { options, error, start } = useStore((now) => ({ options: now.plotOptions[run.id] ?? {}, error: now.plotErrors[run.id], start: now.start }));
  const isAreas = run.medium === "pixels";
  const wrong = (key) => studio.errorAt(error, key);
  const line = (key, label, rest = {}) => html`<${Line} label=${label} value=${options[key]} change=${(value) => studio.setPlot(run.id, key, value)} error=${wrong(key)} ...${rest} />`;
  const check = (key, label) => html`<${Check} label=${label} value=${options[key]} change=${(is) => studio.setPlot(run.id, key, is)} error=${wrong(key)} />`;
  const { size, lies } = studio.pageOf(options.page);
  const setPage = (name, isLying) => studio.setPlot(run.id, "page", name ? studio.pageAs(name, isLying) : undefined);
  const pick = (key, label, usual, names) => html`<${Pick} label=${label} value=${options[key]} change=${(name) => studio.setPlot(run.id, key, name)} error=${wrong(key)} options=${[["", usual], ...(names ?? [])]} />`;
  const changed = Object.keys(options).length;
  return html`<details class="plot-options"><summary>Change pens and page${changed > 0 && html` <span class="muted">(${changed})</span>`}</summary>
    ${line("pens", "Drawn with", { placeholder: "its own pens", after: html`<button type="button" onClick=${() => studio.set({ dialog: { kind: "pens", run: run.id } })}>Choose</button>` })}
    <div class="two"><${Pick} label="Sheet" value=${size} error=${wrong("page")} change=${(name) => setPage(name, lies)} options=${[["", "Its own"], ...(start?.pages ?? []).map(({ name }) => name)]} />
      ${size && html`<${studio.Words} label="Orientation" value=${lies} change=${(isLying) => setPage(size, isLying)} options=${[[false, "Upright"], [true, "Across"]]} />`}</div>
    <div class="two">${line("margin", "Margin", { kind: "number", unit: "mm", min: 0, placeholder: "its own" })}
      ${pick("machine", "Plotter", "Its own", start?.machines.map(({ name }) => name))}</div>
    ${isAreas && html`<div class="two">${pick("hatch", "Areas filled", "Its own way", start?.hatches)}
      ${line("spacing", "Line to line", { kind: "number", unit: "mm", step: 0.1, placeholder: "full" })}</div>${line("angle", "Angle of the lines", { kind: "number", unit: "°", step: 15, placeholder: "another for each pen" })}`}
    ${line("plotted", "Already on paper", { placeholder: "nothing", hint: "A time of the plotter's, 12min, or pens that are done: black,red" })}
    ${line("refill", "Refill after", { placeholder: "never", hint: "As far as a pen draws before it is refilled: 15m" })}
    <div class="two">${line("title", "Title")}${line("signature", "Signature")}</div>
    <div class="checks">${check("frame", "Frame")}${check("registration", "Registration crosses")}${!isAreas || options.page ? check("fit", "As large as fits") : null}</div>
    ${changed > 0 && html`<div class="adds"><button type="button" onClick=${() => reset(run.id)}>As it was</button></div>`}
  </details>`;
}
function reset(id) {
  const { [id]: _, ...others } = studio.state.plotOptions;
  studio.set({ plotOptions: others });
  studio.plot(id);
}

/* What is on paper after so many seconds is left out of the files. */
function plottedUpTo(id, seconds) {
  studio.set({ seconds: null });
  studio.setPlot(id, "plotted", `${Math.floor(seconds)}s`);
  studio.notice(`The files go on where ${studio.clock(seconds)} had been plotted.`, () => studio.setPlot(id, "plotted", undefined));
}

const none = {};
const NAMES = { svg: "SVG", hpgl: "HPGL", gcode: "G-code" };
function Export({ run, plot }) {
  const formats = Object.entries(useStore((now) => now.start?.formats ?? none));
  const [machines, setMachines] = useState(() => kept.get("studio plotters", {}));
  const [isPerPen, setPerPen] = useState(false);
  const [busy, setBusy] = useState(null);
  const give = async (name, changes) => {
    setBusy(name);
    await studio.exportFile(run.id, changes);
    setBusy(null);
  };
  const button = (name, words, changes) => html`<button type="button" disabled=${busy !== null} aria-busy=${String(busy === name)} onClick=${() => give(name, changes)}>${words}</button>`;
  return html`<div class="export"><h3>Files for the plotter</h3>
    <div class="adds">${formats.map(([to, { length }]) => button(to, NAMES[to], { to, ...(length ? { machine: machines[to] } : {}), ...(isPerPen ? { per_pen: true } : {}) }))}
      ${button("sheet", "Run sheet", { sheet: true })}
      <button type="button" onClick=${() => studio.download(run, studio.fileUrl(run, "recipe.toml"), "recipe.toml")}>Recipe</button></div>
    ${plot.own && html`<p class="hint">As it was drawn: the same bytes as drawing.svg.</p>`}
    <${Check} label="One file a pen" value=${isPerPen} change=${setPerPen} />
    <div class="two">${formats.map(([to, names]) => names.length > 0 && html`<${Pick} label=${`${NAMES[to]} for`} value=${machines[to] ?? names[0]} options=${names} change=${(name) => { const now = { ...machines, [to]: name }; setMachines(now); kept.set("studio plotters", now); }} />`)}</div>
  </div>`;
}

Object.assign(studio, { plottedUpTo, PlotOptions, Export });
