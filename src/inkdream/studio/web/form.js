/* The left side: what to draw, with which pens, on which page; or the same as text. */
const { html, useState } = window.htmPreact;
const studio = window.studio;
const { state, set, useStore, change, at, Line, Pick, Words, Choice, Check, Remove, Wrong } = studio;
const { Copy } = window.inkdream;

const useKey = (key) => useStore((now) => at(now.table, key));
const useWrong = (...keys) => useStore((now) => studio.errorAt(now.check, ...keys));

/* A control of one key of the recipe; which keys have one is noted: what is wrong with others stands below. */
const placed = new Set(["terms", "origin", "bare", "keep", "pens", "page"]);
function Key({ name, as = Line, usual, ...rest }) {
  placed.add(name);
  const put = (value) => change(name, value === usual || value === false ? undefined : value);
  return html`<${as} value=${useKey(name) ?? usual} change=${put} error=${useWrong(name)} ...${rest} />`;
}
const number = (name, label, rest) => html`<${Key} name=${name} label=${label} kind="number" min=${0} ...${rest} />`;

// ---- What to draw ----

function Term({ term, place, alone }) {
  const [what, where] = studio.termWords(term);
  const picture = studio.pictureOf(term.picture);
  const terms = state.table.terms ?? [];
  const put = (next) => change("terms", terms.with(place, next));
  const tab = term.kind === "text" ? "words" : term.picture ? "picture" : /\/class\//.test(term.target ?? "") ? "classes" : "neurons";
  return html`<li class="term">
    <button type="button" class="plain term-what" title="Choose another" onClick=${() => set({ dialog: { kind: "choose", replaces: place, tab } })}>
      ${picture && html`<img src=${picture} alt="" />`}<span><strong>${(term.weight ?? 1) < 0 ? "not " : ""}${what}</strong><span class="muted small">${where}</span></span></button>
    ${(!alone || term.weight !== undefined) && html`<${Line} label=${`Weight of ${what}`} hideLabel=${true} kind="number" step=${0.1} unit="×" value=${term.weight} placeholder="1" change=${(weight) => put(studio.put(term, "weight", weight))} />`}
    <${Remove} label=${`Without ${what}`} press=${() => change("terms", terms.toSpliced(place, 1))} />
    ${term.importance && html`<span class="detail small"><img src=${studio.pictureOf(term.importance)} alt="" />counts more where this is light</span>
      <${Remove} label="Without the detail mask" press=${() => put(studio.put(term, "importance", ""))} />`}
    <${Wrong} id=${`term-${place}`} text=${useWrong(`terms.${place}`)} />
  </li>`;
}

function What() {
  const terms = useKey("terms") ?? [];
  const { needs, wrong } = useStore((now) => ({ needs: now.start?.words_need, wrong: now.check?.key === "terms" ? now.check.error : null }));
  const adds = [["classes", "Class"], ["neurons", "Neuron"], ["picture", "Picture"], ["words", "Words"]];
  return html`<section><h2>What to draw</h2>
    ${terms.length > 0 && html`<ul class="terms">${terms.map((term, place) => html`<${Term} key=${place} term=${term} place=${place} alone=${terms.length === 1} />`)}</ul>`}
    <div class="adds four">${adds.map(([tab, words]) => html`<button type="button" onClick=${() => set({ dialog: { kind: "choose", tab } })}>${words}</button>`)}</div>
    ${!terms.length && html`<p class="hint">Choose a thing, or drop a picture.</p>`}
    ${needs && terms.some(({ kind }) => kind === "text") && html`<p class="hint">${needs}</p>`}
    <${Wrong} id="terms-wrong" text=${wrong} />
  </section>`;
}

