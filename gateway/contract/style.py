"""The looks of the published page: one sheet, light and dark, nothing fetched from anywhere."""

CSS = """
:root{--ink:#1c2430;--soft:#5b6676;--line:#e2e6ec;--paper:#fff;--tint:#f5f7fa;--mark:#0b6e4f;--key:#7a3e9d;--text:#a2460b;
--num:#0a5cad}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--soft:#9aa6b6;--line:#2b3442;--paper:#12161c;--tint:#1a2029;
--mark:#5fd0a5;--key:#cfa3ee;--text:#f0a26b;--num:#7db8f2}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1.5rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.page{display:grid;grid-template-columns:15.5rem minmax(0,1fr);max-width:80rem;margin:0 auto}
nav{position:sticky;top:0;align-self:start;height:100vh;overflow:auto;padding:2rem 1rem;border-right:1px solid var(--line);
font-size:.86rem}
nav b{display:block;margin:1.1rem 0 .2rem;color:var(--soft);font-size:.72rem;letter-spacing:.07em;text-transform:uppercase}
nav a{display:block;padding:.13rem .5rem;border-radius:.35rem;color:inherit;text-decoration:none}
nav a:hover{background:var(--tint);color:var(--mark)}
main{padding:2.2rem 2.6rem 6rem}
h1{margin:0;font-size:2rem;line-height:1.2;letter-spacing:-.02em}
.lead{max-width:44rem;margin:.6rem 0 0;color:var(--soft);font-size:1.1rem}
h2{margin:3.4rem 0 .6rem;padding-top:1rem;border-top:1px solid var(--line);font-size:1.45rem;letter-spacing:-.01em}
h3{margin:2.6rem 0 .3rem;font-size:1.08rem}
h3 code{font-size:.98rem}
p,ul,ol{max-width:46rem}
li{margin:.25rem 0}
a{color:var(--mark)}
code{padding:.06em .32em;border-radius:.3em;background:var(--tint);font:.88em/1.5 ui-monospace,"SF Mono",Menlo,Consolas,
"Noto Sans Mono",monospace;overflow-wrap:anywhere}
pre{margin:.8rem 0;padding:.9rem 1.1rem;overflow:auto;border:1px solid var(--line);border-radius:.55rem;background:var(--tint)}
pre code{padding:0;background:none;font-size:.82rem;line-height:1.45;overflow-wrap:normal}
pre i{font-style:normal}
.k{color:var(--key)}.s{color:var(--text)}.n{color:var(--num)}
.wide{overflow-x:auto;margin:.8rem 0}
table{width:100%;border-collapse:collapse;font-size:.88rem}
th{padding:.4rem .7rem .4rem 0;color:var(--soft);font-size:.74rem;font-weight:600;letter-spacing:.05em;text-align:left;
text-transform:uppercase;border-bottom:1px solid var(--line)}
td{padding:.42rem .7rem .42rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
td:first-child{min-width:11rem}
.must::after{content:"required";margin-left:.5em;color:var(--mark);font-size:.7rem;font-weight:600;letter-spacing:.03em}
.tag{display:inline-block;padding:.05rem .5rem;border:1px solid var(--line);border-radius:1rem;color:var(--soft);
font-size:.72rem;vertical-align:.12em}
@media(max-width:52rem){.page{display:block}nav{position:static;height:auto;border:0;border-bottom:1px solid var(--line);
columns:2}main{padding:1.6rem 1.2rem 4rem}}
@media print{nav{display:none}.page{display:block}h3,pre{break-inside:avoid}}
"""
