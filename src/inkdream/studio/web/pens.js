/* The pens: a list with a swatch of each, and a box of all that are known, to take them from. */
const { html, useState, useMemo } = window.htmPreact;
const studio = window.studio;
const { useStore, Swatch, Dialog, Line, Remove } = studio;
const { short } = window.inkdream;

const isColour = (word) => CSS.supports("color", word);

/* The width that stands behind a pen's words, changed. */
function withWidth(pen, width) {
  if (studio.isTable(pen)) return { ...pen, width };
  const parts = pen.split(":");
  // "black:0.4" and "stabilo88:46:0.38" end in a width, maybe with how far the ink covers behind it.
  const start = /^(#|\?)/.test(pen) || isColour(parts[0]) ? 1 : 2;
  return [...parts.slice(0, start), width ?? "", ...parts.slice(start + 1)].filter((part) => part !== "").join(":");
}

/* A pen's name without its maker's, which the catalogue has as a heading. */
function shortPen(name) {
  const range = studio.state.pens?.ranges.find(({ title }) => name.startsWith(`${title} `));
  return range ? name.slice(range.title.length + 1) : name;
}

/* The pens of the recipe, or those that a run is plotted with; and what changes them. */
function usePens(run) {
  const pens = useStore((state) => (run ? state.plotOptions[run]?.pens : state.table.pens));
  const put = (list) => {
    const value = list.length ? studio.pensAs(list) : undefined;
    if (run) studio.setPlot(run, "pens", value);
    else studio.change("pens", value);
  };
  return [studio.pensOf(pens), put];
}

function PenRow({ pen, look, change, remove }) {
  const isRange = typeof pen === "string" && !pen.includes(":") && !isColour(pen) && pen !== "?";
  return html`<li class="pen">
    <${Swatch} ...${look} />
    <span class="pen-name" title=${look.name}>${shortPen(look.name)}</span>
    ${isRange ? html`<span class="muted small">all</span>` : html`<${Line} label=${`Width of ${look.name} in mm`} hideLabel=${true} kind="number" min=${0.05} step=${0.05} unit="mm"
      value=${look.width} change=${(width) => (width === undefined || width > 0) && change(withWidth(pen, width))} />`}
    <${Remove} label=${`Without ${look.name}`} press=${remove} />
  </li>`;
}

function PenList({ run }) {
  const { check, dialog } = useStore((state) => ({ check: state.check, dialog: state.dialog, known: state.pens }));
  const [list, put] = usePens(run);
  const isSure = !run && check?.ok && !dialog && check.pens?.length === list.length;
  return html`<div class="pens-list">
    ${list.length > 0 && html`<ul aria-label="Pens">${list.map((pen, number) => html`<${PenRow} key=${number} pen=${pen}
      look=${studio.penLook(pen, number, isSure ? check.pens : null)}
      change=${(next) => put(list.with(number, next))} remove=${() => put(list.toSpliced(number, 1))} />`)}</ul>`}
    <${studio.Wrong} id="pens-wrong" text=${run ? null : studio.errorAt(check, "pens")} />
  </div>`;
}

/* All that are known; `run` takes them for its plot. */
function PenBox({ run, close }) {
  const known = useStore((state) => state.pens);
  const [chosen, put] = usePens(run);
  const [query, setQuery] = useState("");
  const [words, setWords] = useState("");
  const is = (pen) => (each) => (studio.isTable(each) ? [pen.words, pen.name].includes(each.name) : each === pen.words);
  const toggle = (pen) => put(chosen.some(is(pen)) ? chosen.filter((each) => !is(pen)(each)) : [...chosen, pen.words]);
  const add = (event) => {
    event.preventDefault();
    if (words.trim()) put([...chosen, ...studio.pensOf(words)]);
    setWords("");
  };
  const ranges = useMemo(() => {
    const parts = query.toLowerCase().split(/\s+/);
    const fits = (pen, title) => parts.every((part) => `${pen.name} ${pen.words} ${title}`.toLowerCase().includes(part));
    return [{ title: "Your own", pens: known?.mine ?? [] }, ...(known?.ranges ?? [])]
      .map(({ title, pens }) => ({ title, pens: pens.filter((pen) => fits(pen, title)) })).filter(({ pens }) => pens.length);
  }, [known, query]);
  return html`<${Dialog} title=${run ? "Pens of the plot" : "Pens"} close=${close} wide=${true}>
    <div class="dialog-tools">
      <input type="search" aria-label="Search pens by maker, code or colour" placeholder="Maker, code or colour" value=${query} onInput=${({ target }) => setQuery(target.value)} />
      <form class="with-button" onSubmit=${add}><${Line} label="Pens in words" hideLabel=${true} placeholder="black:0.4, #c8102e:0.3" value=${words} change=${(text = "") => setWords(text)} />
        <button type="submit">Add</button></form>
    </div>
    <div class="chosen-pens"><${PenList} run=${run} />${!chosen.length && html`<p class="muted">None yet. Press pens to take them.</p>`}</div>
    ${known?.mine_error && html`<p class="wrong">${known.mine_error}</p>`}
    <div class="ranges">${ranges.map(({ title, pens }) => html`<section key=${title}><h3>${title}</h3>
      <ul class="range">${pens.map((pen) => html`<li><button type="button" class="range-pen" aria-pressed=${String(chosen.some(is(pen)))} title=${`${pen.words}, ${short(pen.width)} mm`} onClick=${() => toggle(pen)}>
        <${Swatch} ...${pen} /><span>${shortPen(pen.name)}</span></button></li>`)}</ul></section>`)}
      ${!ranges.length && html`<p class="muted">No pen has these words. Any colour can be written above, with the width of its line.</p>`}
    </div>
    <div class="dialog-foot"><button type="button" class="main" onClick=${close}>Done</button></div>
  </${Dialog}>`;
}

Object.assign(studio, { PenList, PenBox, shortPen });