function Origin() {
  const { table, parent, runs } = useStore((now) => ({ table: now.table, parent: now.parent, runs: now.runs }));
  const wrong = useWrong("origin", "bare", "keep");
  const { origin, bare, keep } = table;
  const runOf = (word) => (word?.startsWith("run:") ? runs[word.slice(4)] : null);
  const nameOf = (word) => (runOf(word) ? studio.titleOf(runOf(word)) : word.startsWith("upload:") ? (word.endsWith(".svg") ? "a drawing" : "a picture") : "a run");
  const run = runOf(origin);
  const items = [
    origin && [html`Begins from <strong>${nameOf(origin)}</strong>`, "Begin from chance", () => change("origin"), studio.pictureOf(origin) ?? (run?.has?.preview && studio.fileUrl(run, "preview.png"))],
    keep && [html`Keeps <strong>${nameOf(keep.from ?? "")}</strong>${keep.where ? ", but for what is light here" : ""}${keep.plotted ? `; on paper: ${keep.plotted}` : ""}`, "Keep nothing", () => change("keep"), studio.pictureOf(keep.where)],
    bare && ["Bare where this is light", "Without the mask", () => change("bare"), studio.pictureOf(bare)],
    runs[parent] && run?.id !== parent && [html`A child of <strong>${studio.titleOf(runs[parent])}</strong>`, "On its own", () => set({ parent: null })],
  ].filter(Boolean);
  return (items.length > 0 || wrong) && html`<ul class="origins">${items.map(([words, label, press, picture]) => html`<li>${picture && html`<img src=${picture} alt="" />`}<span>${words}</span>
    <${Remove} label=${label} press=${press} /></li>`)}<${Wrong} id="origin-wrong" text=${wrong} /></ul>`;
}

// ---- How, with what, on what ----

const useMedium = () => useKey("medium") ?? "pixels";
const MANNERS = { rings: "Rings in areas (rings)", flow: "Side by side (flow)", scribble: "Scribbled", engraving: "Engraved", hatch: "Straight hatches", contour: "Outlines", long: "Few long lines", short: "Many short lines" };
function How() {
  const manners = useStore((now) => now.start?.manners ?? []);
  const isLines = useMedium() === "strokes";
  return html`<section><h2>How</h2>
    <${Key} as=${Words} name="medium" usual="pixels" label="Medium" hideLabel=${true} options=${[["strokes", "Lines"], ["pixels", "Areas"]]} />
    <div class="two">${isLines ? html`<${Key} as=${Pick} name="draw_as" label="Drawn as" options=${[["", "What fits"], ...manners.map((name) => [name, MANNERS[name] ?? name])]} />
        ${number("strokes.count", "Lines, at most", { min: 1, max: 100000, step: 50, placeholder: "400" })}`
    : ["width", "height"].map((side) => number(side, side === "width" ? "Width" : "Height", { unit: "px", min: 8, step: 32, placeholder: "256" }))}</div>
  </section>`;
}

function Pens() {
  const { pens, inks, start, check } = useStore((now) => ({ pens: now.table.pens, inks: now.table.inks, start: now.start, check: now.check }));
  const isLines = useMedium() === "strokes";
  const list = studio.pensOf(pens);
  const isUsual = isLines && inks === undefined;
  const put = (...inks) => studio.commit(studio.put(studio.put(state.table, "pens"), "inks", ...inks));
  const button = (words, press) => html`<button type="button" onClick=${press}>${words}</button>`;
  return html`<section><h2>${isLines ? "Pens" : "Inks"}</h2>
    ${list.length ? html`<${studio.PenList} />` : html`
      ${isUsual ? html`<ul class="usual" aria-label="The usual pens">${(start?.usual_pens ?? "").split(",").map((word) => html`<li><${studio.Swatch} colour=${word.split(":")[0]} /><span class="small">${word}</span></li>`)}</ul>`
      : typeof (inks ?? 0) === "number" ? number("inks", isLines ? "Colours to be learned" : "Colours to be learned, paper included", { min: 2, max: 64, placeholder: "4" })
      : html`<${Key} name="inks" label="Inks" placeholder="#ffffff, ?, ?" />`}
      <${Wrong} id="pens-wrong" text=${studio.errorAt(check, "pens")} />`}
    <div class="adds">${button(list.length ? "More pens" : "Choose pens", () => set({ dialog: { kind: "pens" } }))}
      ${isLines && (list.length || !isUsual) ? button("The usual ones", () => put()) : isLines || list.length ? button("Learn colours", () => put(4)) : null}</div>
    ${list.length > 2 && number("pick", "Use only so many of them", { max: list.length - 1, placeholder: "all" })}
  </section>`;
}

