"""The page's style sheet: light and dark by the reader's own setting, and black on white on paper."""

STYLE = """
:root { color-scheme: light dark; --paper:#fdfdfc; --card:#f4f4f1; --ink:#1d232a; --dim:#5d6670; --line:#d5d8d4;
  --blue:#0072b2; --orange:#e69f00; --green:#009e73; --red:#d55e00; --sky:#56b4e9; --pink:#cc79a7; }
@media (prefers-color-scheme: dark) { :root { --paper:#14181d; --card:#1c2229; --ink:#e7eaed; --dim:#9aa5b0; --line:#37414b;
  --blue:#4aa8e0; --orange:#f0b429; --green:#2fc39a; --red:#ff7f3f; --sky:#8fd0f5; --pink:#e39cc4; } }
* { box-sizing: border-box; }
body { margin:0; background:var(--paper); color:var(--ink); font:15px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width:1120px; margin:0 auto; padding:28px 24px 60px; }
h1 { font-size:26px; margin:0; letter-spacing:-.01em; }
h2 { font-size:18px; margin:38px 0 4px; }
p.lead, figcaption, .dim { color:var(--dim); }
p { margin:4px 0 10px; }
nav { margin:14px 0 0; font-size:14px; display:flex; flex-wrap:wrap; gap:4px 16px; }
a { color:var(--blue); text-decoration:none; } a:hover { text-decoration:underline; }
.cards { display:grid; grid-template-columns:repeat(auto-fit,minmax(220px,1fr)); gap:10px; margin:20px 0 8px; }
.card { background:var(--card); border-radius:8px; padding:10px 14px; border-left:4px solid var(--line); }
.card.good { border-color:var(--green); } .card.bad { border:2px solid var(--red); border-left-width:8px; }
.card.bad b { color:var(--red); }
.card b { display:block; font-size:22px; font-variant-numeric:tabular-nums; }
.card span { font-size:13px; color:var(--dim); }
figure { margin:10px 0 0; } figcaption { font-size:13.5px; }
svg { width:100%; height:auto; display:block; overflow:visible; } svg text { font-family:inherit; }
.pair { display:grid; grid-template-columns:repeat(auto-fit,minmax(430px,1fr)); gap:6px 36px; align-items:start; }
.scroll { overflow-x:auto; }
table { border-collapse:collapse; width:100%; font-size:14px; }
th { text-align:left; font-weight:600; color:var(--dim); }
td, th { padding:4px 12px 4px 0;
  border-bottom:1px solid var(--line); vertical-align:top; }
td.number { text-align:right; font-variant-numeric:tabular-nums; white-space:nowrap; padding-right:20px; }
td:first-child code { white-space:nowrap; }
td.when { white-space:nowrap; font-variant-numeric:tabular-nums; color:var(--dim); }
.holds { color:var(--green); font-weight:600; white-space:nowrap; }
.broken { color:var(--red); font-weight:700; white-space:nowrap; }
.fit { border:1px solid var(--orange); border-radius:4px; padding:0 5px; font-size:12px; color:var(--ink); white-space:nowrap; }
details { background:var(--card); border-radius:8px; margin:8px 0; padding:8px 14px; }
summary { cursor:pointer; } summary .why { color:var(--red); }
details table { margin:8px 0 4px; } tr.action td { font-weight:500; } tr.input td:last-child { color:var(--dim); }
code { font-family:ui-monospace, "DejaVu Sans Mono", monospace; font-size:13px; overflow-wrap:anywhere; }
.alarm { border:2px solid var(--red); border-radius:8px; padding:8px 16px; margin:14px 0 0; } .alarm ul { margin:2px 0; }
.note { background:var(--card); border-left:4px solid var(--orange); border-radius:6px; padding:8px 14px; }
@media print { :root { --paper:#fff; --card:#fff; --ink:#000; --dim:#444; --line:#bbb; --blue:#0072b2; --orange:#e69f00;
  --green:#009e73; --red:#d55e00; --sky:#56b4e9; --pink:#cc79a7; }
  main { max-width:none; padding:0; } nav { display:none; } figure, .card, tr { break-inside:avoid; } h2 { break-after:avoid; }
  details { border:1px solid var(--line); } body { font-size:11px; }
  * { print-color-adjust:exact; -webkit-print-color-adjust:exact; } }
"""
