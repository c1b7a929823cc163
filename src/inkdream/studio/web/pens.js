"use strict";
/* The pens: a list with a swatch of each, and a box of all that are known, to take them from. */
(() => {
  const { html, useState, useMemo } = window.htmPreact;
  const studio = window.studio;
  const { useStore, Swatch, Dialog, Line } = studio;
  const { short } = window.inkdream;

  /* The width that stands behind a pen's words, changed. */
  function withWidth(pen, width) {
    if (studio.isTable(pen)) return { ...pen, width };
    const parts = pen.split(":");
    // "black:0.4" and "stabilo88:46:0.38" end in a width, maybe with how far the ink covers behind it.
    const start = /^(#|\?)/.test(pen) || studio.isColour(parts[0]) ? 1 : 2;
    return [...parts.slice(0, start), width === undefined ? "" : width, ...parts.slice(start + 1)].filter((part) => part !== "").join(":");
  }
  const probe = document.createElement("span").style;
  studio.isColour = (word) => {
    probe.color = "";
    probe.color = word;
    return probe.color !== "";
  };

  function PenRow({ pen, number, look, change, remove }) {
    const isRange = typeof pen === "string" && !pen.includes(":") && !studio.isColour(pen) && pen !== "?";
    return html`<li class="pen">
      <${Swatch} ...${look} />
      <span class="pen-name" title=${look.name}>${look.name}</span>
      ${isRange ? html`<span class="muted small">all</span>` : html`<${Line} label=${`Width of ${look.name} in mm`} hideLabel=${true} kind="number" min=${0.05} step=${0.05} unit="mm"
        value=${look.width} change=${(width) => (width === undefined || width > 0) && change(withWidth(pen, width))} />`}
      <button type="button" class="plain round small-round" aria-label=${`Without ${look.name}`} title="Without it" onClick=${remove}>×</button>
    </li>`;
  }

  function PenList() {
    const { pens, check, dialog } = useStore((state) => ({ pens: studio.at(state.table, "pens"), check: state.check, dialog: state.dialog, known: state.pens }));
    const list = studio.pensOf(pens);
    const isSure = check?.ok && !dialog && check.pens?.length === list.length;
    const put = (next) => studio.change("pens", next.length ? studio.pensAs(next) : undefined);
    const error = studio.errorAt(check, "pens");
    return html`<div class="pens-list">
      ${list.length > 0 && html`<ul aria-label="Pens">${list.map((pen, number) => html`<${PenRow} key=${number} pen=${pen} number=${number}
        look=${studio.penLook(pen, number, isSure ? check.pens : null)}
        change=${(next) => put(list.map((each, at) => (at === number ? next : each)))}
        remove=${() => put(list.filter((_, at) => at !== number))} />`)}</ul>`}
      <${studio.Wrong} id="pens-wrong" text=${error} />
    </div>`;
  }

  // ---- The box of pens -----------------------------------------------------------------------------

  const fits = (pen, range, words) => words.every((word) => `${pen.name} ${pen.words} ${range.title}`.toLowerCase().includes(word));

  /* What is left of a pen's name under its range's heading. */
  const shortName = (pen, range) => (pen.name.startsWith(`${range.title} `) ? pen.name.slice(range.title.length + 1) : pen.name);

  function PenBox({ close }) {
    const { known, pens } = useStore((state) => ({ known: state.pens, pens: studio.at(state.table, "pens") }));
    const [query, setQuery] = useState("");
    const [words, setWords] = useState("");
    const chosen = studio.pensOf(pens);
    const isChosen = (pen) => chosen.some((each) => (studio.isTable(each) ? each.name === pen.words : each === pen.words));
    const toggle = (pen) => {
      const next = isChosen(pen) ? chosen.filter((each) => (studio.isTable(each) ? each.name : each) !== pen.words) : [...chosen, pen.words];
      studio.change("pens", next.length ? studio.pensAs(next) : undefined);
    };
    const add = (event) => {
      event.preventDefault();
      if (!words.trim()) return;
      studio.change("pens", studio.pensAs([...chosen, ...studio.pensOf(words)]));
      setWords("");
    };
    const ranges = useMemo(() => {
      const parts = query.toLowerCase().split(/\s+/).filter(Boolean);
      const mine = known?.mine?.length ? [{ name: "mine", title: "Your own", pens: known.mine }] : [];
      const all = [...mine, ...(known?.ranges ?? [])];
      return all.map((range) => ({ ...range, pens: parts.length ? range.pens.filter((pen) => fits(pen, range, parts)) : range.pens })).filter((range) => range.pens.length);
    }, [known, query]);
    return html`<${Dialog} title="Pens" close=${close} wide=${true}>
      <div class="dialog-tools">
        <input type="search" aria-label="Search pens by maker, code or colour" placeholder="Maker, code or colour" value=${query} onInput=${(event) => setQuery(event.target.value)} />
        <form class="with-button" onSubmit=${add}><${Line} label="Pens in words" hideLabel=${true} placeholder="black:0.4, #c8102e:0.3" value=${words} change=${(text) => setWords(text ?? "")} />
          <button type="submit">Add</button></form>
      </div>
      <div class="chosen-pens"><${PenList} />${!chosen.length && html`<p class="muted">None yet. Press pens to take them.</p>`}</div>
      ${known?.mine_error && html`<p class="wrong">${known.mine_error}</p>`}
      <div class="ranges">${ranges.map((range) => html`<section key=${range.name}><h3>${range.title}</h3>
        <ul class="range">${range.pens.map((pen) => html`<li><button type="button" class="range-pen" aria-pressed=${String(isChosen(pen))} title=${`${pen.words}, ${short(pen.width)} mm`} onClick=${() => toggle(pen)}>
          <${Swatch} colour=${pen.colour} width=${pen.width} /><span>${shortName(pen, range)}</span></button></li>`)}</ul></section>`)}
        ${!ranges.length && html`<p class="muted">No pen has these words. Any colour can be written above, with the width of its line.</p>`}
      </div>
      <div class="dialog-foot"><button type="button" class="main" onClick=${close}>Done</button></div>
    </${Dialog}>`;
  }

  Object.assign(studio, { PenList, PenBox });
})();
