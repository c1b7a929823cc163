/* What to draw: a class, a channel from its sheet, a picture, or words. */
const { html, useState, useEffect, useMemo } = window.htmPreact;
const studio = window.studio;
const { useStore, Choice, Dialog, Line, Pick, Words, FileButton, set } = studio;
const { kept, counted } = window.inkdream;

const termsNow = () => studio.state.table.terms ?? [];

/* A term joins the list, or takes the place of one. */
function take(term, replaces) {
  const terms = termsNow();
  const { weight } = terms[replaces] ?? {};
  studio.change("terms", replaces === undefined ? [...terms, term] : terms.with(replaces, weight === undefined ? term : { ...term, weight }));
  set({ dialog: null });
}

function useNetwork(wanted) {
  const networks = useStore((state) => state.start?.networks ?? []);
  const [name, setName] = useState(() => kept.get("studio network", wanted));
  const chosen = (networks.find((each) => each.name === name) ?? networks.find((each) => each.name === wanted) ?? networks[0])?.name;
  useEffect(() => { if (chosen) studio.loadNetwork(chosen); }, [chosen]);
  const network = useStore((state) => state.networks[chosen]) ?? { name: chosen, state: "asking", layers: [], classes: [] };
  const change = (next) => { kept.set("studio network", next); setName(next); };
  return [network, html`<${Pick} label="Network" value=${chosen} change=${change} options=${networks.map((each) => each.name)} />`];
}

function NetworkState({ network: { name, state, error } }) {
  if (state === "ready") return null;
  return html`<p class=${state === "failed" ? "wrong" : "muted"} role="status">${state === "failed" ? error : `${name ?? "A network"} is being asked what it knows…`}</p>`;
}

const MOST = 300;
function Classes({ replaces }) {
  const [network, pick] = useNetwork("efficientnet_lite0");
  const [query, setQuery] = useState("");
  const fitting = useMemo(() => {
    const words = query.toLowerCase().split(/[\s_]+/);
    return network.classes.filter((name) => words.every((word) => name.toLowerCase().includes(word)));
  }, [network, query]);
  const add = (name) => take({ target: `${network.name}/class/${name}` }, replaces);
  return html`<div class="dialog-tools"><input type="search" aria-label="Search classes" placeholder="hummingbird, volcano, daisy…" value=${query} autofocus
      onInput=${({ target }) => setQuery(target.value)} onKeyDown=${({ key }) => key === "Enter" && query && fitting.length && add(fitting[0])} />${pick}</div>
    <${NetworkState} network=${network} />
    <ul class=${`classes ${query ? "is-sought" : ""}`}>${fitting.slice(0, MOST).map((name) => html`<li key=${name}><button type="button" class="plain" onClick=${() => add(name)}>${studio.spaced(name)}</button></li>`)}</ul>
    ${fitting.length > MOST && html`<p class="muted small">${fitting.length - MOST} more: a few letters find them.</p>`}
    ${network.state === "ready" && !fitting.length && html`<p class="muted">${network.classes.length ? "No class has these letters." : `${network.name} has no classes.`}</p>`}`;
}

function Neurons({ replaces }) {
  const [network, pick] = useNetwork("loom");
  const [layer, setLayer] = useState(null);
  const [place, setPlace] = useState("");
  const [number, setNumber] = useState(undefined);
  const { layers } = network;
  const chosen = layers.find(({ name }) => name === layer) ?? layers.find(({ name }) => name.startsWith("conv4")) ?? layers.at(-2) ?? layers[0];
  const { name, channels, field } = chosen ?? {};
  const sheet = useStore((state) => state.sheets[studio.sheetKey(network.name, name)]);
  useEffect(() => { if (chosen) studio.loadSheet(network.name, name); }, [network.name, name]);
  const add = (channel) => take({ target: `${network.name}/${name}/${channel}${place}` }, replaces);
  return html`<div class="dialog-tools">${pick}
      ${chosen && html`<${Pick} label="Layer" value=${name} change=${setLayer} options=${layers.map((each) => [each.name, `${each.name} (${each.channels})`])} />
      <${Words} label="Where" value=${place} change=${setPlace} options=${[["", "All over"], ["/centre", "In the middle"]]} />`}</div>
    <${NetworkState} network=${network} />
    ${chosen && html`<p class="muted small">${counted(channels, "channel")}${field > 0 && `, each looks at ${field} px`}</p>
      ${sheet?.url ? html`<${Thumbnails} sheet=${sheet} add=${add} name=${name} />` : html`<div class="no-sheet">
        ${sheet?.state === "drawing" ? html`<p>The sheet is being drawn: ${sheet.done} of ${sheet.all}.</p><${Progress} done=${sheet.done} all=${sheet.all} label="Sheet" />`
        : sheet?.state === "waiting" ? html`<p>The sheet is drawn as soon as no drawing is being made.</p>`
        : html`<p class=${sheet?.error ? "wrong" : "muted"}>${sheet?.error || "No sheet of this layer has been drawn yet."}</p><button type="button" onClick=${() => studio.loadSheet(network.name, name, true)}>Draw its sheet</button>`}
      </div>`}
      <form class="with-button by-number" onSubmit=${(event) => { event.preventDefault(); if (Number.isInteger(number)) add(number); }}>
        <${Line} label="Or by its number" kind="number" min=${0} max=${channels - 1} value=${number} change=${setNumber} placeholder=${`0 to ${channels - 1}`} />
        <button type="submit" disabled=${!Number.isInteger(number)}>Take it</button>
        <button type="button" onClick=${() => take({ target: `${network.name}/${name}` }, replaces)}>The whole layer</button></form>`}`;
}

