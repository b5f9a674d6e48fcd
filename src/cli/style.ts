/** The look of the pages that commands write, in light and dark, on wide screens and phones. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #ffffff; --panel: #f6f8fa; --ink: #1b1f24; --quiet: #57606a; --rule: #d8dee4;
  --train: #1f6fb4; --validation: #00875f; --test: #d95f02; --accent: #a3267a; --violet: #6a4fc4; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0f1318; --panel: #171d24; --ink: #e6eaef; --quiet: #9aa5b1; --rule: #2c353f;
    --train: #5aa9e6; --validation: #3fc79a; --test: #ff9a4d; --accent: #e77cc3; --violet: #ab97f5; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 2rem clamp(1rem, 4vw, 2.5rem) 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }
h1 { font-size: clamp(1.5rem, 4.5vw, 2.1rem); line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.75rem 0 .25rem; }
h3 { font-size: .95rem; font-weight: 600; margin: 0 0 .25rem; }
p { margin: .25rem 0 .75rem; max-width: 75ch; }
.quiet, figcaption { color: var(--quiet); font-size: .9rem; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem; }
th, td { text-align: right; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { font-weight: 600; color: var(--quiet); vertical-align: bottom; }
th:first-child { position: sticky; left: 0; background: var(--paper); text-align: left; color: var(--ink); }
tr.chosen > * { color: var(--accent); }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); margin: 1rem 0; }
.grid.wide { grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); }
.grid.pictures { grid-template-columns: repeat(auto-fill, minmax(min(45%, 150px), 1fr)); }
figure { margin: 0; padding: .75rem; background: var(--panel); border-radius: 8px; min-width: 0; }
figure.plain { padding: .75rem 0; background: none; max-width: 540px; }
svg { display: block; width: 100%; height: auto; overflow: visible; fill: currentColor; font-family: inherit; font-size: 12px; text-anchor: middle; }
img { display: block; width: 100%; height: auto; image-rendering: pixelated; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: .25rem 0; list-style: none; font-size: .9rem; color: var(--quiet); }
.legend li { display: flex; align-items: center; gap: .4rem; }
.legend svg { width: 28px; height: 10px; flex: none; }
ul.notes { margin: .75rem 0 2rem; padding-left: 1.1rem; max-width: 90ch; color: var(--quiet); font-size: .9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; font-size: .95rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 560px) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; } }
@media print { body { max-width: none; } figure { break-inside: avoid; } }
`;