function PageSection() {
  const { page, pages, check, paper } = useStore((now) => ({ page: now.table.page, pages: now.start?.pages ?? [], check: now.check, paper: now.table.paper }));
  const { size, lies, margin, rest } = studio.pageOf(page);
  const put = (...words) => change("page", studio.pageAs(...words, rest));
  const isOwn = /^\d/.test(size);
  return html`<section><h2>Page</h2>
    <div class="two"><${Pick} label="Sheet" value=${isOwn ? "own" : size} error=${useWrong("page")} change=${(name) => put(name === "own" ? "200x200mm" : name ?? "", lies, margin)}
        options=${[["", "What fits"], ...pages.map(({ name }) => name), ["own", "Its own size"]]} />
      ${isOwn ? html`<${Line} label="Width × height" value=${size} change=${(words) => put(words ?? "", false, margin)} />`
      : html`<${Words} label="Orientation" value=${lies} change=${(isLying) => put(size || "a5", isLying, margin)} options=${[[false, "Upright"], [true, "Across"]]} />`}</div>
    <div class="two"><${Line} label="Margin" kind="number" unit="mm" min=${0} value=${margin} placeholder="10" change=${(value) => put(size || (value === undefined ? "" : "a5"), lies, value)} />
      <${Key} name="paper" label="Paper" placeholder="white" after=${html`<input type="color" aria-label="Colour of the paper" value=${/^#[0-9a-f]{6}$/i.test(paper ?? "") ? paper : "#ffffff"} onInput=${({ target }) => change("paper", target.value)} />`} /></div>
    ${check?.page && html`<p class="hint">${check.page.width} × ${check.page.height} mm</p>`}
  </section>`;
}

function Time() {
  const { machines, steps } = useStore((now) => ({ machines: now.start?.machines ?? [], steps: now.check?.steps ?? 300 }));
  return html`<section><h2>Time</h2>
    <${Key} as=${Words} name="quality" usual="good" label="Quality" options=${[["quick", "Quick"], ["good", "Good"], ["best", "Best"]]} />
    <div class="two">${number("steps", "Steps", { min: 1, step: 20, placeholder: String(steps) })}
      ${number("seed", "Seed", { placeholder: "0", after: html`<button type="button" class="plain in-line" aria-label="New seed" title="New seed" onClick=${() => change("seed", studio.otherSeed())}>↻</button>` })}</div>
    <div class="two"><${Key} name="plot.budget" label="Plot in, at most" placeholder="15min" /><${Key} as=${Pick} name="plot.machine" usual="axidraw-v3" label="Plotter" options=${machines.map(({ name }) => name)} /></div>
  </section>`;
}

const COMPOSE = [["", "What fits"], ["field", "All over the page"], ["figure", "One thing in the middle"]];
const SYMMETRIES = ["none", "mirror", "flip", "both", "turn-3", "turn-5", "turn-6", "turn-8"];
function More() {
  const isOpen = useStore((now) => now.more);
  const isLines = useMedium() === "strokes";
  const wrong = useWrong("compose", "symmetry", "strokes.focus", "tile", "finish");
  return html`<details open=${isOpen || Boolean(wrong)} onToggle=${({ currentTarget }) => set({ more: currentTarget.open })}><summary>More</summary>
    <div class="two"><${Key} as=${Pick} name="compose" label="On the page" options=${COMPOSE} /><${Key} as=${Pick} name="symmetry" usual="none" label="Symmetry" options=${SYMMETRIES} /></div>
    ${isLines ? html`<${Key} name="strokes.focus" label="Focus" placeholder="nowhere" hint="Lines are dense there and thin out further off: centre, thirds, or from the top left corner 50%,33% or 74,105 in mm" />`
    : number("tile", "Repeat a square of", { unit: "px", step: 16, placeholder: "none" })}
    <${Key} name="finish.title" label="Title below the drawing" /><${Key} name="finish.signature" label="Signature" />
    <${Key} as=${Check} name="finish.frame" label="A line around it" />
  </details>`;
}

// ---- The same as text ----

function AsText() {
  const { text, check } = useStore((now) => ({ text: now.text, check: now.check }));
  const shown = text ?? check?.toml ?? "";
  const isWrong = check && !check.ok;
  return html`<section class="as-text"><div class="section-head"><h2>The recipe</h2><${Copy} text=${shown} className="plain" /></div>
    <textarea aria-label="The recipe as TOML" spellcheck=${false} value=${shown} aria-invalid=${isWrong ? "true" : undefined} aria-describedby="toml-wrong" onInput=${({ target }) => studio.type(target.value)}></textarea>
    ${isWrong ? html`<${Wrong} id="toml-wrong" text=${check.error} />` : html`<p class="hint">What changes here changes the form, and the other way round.</p>`}</section>`;
}

function DrawBar({ isText }) {
  const { check, isDrawing, drawError, queue, runs } = useStore((now) => ({ check: now.check, isDrawing: now.isDrawing, drawError: now.drawError, queue: now.queue, runs: now.runs }));
  const isWrong = check && !check.ok;
  // What is wrong with no field to stand at stands beside the button.
  const isPlaced = isWrong && (isText || studio.errorAt(check, ...placed));
  const problem = isPlaced ? "Something above is not right yet." : isWrong ? check.error : drawError;
  const isBusy = Object.values(runs).some((run) => ["running", "starting", "finishing"].includes(run.state));
  return html`<div class="draw-bar">
    ${problem ? html`<p class=${isPlaced ? "hint" : "wrong"} role=${isPlaced ? undefined : "alert"}>${problem}</p>` : check?.ok && html`<p class="hint">${[studio.titleOf({ title: check.title }), check.steps && `${check.steps} steps`].filter(Boolean).join(", ")}</p>`}
    <button type="button" class="main draw" disabled=${isDrawing || isWrong} onClick=${() => studio.draw()} aria-keyshortcuts="Control+Enter Meta+Enter">
      ${isBusy ? (queue.length ? `Draw, ${queue.length + 1}. in the queue` : "Draw next") : "Draw"}<kbd>${studio.mod} ↵</kbd></button>
  </div>`;
}

studio.Form = () => {
  const { past, future } = useStore((now) => ({ past: now.past.length, future: now.future.length }));
  const [isText, setText] = useState(false);
  return html`<form class="form" aria-label="What to draw and how" onSubmit=${(event) => event.preventDefault()}>
    <div class="form-head"><span class="joined" role="group" aria-label="Undo"><button type="button" class="round" disabled=${!past} aria-label="Undo" title="Undo (Z)" onClick=${studio.undo}>↶</button>
        <button type="button" class="round" disabled=${!future} aria-label="Redo" title="Redo (Shift Z)" onClick=${studio.redo}>↷</button></span>
      <${Choice} label="Settings as" value=${isText} change=${setText} options=${[[false, "Form"], [true, "Text"]]} />
      <button type="button" class="plain round only-narrow" aria-label="Close the settings" onClick=${() => set({ settings: false })}>×</button></div>
    <div class="form-body">${isText ? html`<${AsText} />` : html`<${What} /><${Origin} /><${How} /><${Pens} /><${PageSection} /><${Time} /><${More} />`}</div>
    <${DrawBar} isText=${isText} />
  </form>`;
};
