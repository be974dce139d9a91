# Copyright (c) mmfer contributors.
"""Style of the audit's page.

Given and proposed labels are told by words, place and line style, and only
besides by colour.
"""

STYLE = '''
:root { --given: #a34600; --proposed: #005a8c; --line: #c8c8c8; }
* { box-sizing: border-box; }
body { font: 16px/1.4 system-ui, sans-serif; margin: 1rem auto;
  max-width: 90rem; padding: 0 1rem; color: #111; background: #fff; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; }
summary { font-weight: 600; }
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
@media (max-width: 60rem) { form { position: static; }
  ol { grid-template-columns: 1fr; } }
'''