const Progress = ({ done, all, label }) => html`<div class="progress" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax=${all} aria-valuenow=${done}><span style=${{ width: `${all ? (100 * done) / all : 0}%` }}></span></div>`;

const THUMBNAIL = 72; // px of a channel's picture
function Thumbnails({ sheet, add, name }) {
  const { url, channels, tile, gap, caption, columns } = sheet;
  const px = (length) => `${(length * THUMBNAIL) / tile}px`;
  const cut = (at) => ({
    backgroundImage: `url("${url}")`, backgroundSize: `${px(columns * (tile + gap) + gap)} auto`,
    backgroundPosition: `${px(-gap - (at % columns) * (tile + gap))} ${px(-gap - Math.floor(at / columns) * (tile + caption + gap))}`,
  });
  return html`<ul class="thumbnails" style=${{ "--w": `${THUMBNAIL}px`, "--h": `${THUMBNAIL}px` }}>${Array.from({ length: channels }, (_, channel) => html`<li key=${channel}>
    <button type="button" class="tile" aria-label=${`${name}, channel ${channel}`} title=${channel} onClick=${() => add(channel)} style=${cut(channel)}></button><span class="small muted">${channel}</span></li>`)}</ul>`;
}

const KINDS = [["like", "Look like it", "colour and shape"], ["style", "Its style", "how it is painted"], ["texture", "Its texture", "closer and finer than style"], ["content", "What is in it", "what a network sees, and where"]];
function Picture({ replaces, given }) {
  const [uploaded, setUploaded] = useState(given ?? null);
  const [error, setError] = useState(null);
  const load = (file) => studio.upload(file).then((picture) => { setUploaded(picture); setError(null); }, ({ message }) => setError(message));
  const word = uploaded && `upload:${uploaded.id}`;
  const change = (key, value) => () => { studio.change(key, value); set({ dialog: null }); };
  const likes = termsNow().some(({ kind }) => kind === "like");
  const uses = [
    ...KINDS.map(([kind, ...words]) => [() => take({ kind, picture: word }, replaces), ...words]),
    [change("origin", word), "Begin from it", "and let the network change it"],
    [change("bare", word), "Bare paper", "where it is light nothing is drawn"],
    [change("terms", termsNow().map((term) => (term.kind === "like" ? { ...term, importance: word } : term))), "Detail mask", "where it is light the picture that is drawn counts more", !likes && "First choose a picture to look like"],
  ];
  return html`<div class="drop-here">
      ${uploaded ? html`<img src=${uploaded.url} alt="The chosen picture" />` : html`<p class="muted">Drop a picture anywhere on this page, or</p>`}
      <${FileButton} label=${uploaded ? "Another picture" : "Choose a picture"} accept="image/png,image/jpeg,image/webp" take=${load} />
      ${error && html`<p class="wrong" role="alert">${error}</p>`}</div>
    <ul class="kinds">${uses.map(([use, title, what, missing]) => html`<li><button type="button" disabled=${!uploaded || missing} title=${missing || undefined} onClick=${use}><strong>${title}</strong><span class="muted small">${what}</span></button></li>`)}</ul>`;
}

function Text({ replaces }) {
  const [words, setWords] = useState("");
  const needs = useStore((state) => state.start?.words_need);
  const add = (event) => { event.preventDefault(); if (words.trim()) take({ kind: "text", words: words.trim() }, replaces); };
  return html`<form class="with-button" onSubmit=${add}><${Line} label="What the picture is to show" value=${words} change=${(text = "") => setWords(text)} placeholder="a heron in the reeds" />
      <button type="submit" disabled=${!words.trim()}>Take these words</button></form>
    <p class="muted">CLIP, a network that knows words and pictures, says how well they fit.</p>
    ${needs && html`<p class="words-need" role="status">${needs}</p>`}`;
}

const PANELS = { classes: Classes, neurons: Neurons, picture: Picture, words: Text };
function Choose({ tab = "classes", replaces, given, close }) {
  const [now, setNow] = useState(tab);
  return html`<${Dialog} title="What to draw" close=${close} wide=${true}>
    <${Choice} label="What to draw" value=${now} change=${setNow} options=${[["classes", "A class"], ["neurons", "A neuron"], ["picture", "A picture"], ["words", "Words"]]} />
    <div class="choose" tabindex="-1"><${PANELS[now]} replaces=${replaces} given=${given} /></div>
  </${Dialog}>`;
}

Object.assign(studio, { Choose, Progress });
