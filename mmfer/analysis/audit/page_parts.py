# Copyright (c) mmfer contributors.
"""Style and script of the audit's page.

Given and proposed labels are told by words, place and line style, and only
besides by colour (Okabe and Ito's).
"""

STYLE = '''
:root { --given: #a34600; --proposed: #005a8c; --line: #c8c8c8; }
* { box-sizing: border-box; }
body { font: 16px/1.4 system-ui, sans-serif; margin: 1rem auto;
  max-width: 90rem; padding: 0 1rem; color: #111; background: #fff; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
form { position: sticky; top: 0; background: #fff; padding: .5rem 0;
  display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end;
  border-bottom: 1px solid var(--line); z-index: 1; }
label { display: grid; font-size: .85rem; }
label.row { display: flex; gap: .4rem; align-items: center; }
input, select, button { font: inherit; min-height: 2rem; }
:focus-visible { outline: 3px solid #005a8c; outline-offset: 2px; }
ol { list-style: none; padding: 0; margin: 0; display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); }
li.card { border: 1px solid var(--line); border-radius: .4rem;
  padding: .7rem; display: grid; grid-template-columns: 112px 1fr;
  gap: .7rem; align-content: start; }
img { width: 112px; height: 112px; object-fit: contain;
  background: #eee; }
p { margin: .2rem 0; }
.given b { color: var(--given); border-bottom: 3px dotted; }
.proposed b { color: var(--proposed); border-bottom: 3px solid; }
.wide { grid-column: 1 / -1; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; }
th, td { text-align: left; padding: .1rem .3rem; font-weight: 400; }
.bar { display: inline-block; width: 5rem; height: .7rem;
  border: 1px solid #555; vertical-align: middle; margin-right: .4rem; }
.bar span { display: block; height: 100%; background: #555; }
.note { font-size: .85rem; overflow-wrap: anywhere; }
@media (max-width: 30rem) { ol { grid-template-columns: 1fr; } }
'''

SCRIPT = '''
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const PAGE = 60;
const decisions = new Map();
let chosen = [], shown = 0;

function make(tag, text, attributes) {
  const node = document.createElement(tag);
  if (text !== undefined && text !== null) node.textContent = text;
  for (const [name, value] of Object.entries(attributes || {}))
    node.setAttribute(name, value);
  return node;
}

function choice(label, name, options) {
  const box = make('label', label), select = make('select', null, {name});
  for (const [value, text] of options)
    select.append(make('option', text, {value}));
  box.append(select);
  return box;
}

function percent(share) { return Math.round(100 * share) + ' %'; }

function key(sample) { return sample.file + ' ' + sample.name; }

const form = document.getElementById('filters');
const all = [['', 'all']], names = data.classes.map(c => [c, c]);
const by = data.signals.map((s, i) => [i, s.name.replaceAll('_', ' ')]);
const search = make('label', 'File name');
search.append(make('input', null, {name: 'search', type: 'search'}));
const only = make('label', null, {class: 'row'});
only.append(make('input', null, {name: 'only', type: 'checkbox'}),
            'Only labels that the file corrects');
const save = make('button', 'Save decisions', {type: 'button'});
form.append(
  choice('Given label', 'given', all.concat(names)),
  choice('Proposed label', 'proposed', all.concat(names)),
  choice('Signals that agree', 'agreement',
         [[0, 'any share'], [.5, '50 % or more'], [.75, '75 % or more'],
          [1, 'all']]),
  choice('Order by', 'order', [['', 'all signals']].concat(by)),
  search, only, save);

function evidence(sample) {
  const table = make('table', null, {class: 'wide'});
  const head = make('tr');
  for (const text of ['Signal', 'Suspicion', 'Believes in'])
    head.append(make('th', text, {scope: 'col'}));
  table.append(head);
  sample.evidence.forEach(([suspicion, name, share], i) => {
    const row = make('tr'), signal = data.signals[i];
    row.append(make('th', signal.name.replaceAll('_', ' '),
                    {scope: 'row', title: signal.about}));
    const cell = make('td');
    if (suspicion === null) cell.textContent = 'unknown';
    else {
      const bar = make('span', null, {class: 'bar', 'aria-hidden': 'true'});
      bar.append(make('span', null,
                      {style: 'width:' + 100 * suspicion + '%'}));
      cell.append(bar, suspicion.toFixed(2));
    }
    row.append(cell, make('td', name === null ? '' :
                          name + ' ' + percent(share)));
    table.append(row);
  });
  return table;
}

function card(sample) {
  const item = make('li', null, {class: 'card'}), side = make('div');
  const given = make('p', 'given: ', {class: 'given'});
  given.append(make('b', sample.given));
  const proposed = make('p', 'proposed: ', {class: 'proposed'});
  proposed.append(make('b', sample.proposed));
  side.append(make('h2', sample.rank + '. ' + sample.name), given, proposed,
              make('p', 'agreement ' + percent(sample.agreement)));
  const label = make('label', 'Label to write'), select = make('select');
  for (const name of data.classes)
    select.append(make('option', name + (name === sample.given ?
      ' (given)' : name === sample.proposed ? ' (proposed)' : ''),
      {value: name}));
  select.value = decisions.get(key(sample)) || sample.corrected;
  select.addEventListener('change', () => {
    decisions.set(key(sample), select.value);
    tell();
  });
  label.append(select);
  side.append(label);
  item.append(make('img', null, {src: sample.image, loading: 'lazy',
    alt: 'face ' + sample.name}), side, evidence(sample));
  for (const note of sample.notes)
    item.append(make('p', note, {class: 'note wide'}));
  return item;
}

function tell() {
  document.getElementById('status').textContent =
    shown + ' of ' + chosen.length + ' chosen samples are shown, ' +
    data.samples.length + ' are on this page; ' + decisions.size +
    ' decided by hand';
}

function more() {
  const list = document.getElementById('samples');
  for (const sample of chosen.slice(shown, shown + PAGE))
    list.append(card(sample));
  shown = Math.min(shown + PAGE, chosen.length);
  document.getElementById('more').hidden = shown === chosen.length;
  tell();
}

function choose() {
  const want = Object.fromEntries(new FormData(form));
  const text = want.search.toLowerCase();
  chosen = data.samples.filter(s =>
    (!want.given || s.given === want.given) &&
    (!want.proposed || s.proposed === want.proposed) &&
    s.agreement >= Number(want.agreement) &&
    (!want.only || s.corrected !== s.given) &&
    s.name.toLowerCase().includes(text));
  if (want.order !== '') {
    const level = s => s.evidence[want.order][0] ?? -1;
    chosen.sort((a, b) => level(b) - level(a));
  }
  document.getElementById('samples').replaceChildren();
  shown = 0;
  more();
}

function quoted(text) { return '"' + text.replaceAll('"', '""') + '"'; }

save.addEventListener('click', () => {
  const lines = ['file,name,label'];
  for (const s of data.samples)
    lines.push([s.file, s.name, decisions.get(key(s)) || s.corrected]
      .map(quoted).join(','));
  const blob = new Blob([lines.join('\\n') + '\\n'], {type: 'text/csv'});
  const link = make('a', null, {download: 'decisions.csv',
                                href: URL.createObjectURL(blob)});
  link.click();
  URL.revokeObjectURL(link.href);
});
form.addEventListener('input', choose);
form.addEventListener('submit', event => event.preventDefault());
document.getElementById('more').addEventListener('click', more);
choose();
'''
