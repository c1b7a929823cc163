"use strict";
/* The left side: what to draw, with which pens, on which page; or the same as text. */
(() => {
  const { html, useState, useEffect, useRef } = window.htmPreact;
  const studio = window.studio;
  const { state, set, useStore, change, at, Line, Pick, Words, Wrong } = studio;
  const { Copy } = window.inkdream;

  const useKey = (key) => useStore((now) => at(now.table, key));
  const useWrong = (...keys) => useStore((now) => studio.errorAt(now.check, ...keys));
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

  function Key({ name, label, ...rest }) {
    return html`<${Line} label=${label} value=${useKey(name)} change=${(value) => change(name, value)} error=${useWrong(name)} ...${rest} />`;
  }
  function KeyPick({ name, label, options }) {
    return html`<${Pick} label=${label} value=${useKey(name)} change=${(value) => change(name, value)} error=${useWrong(name)} options=${options} />`;
  }

  // ---- What to draw --------------------------------------------------------------------------------

  function Term({ term, number, alone }) {
    const [what, where] = studio.termWords(term);
    const picture = studio.pictureOf(term.picture);
    const terms = state.table.terms ?? [];
    const put = (next) => change("terms", terms.map((each, index) => (index === number ? next : each)));
    const wrong = useWrong(`terms.${number}`);
    const isAvoided = (term.weight ?? 1) < 0;
    return html`<li class="term">
      <button type="button" class="plain term-what" title="Choose another" onClick=${() => set({ dialog: { kind: "choose", replaces: number, tab: term.kind === "text" ? "words" : term.picture ? "picture" : /\/class\//.test(term.target ?? "") ? "classes" : "neurons" } })}>
        ${picture && html`<img src=${picture} alt="" />`}<span><strong>${isAvoided ? "not " : ""}${what}</strong><span class="muted small">${where}</span></span></button>
      ${(!alone || term.weight !== undefined) && html`<${Line} label=${`Weight of ${what}`} hideLabel=${true} kind="number" step=${0.1} value=${term.weight} placeholder="1" change=${(weight) => put(studio.put(term, "weight", weight))} />`}
      <button type="button" class="plain round small-round" aria-label=${`Without ${what}`} title="Without it" onClick=${() => change("terms", terms.filter((_, index) => index !== number))}>×</button>
      <${Wrong} id=${`term-${number}`} text=${wrong} />
    </li>`;
  }

  function What() {
    const terms = useKey("terms") ?? [];
    const wrong = useStore((now) => (now.check?.key === "terms" ? now.check.error : null));
    const add = (tab) => set({ dialog: { kind: "choose", tab } });
    return html`<section><h2>What to draw</h2>
      ${terms.length > 0 && html`<ul class="terms">${terms.map((term, number) => html`<${Term} key=${number} term=${term} number=${number} alone=${terms.length === 1} />`)}</ul>`}
      <div class="adds four"><button type="button" onClick=${() => add("classes")}>Class</button><button type="button" onClick=${() => add("neurons")}>Neuron</button>
        <button type="button" onClick=${() => add("picture")}>Picture</button><button type="button" onClick=${() => add("words")}>Words</button></div>
      ${!terms.length && html`<p class="hint">Choose a thing, or drop a picture.</p>`}
      <${Wrong} id="terms-wrong" text=${wrong} />
    </section>`;
  }

  function Origin() {
    const { origin, bare, keep, parent, runs } = useStore((now) => ({ keep: now.table.keep, origin: now.table.origin, bare: now.table.bare, parent: now.parent, runs: now.runs }));
    const wrong = useWrong("origin", "bare", "keep");
    const run = origin?.startsWith("run:") ? runs[origin.slice(4)] : null;
    const after = parent && runs[parent];
    const stays = keep?.from?.startsWith("run:") ? studio.titleOf(runs[keep.from.slice(4)]) || "a run" : keep?.from;
    if (!origin && !bare && !keep && !after) return wrong ? html`<${Wrong} id="origin-wrong" text=${wrong} />` : null;
    const picture = studio.pictureOf(origin) ?? (run?.has?.preview ? studio.fileUrl(run, "preview.png") : null);
    return html`<ul class="origins">
      ${origin && html`<li>${picture && html`<img src=${picture} alt="" />`}<span>Begins from <strong>${run ? studio.titleOf(run) : origin.startsWith("upload:") ? "a picture" : origin}</strong></span>
        <button type="button" class="plain round small-round" aria-label="Begin from chance" title="Begin from chance" onClick=${() => change("origin", undefined)}>×</button></li>`}
      ${keep && html`<li>${keep.where && html`<img src=${studio.pictureOf(keep.where)} alt="" />`}<span>Keeps <strong>${stays}</strong>${keep.where ? ", but for what is light here" : ""}${keep.plotted ? `; on paper: ${keep.plotted}` : ""}</span>
        <button type="button" class="plain round small-round" aria-label="Keep nothing" title="Keep nothing" onClick=${() => change("keep", undefined)}>×</button></li>`}
      ${bare && html`<li><img src=${studio.pictureOf(bare)} alt="" /><span>Bare where this is light</span>
        <button type="button" class="plain round small-round" aria-label="Without the mask" title="Without it" onClick=${() => change("bare", undefined)}>×</button></li>`}
      ${after && !(run && run.id === parent) && html`<li><span>A child of <strong>${studio.titleOf(after)}</strong></span>
        <button type="button" class="plain round small-round" aria-label="On its own" title="On its own" onClick=${() => set({ parent: null })}>×</button></li>`}
      <${Wrong} id="origin-wrong" text=${wrong} /></ul>`;
  }

  // ---- How, with what, on what ----------------------------------------------------------------------

  const MANNERS = { flow: "Side by side (flow)", scribble: "Scribbled", engraving: "Engraved", hatch: "Straight hatches", contour: "Outlines", long: "Few long lines", short: "Many short lines" };
  function How() {
    const { start, medium } = useStore((now) => ({ start: now.start, medium: at(now.table, "medium") ?? "pixels" }));
    const isLines = medium === "strokes";
    return html`<section><h2>How</h2>
      <${Words} label="Medium" hideLabel=${true} value=${medium} change=${(value) => change("medium", value === "pixels" ? undefined : value)} error=${useWrong("medium")}
        options=${[["strokes", "Lines"], ["pixels", "Areas"]]} />
      ${isLines ? html`<div class="two"><${KeyPick} name="draw_as" label="Drawn as" options=${[["", "What fits"], ...(start?.manners ?? []).map((name) => [name, MANNERS[name] ?? name])]} />
          <${Key} name="strokes.count" label="Lines, at most" kind="number" min=${1} max=${100000} step=${50} placeholder="400" /></div>`
      : html`<div class="two"><${Key} name="width" label="Width" kind="number" unit="px" min=${8} step=${32} placeholder="256" /><${Key} name="height" label="Height" kind="number" unit="px" min=${8} step=${32} placeholder="256" /></div>`}
    </section>`;
  }

  function Pens() {
    const { pens, inks, medium, start, check } = useStore((now) => ({ pens: at(now.table, "pens"), inks: at(now.table, "inks"), medium: at(now.table, "medium") ?? "pixels", start: now.start, check: now.check }));
    const isLines = medium === "strokes";
    const list = studio.pensOf(pens);
    const isNumber = inks === undefined || typeof inks === "number";
    return html`<section><h2>${isLines ? "Pens" : "Inks"}</h2>
      ${list.length ? html`<${studio.PenList} />` : html`
        ${isLines && inks === undefined ? html`<ul class="usual" aria-label="The usual pens">${(start?.usual_pens ?? "").split(",").filter(Boolean).map((word) => html`<li><${studio.Swatch} colour=${word.split(":")[0]} /><span class="small">${word}</span></li>`)}</ul>`
        : isNumber && html`<${Key} name="inks" label=${isLines ? "Colours to be learned" : "Colours to be learned, paper included"} kind="number" min=${2} max=${64} placeholder="4" />`}
        ${!isNumber && html`<${Key} name="inks" label="Inks" placeholder="#ffffff, ?, ?" />`}
        ${check?.ok && inks !== undefined && check.pens?.length > 0 && html`<p class="hint">${check.pens.length} pens</p>`}
        <${Wrong} id="pens-wrong" text=${studio.errorAt(check, "pens")} />`}
      <div class="adds"><button type="button" onClick=${() => set({ dialog: { kind: "pens" } })}>${list.length ? "More pens" : "Choose pens"}</button>
        ${list.length > 0 && html`<button type="button" onClick=${() => studio.commit(studio.put(studio.put(state.table, "pens", undefined), "inks", isLines ? undefined : 4))}>${isLines ? "The usual ones" : "Learn colours"}</button>`}
        ${!list.length && isLines && (inks === undefined ? html`<button type="button" onClick=${() => change("inks", 4)}>Learn colours</button>` : html`<button type="button" onClick=${() => change("inks", undefined)}>The usual ones</button>`)}</div>
      ${list.length > 2 && html`<${Key} name="pick" label="Use only so many of them" kind="number" min=${0} max=${list.length - 1} placeholder="all" />`}
    </section>`;
  }

  function PageSection() {
    const { page, pages, check, paper } = useStore((now) => ({ page: now.table.page, pages: now.start?.pages ?? [], check: now.check, paper: now.table.paper }));
    const { size, lies, margin, rest } = studio.pageOf(page);
    const put = (...words) => change("page", studio.pageAs(...words, rest));
    const isOwn = /^\d/.test(size);
    const shown = check?.ok && check.page ? `${check.page.width} × ${check.page.height} mm` : "";
    return html`<section><h2>Page</h2>
      <div class="two"><${Pick} label="Sheet" value=${isOwn ? "own" : size} error=${useWrong("page")} change=${(name) => put(name === "own" ? "200x200mm" : name ?? "", lies, margin)}
          options=${[["", "What fits"], ...pages.map(({ name }) => [name, name]), ["own", "Its own size"]]} />
        ${isOwn ? html`<${Line} label="Width × height" value=${size} change=${(words) => put(words ?? "", false, margin)} />`
        : html`<${Words} label="Orientation" value=${lies ? "landscape" : "portrait"} change=${(how) => put(size || "a5", how === "landscape", margin)} options=${[["portrait", "Upright"], ["landscape", "Across"]]} />`}</div>
      <div class="two"><${Line} label="Margin" kind="number" unit="mm" min=${0} value=${margin} placeholder="10" change=${(value) => put(size || (value === undefined ? "" : "a5"), lies, value)} />
        <${Line} label="Paper" value=${paper} placeholder="white" change=${(value) => change("paper", value)} error=${useWrong("paper")} after=${html`<input type="color" aria-label="Colour of the paper" value=${/^#[0-9a-f]{6}$/i.test(paper ?? "") ? paper : "#ffffff"} onInput=${(event) => change("paper", event.target.value)} />`} /></div>
      ${shown && html`<p class="hint">${shown}</p>`}
    </section>`;
  }

  function Time() {
    const { machines, check } = useStore((now) => ({ machines: now.start?.machines ?? [], check: now.check }));
    const quality = useKey("quality") ?? "good";
    return html`<section><h2>Time</h2>
      <${Words} label="Quality" value=${quality} change=${(value) => change("quality", value === "good" ? undefined : value)} error=${useWrong("quality")} options=${[["quick", "Quick"], ["good", "Good"], ["best", "Best"]]} />
      <div class="two"><${Key} name="steps" label="Steps" kind="number" min=${1} step=${20} placeholder=${String(check?.ok ? check.steps ?? 300 : 300)} />
        <${Key} name="seed" label="Seed" kind="number" min=${0} placeholder="0" after=${html`<button type="button" class="plain in-line" aria-label="New seed" title="New seed" onClick=${() => change("seed", studio.otherSeed())}>↻</button>`} /></div>
      <div class="two"><${Key} name="plot.budget" label="Plot in, at most" placeholder="15min" /><${KeyPick} name="plot.machine" label="Plotter" options=${[["", "axidraw-v3"], ...machines.filter(({ name }) => name !== "axidraw-v3").map(({ name }) => [name, name])]} /></div>
    </section>`;
  }

  const COMPOSE = [["", "What fits"], ["field", "All over the page"], ["figure", "One thing in the middle"]];
  const SYMMETRIES = ["none", "mirror", "flip", "both", "turn-3", "turn-5", "turn-6", "turn-8"];
  function More() {
    const isOpen = useStore((now) => now.more);
    return html`<details open=${isOpen} onToggle=${(event) => set({ more: event.currentTarget.open })}><summary>More</summary>
      <div class="two"><${KeyPick} name="compose" label="On the page" options=${COMPOSE} /><${KeyPick} name="symmetry" label="Symmetry" options=${[["", "none"], ...SYMMETRIES.slice(1).map((name) => [name, name])]} /></div>
      <${Key} name="finish.title" label="Title below the drawing" />
      <${Key} name="finish.signature" label="Signature" />
      <${studio.Check} label="A line around it" value=${useKey("finish.frame")} change=${(is) => change("finish.frame", is || undefined)} error=${useWrong("finish.frame")} />
    </details>`;
  }

  // ---- The same as text ------------------------------------------------------------------------------

  function AsText() {
    const { text, check } = useStore((now) => ({ text: now.text, check: now.check }));
    const shown = text ?? check?.toml ?? "";
    return html`<section class="as-text"><div class="section-head"><h2>The recipe</h2><${Copy} text=${shown} className="plain" /></div>
      <textarea aria-label="The recipe as TOML" spellcheck=${false} value=${shown} aria-invalid=${check && !check.ok ? "true" : undefined} aria-describedby="toml-wrong" onInput=${(event) => studio.type(event.target.value)}></textarea>
      <p class="hint">What changes here changes the form, and the other way round.</p>
      <${Wrong} id="toml-wrong" text=${check && !check.ok ? check.error : null} /></section>`;
  }

  /* What is wrong with no field to stand at stands beside the button. */
  const PLACED = ["terms", "origin", "bare", "medium", "draw_as", "strokes.count", "width", "height", "inks", "pens", "pick", "page", "paper", "quality", "steps", "seed", "plot.budget", "plot.machine", "compose", "symmetry", "finish", "keep"];
  function DrawBar() {
    const { check, isDrawing, drawError, queue, runs } = useStore((now) => ({ check: now.check, isDrawing: now.isDrawing, drawError: now.drawError, queue: now.queue, runs: now.runs }));
    const isPlaced = check && !check.ok && check.key && studio.errorAt(check, ...PLACED);
    const problem = check && !check.ok ? (isPlaced ? "Something above is not right yet." : check.error) : drawError;
    const isBusy = Object.values(runs).some((run) => ["running", "starting", "finishing"].includes(run.state));
    return html`<div class="draw-bar">
      ${problem ? html`<p class=${isPlaced ? "hint" : "wrong"} role=${isPlaced ? undefined : "alert"}>${problem}</p>` : check?.ok && html`<p class="hint">${[studio.titleOf({ title: check.title }), check.steps && `${check.steps} steps`].filter(Boolean).join(", ")}</p>`}
      <button type="button" class="main draw" disabled=${isDrawing || (check && !check.ok)} onClick=${() => studio.draw()} aria-keyshortcuts="Control+Enter Meta+Enter">
        ${isBusy ? (queue.length ? `Draw, ${queue.length + 1}. in the queue` : "Draw next") : "Draw"}<kbd>${isMac ? "⌘" : "Ctrl"} ↵</kbd></button>
    </div>`;
  }

  function Form() {
    const { past, future } = useStore((now) => ({ past: now.past.length, future: now.future.length }));
    const [isText, setText] = useState(false);
    return html`<form class="form" aria-label="What to draw and how" onSubmit=${(event) => event.preventDefault()}>
      <div class="form-head"><span class="joined" role="group" aria-label="Undo"><button type="button" class="round" disabled=${!past} aria-label="Undo" title="Undo (Z)" onClick=${studio.undo}>↶</button>
          <button type="button" class="round" disabled=${!future} aria-label="Redo" title="Redo (Shift Z)" onClick=${studio.redo}>↷</button></span>
        <span class="joined" role="group" aria-label="Settings as"><button type="button" aria-pressed=${String(!isText)} onClick=${() => setText(false)}>Form</button><button type="button" aria-pressed=${String(isText)} onClick=${() => setText(true)}>Text</button></span>
        <button type="button" class="plain round only-narrow" aria-label="Close the settings" onClick=${() => set({ settings: false })}>×</button></div>
      <div class="form-body">${isText ? html`<${AsText} />` : html`<${What} /><${Origin} /><${How} /><${Pens} /><${PageSection} /><${Time} /><${More} />`}</div>
      <${DrawBar} />
    </form>`;
  }

  Object.assign(studio, { Form });
})();
