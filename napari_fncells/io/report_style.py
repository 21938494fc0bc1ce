"""How the report's page looks: on a small screen, and printed."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light; --ink: #1d2530; --soft: #5d6875; --line: #d9dfe6; --fill: #2f7fa8; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #f4f6f8;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 24px 20px 40px; }
h1 { margin: 0 0 4px; font-size: 26px; overflow-wrap: anywhere; }
h2 { margin: 0 0 10px; font-size: 17px; }
header p { margin: 2px 0; color: var(--soft); }
header .proved { color: #14683f; font-weight: 600; }
section { margin-top: 20px; padding: 16px 18px; background: #fff; border: 1px solid var(--line);
  border-radius: 8px; }
section ul { margin: 0; padding-left: 20px; overflow-wrap: anywhere; }
.notes { background: #fff8e6; border-color: #ecd9a0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px;
  padding: 0; background: none; border: 0; }
.cards div { padding: 10px 14px; background: #fff; border: 1px solid var(--line);
  border-radius: 8px; }
.cards strong { display: block; font-size: 24px; line-height: 1.2;
  font-variant-numeric: tabular-nums; }
small { display: block; color: var(--soft); font-size: 12px; font-weight: 400; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top; }
th { font-weight: 600; }
thead th { color: var(--soft); font-size: 12px; vertical-align: bottom; }
th:first-child, td:nth-child(2), th:nth-child(2), td.words { text-align: left;
  overflow-wrap: anywhere; }
td { white-space: nowrap; }
td:nth-child(2), td.words { white-space: normal; }
td.words { font-size: 13px; padding-left: 14px; }
table:has(td.words) thead th:last-child { text-align: left; padding-left: 14px; }
code { white-space: nowrap; font: 13px ui-monospace, "DejaVu Sans Mono", monospace; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 20px; }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 11px; }
.bar { fill: var(--fill); }
.axis { stroke: var(--soft); }
.rule { stroke: var(--line); }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); gap: 12px; }
.grid img { display: block; width: 100%; background: #000; border-radius: 4px; }
figcaption { margin-top: 4px; font-size: 12px; }
figcaption b { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
figcaption small { display: inline; margin-left: 6px; }
footer { margin-top: 20px; color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
@media print {
  body { background: #fff; font-size: 11px; }
  main { max-width: none; padding: 0; }
  section, .cards div { break-inside: auto; border-color: #bbb; }
  figure, tr, .cards div { break-inside: avoid; }
  thead { display: table-header-group; }
  .grid { grid-template-columns: repeat(6, minmax(0, 1fr)); }
  .cards { grid-template-columns: repeat(auto-fit, minmax(105px, 1fr)); }
  small, td.words, figcaption { font-size: 9.5px; }
  .bar, .grid img, .notes { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
