"use strict";
/* What to draw: a class, a channel from its sheet, a picture, or words. */
(() => {
  const { html, useState, useEffect, useMemo, useRef } = window.htmPreact;
  const studio = window.studio;
  const { useStore, Dialog, Line, Pick, Words, FileButton } = studio;
  const { kept, counted } = window.inkdream;

  const TABS = [["classes", "A class"], ["neurons", "A neuron"], ["picture", "A picture"], ["words", "Words"]];
  const spaced = (word) => word.replaceAll("_", " ");

  /* A term joins the list, or takes the place of one. */
  function take(term, replaces) {
    const terms = studio.state.table.terms ?? [];
    const next = replaces === undefined ? [...terms, term] : terms.map((old, at) => (at === replaces ? { ...term, ...(old.weight === undefined ? {} : { weight: old.weight }) } : old));
    studio.change("terms", next);
    studio.set({ dialog: null });
  }

  function useNetwork(wanted) {
    const networks = useStore((state) => state.start?.networks ?? []);
    const ready = networks.filter(({ ready }) => ready !== false);
    const [name, setName] = useState(() => kept.get("studio network", null));
    const chosen = ready.some((each) => each.name === name) ? name : (ready.find((each) => each.name === wanted) ?? ready[0])?.name;
    useEffect(() => { if (chosen) studio.loadNetwork(chosen); }, [chosen]);
    const network = useStore((state) => state.networks[chosen]) ?? { name: chosen, state: "asking", layers: [], classes: [] };
    const change = (next) => { kept.set("studio network", next); setName(next); };
    return [network, change, networks];
  }

  function NetworkPick({ network, change, networks }) {
    return html`<${Pick} label="Network" value=${network.name} change=${change}
      options=${networks.map(({ name, ready, why }) => [name, ready === false ? `${name} – ${why}` : name])} />`;
  }
  function NetworkState({ network }) {
    if (network.state === "ready") return null;
    return html`<p class=${network.state === "failed" ? "wrong" : "muted"} role="status">${network.state === "failed" ? network.error : `${network.name ?? "A network"} is being asked what it knows…`}</p>`;
  }

  const MOST = 300;
  function Classes({ replaces }) {
    const [network, change, networks] = useNetwork("efficientnet_lite0");
    const [query, setQuery] = useState("");
    const found = useMemo(() => {
      const words = query.toLowerCase().split(/[\s_]+/).filter(Boolean);
      return network.classes.filter((name) => words.every((word) => name.toLowerCase().includes(word)));
    }, [network, query]);
    const add = (name) => take({ target: `${network.name}/class/${name}` }, replaces);
    return html`<div class="dialog-tools"><input type="search" aria-label="Search classes" placeholder="hummingbird, lighthouse, daisy…" value=${query} autofocus
        onInput=${(event) => setQuery(event.target.value)} onKeyDown=${(event) => event.key === "Enter" && found.length && add(found[0])} />
        <${NetworkPick} network=${network} change=${change} networks=${networks} /></div>
      <${NetworkState} network=${network} />
      <ul class="classes">${found.slice(0, MOST).map((name) => html`<li key=${name}><button type="button" class="plain" onClick=${() => add(name)}>${spaced(name)}</button></li>`)}</ul>
      ${found.length > MOST && html`<p class="muted small">${found.length - MOST} more: a few letters find them.</p>`}
      ${network.state === "ready" && !found.length && html`<p class="muted">${network.classes.length ? "No class has these letters." : `${network.name} has no classes.`}</p>`}`;
  }

  function Neurons({ replaces }) {
    const [network, change, networks] = useNetwork("loom");
    const [layer, setLayer] = useState(null);
    const [place, setPlace] = useState("all");
    const [number, setNumber] = useState(undefined);
    const chosen = network.layers.find(({ name }) => name === layer) ?? network.layers.find(({ name }) => name.startsWith("conv4")) ?? network.layers.at(-2) ?? network.layers[0];
    const sheet = useStore((state) => (chosen ? state.sheets[studio.sheetKey(network.name, chosen.name)] : undefined));
    useEffect(() => { if (chosen) studio.loadSheet(network.name, chosen.name); }, [network.name, chosen?.name]);
    const add = (channel) => take({ target: `${network.name}/${chosen.name}/${channel}${place === "centre" ? "/centre" : ""}` }, replaces);
    const facts = chosen && [counted(chosen.channels, "channel"), chosen.field && `each looks at ${chosen.field} px`].filter(Boolean).join(", ");
    return html`<div class="dialog-tools"><${NetworkPick} network=${network} change=${change} networks=${networks} />
        ${chosen && html`<${Pick} label="Layer" value=${chosen.name} change=${setLayer} options=${network.layers.map(({ name, channels }) => [name, `${name} (${channels})`])} />
        <${Words} label="Where" value=${place} change=${setPlace} options=${[["all", "All over"], ["centre", "In the middle"]]} />`}</div>
      <${NetworkState} network=${network} />
      ${chosen && html`<p class="muted small">${facts}</p>
        ${sheet?.state === "ready" && sheet.url ? html`<${Thumbnails} sheet=${sheet} add=${add} name=${chosen.name} />` : html`<div class="no-sheet">
          ${sheet?.state === "drawing" ? html`<p>The sheet is being drawn: ${sheet.done} of ${sheet.all}.</p><${Progress} done=${sheet.done} all=${sheet.all} label="Sheet" />`
          : html`<p class="muted">No sheet of this layer has been drawn yet.</p><button type="button" onClick=${() => studio.loadSheet(network.name, chosen.name, true)}>Draw its sheet</button>`}
        </div>`}
        <form class="with-button by-number" onSubmit=${(event) => { event.preventDefault(); if (Number.isInteger(number)) add(number); }}>
          <${Line} label="Or by its number" kind="number" min=${0} max=${chosen.channels - 1} value=${number} change=${setNumber} placeholder=${`0 to ${chosen.channels - 1}`} />
          <button type="submit" disabled=${!Number.isInteger(number)}>Take it</button>
          <button type="button" onClick=${() => take({ target: `${network.name}/${chosen.name}` }, replaces)}>The whole layer</button></form>`}`;
  }

  function Progress({ done, all, label }) {
    return html`<div class="progress" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax=${all} aria-valuenow=${done}><span style=${{ width: `${all ? (100 * done) / all : 0}%` }}></span></div>`;
  }

  const THUMBNAIL = 72; // px of a channel's picture
  function Thumbnails({ sheet, add, name }) {
    const { tile, gap, caption, columns } = sheet;
    const shrunk = THUMBNAIL / tile;
    const px = (length) => `${length * shrunk}px`;
    const cut = (at) => ({
      backgroundImage: `url("${sheet.url}")`, backgroundSize: `${px(columns * (tile + gap) + gap)} auto`,
      backgroundPosition: `${px(-gap - (at % columns) * (tile + gap))} ${px(-gap - Math.floor(at / columns) * (tile + caption + gap))}`,
    });
    return html`<ul class="thumbnails" style=${{ "--w": `${THUMBNAIL}px`, "--h": `${THUMBNAIL}px` }}>${Array.from({ length: sheet.channels }, (_, channel) => html`<li key=${channel}>
      <button type="button" class="tile" aria-label=${`${name}, channel ${channel}`} title=${String(channel)} onClick=${() => add(channel)} style=${cut(channel)}></button><span class="small muted">${channel}</span></li>`)}</ul>`;
  }

  const KINDS = [["like", "Look like it", "colour and shape"], ["style", "Its style", "how it is painted"], ["texture", "Its texture", "closer and finer than style"], ["content", "What is in it", "what a network sees, and where"]];
  function Picture({ replaces, given }) {
    const [uploaded, setUploaded] = useState(given ?? null);
    const [error, setError] = useState(null);
    const load = async (file) => {
      setError(null);
      try {
        setUploaded(await studio.upload(file));
      } catch (problem) {
        setError(problem.message);
      }
    };
    return html`<div class="drop-here">
        ${uploaded ? html`<img src=${uploaded.url} alt="The chosen picture" />` : html`<p class="muted">Drop a picture anywhere on this page, or</p>`}
        <${FileButton} label=${uploaded ? "Another picture" : "Choose a picture"} accept="image/png,image/jpeg,image/webp" take=${load} />
        ${error && html`<p class="wrong" role="alert">${error}</p>`}</div>
      <ul class="kinds">${KINDS.map(([kind, words, what]) => html`<li><button type="button" disabled=${!uploaded} onClick=${() => take({ kind, picture: `upload:${uploaded.id}` }, replaces)}><strong>${words}</strong><span class="muted small">${what}</span></button></li>`)}
        <li><button type="button" disabled=${!uploaded} onClick=${() => { studio.change("origin", `upload:${uploaded.id}`); studio.set({ dialog: null }); }}><strong>Begin from it</strong><span class="muted small">and let the network change it</span></button></li>
        <li><button type="button" disabled=${!uploaded} onClick=${() => { studio.change("bare", `upload:${uploaded.id}`); studio.set({ dialog: null }); }}><strong>As a mask</strong><span class="muted small">paper stays bare where it is light</span></button></li></ul>`;
  }

  function Text({ replaces }) {
    const [words, setWords] = useState("");
    const add = (event) => { event.preventDefault(); if (words.trim()) take({ kind: "text", words: words.trim() }, replaces); };
    return html`<form class="with-button" onSubmit=${add}><${Line} label="What the picture is to show" value=${words} change=${(text) => setWords(text ?? "")} placeholder="a heron in the reeds"
        hint="CLIP compares words and pictures. It needs the extra inkdream[text]." /><button type="submit" disabled=${!words.trim()}>Take these words</button></form>`;
  }

  function Choose({ tab = "classes", replaces, given, close }) {
    const [now, setNow] = useState(tab);
    const tabs = useRef();
    const move = (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = TABS[(TABS.findIndex(([name]) => name === now) + by + TABS.length) % TABS.length][0];
      setNow(next);
      requestAnimationFrame(() => tabs.current.querySelector("[aria-selected=true]")?.focus());
    };
    const panels = { classes: Classes, neurons: Neurons, picture: Picture, words: Text };
    return html`<${Dialog} title="What to draw" close=${close} wide=${true}>
      <div class="tabs" role="tablist" ref=${tabs} aria-label="What to draw" onKeyDown=${move}>${TABS.map(([name, words]) => html`
        <button type="button" role="tab" id=${`tab-${name}`} aria-controls="choose-panel" aria-selected=${String(name === now)} tabindex=${name === now ? 0 : -1} onClick=${() => setNow(name)}>${words}</button>`)}</div>
      <div class="choose" role="tabpanel" id="choose-panel" aria-labelledby=${`tab-${now}`} tabindex="-1"><${panels[now]} replaces=${replaces} given=${given} /></div>
    </${Dialog}>`;
  }

  Object.assign(studio, { Choose, Progress, takeTerm: take });
})();
