# Copyright (c) mmfer contributors.
"""Script of the audit's page: it draws the samples of the page's data."""

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
