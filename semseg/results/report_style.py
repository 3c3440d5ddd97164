"""How ``report.html`` looks, and the one thing in it that moves: the slider of the masks' opacity."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root { color-scheme: light dark; --opacity: 0.6; --paper: #fff; --ink: #1c2024; --soft: #5b6470; --line: #d9dde3;
  --panel: #f5f6f8; --accent: #1f6fbf; --right: #3f90da; --wrong: #e76300; --warned: #b25000; --bar: #3f90da; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e8eaed; --soft: #a3acb8; --line: #343a43;
  --panel: #1d2127; --accent: #7fb8ee; --warned: #ffb45e; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main, header { max-width: 1120px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 28px; }
header p { max-width: none; margin: 2px 0; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 44px 0 10px; padding-top: 14px; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 26px 0 8px; }
p { margin: 6px 0 10px; max-width: 75ch; }
a { color: var(--accent); }
a:focus-visible, input:focus-visible, summary:focus-visible, .wide:focus-visible { outline: 2px solid var(--accent);
  outline-offset: 3px; }
code, pre { font: 0.875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--panel); border-radius: 8px; padding: 12px 14px; margin: 6px 0 14px; white-space: pre-wrap;
  overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 14px 0 0; }
.soft { color: var(--soft); }
.note { border-left: 4px solid var(--warned); background: var(--panel); border-radius: 0 8px 8px 0; padding: 8px 14px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(158px, 1fr)); gap: 12px; margin: 22px 0 0; }
.tiles div { background: var(--panel); border-radius: 12px; padding: 14px 16px; }
.tiles b { display: block; font-size: 1.8rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles .first { background: var(--accent); color: var(--paper); }
.tiles span { display: block; font-size: 0.84rem; line-height: 1.35; }
.tiles span + b { margin-top: 2px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 18px; }
.charts svg { width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.92rem; }
th, td { padding: 5px 12px 5px 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; }
thead th { color: var(--soft); font-weight: 500; vertical-align: bottom; }
th[scope=row], .left { text-align: left; }
tbody th { font-weight: 500; }
.wrap { white-space: normal; overflow-wrap: anywhere; min-width: 8em; }
.swatch { display: inline-block; width: 0.85em; height: 0.85em; border-radius: 3px; margin-right: 0.55em;
  border: 1px solid #8888; vertical-align: -0.06em; }
.bar { display: inline-block; width: 130px; height: 0.7em; background: var(--panel); border-radius: 3px;
  overflow: hidden; margin-right: 8px; }
.bar i { display: block; height: 100%; background: var(--bar); border-radius: 3px; box-shadow: inset 0 0 0 1px #8888; }
.lags { color: var(--warned); font-weight: 600; }
.spark { width: 126px; height: 30px; vertical-align: middle; }
.matrix th, .matrix td { padding: 0; border: 1px solid var(--paper); text-align: center; }
.matrix td { min-width: 38px; height: 30px; font-size: 0.82rem; background: var(--panel); }
.matrix tbody th { text-align: left; padding-right: 12px; position: sticky; left: 0; background: var(--paper);
  max-width: 12em; overflow: hidden; text-overflow: ellipsis; }
.matrix thead th { vertical-align: bottom; height: 1px; color: var(--ink); }
.matrix thead span { writing-mode: vertical-rl; transform: rotate(180deg); padding: 6px 0; display: inline-block;
  max-height: 11em; overflow: hidden; text-overflow: ellipsis; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 0.9rem; margin: 8px 0; padding: 0;
  list-style: none; }
.control { position: sticky; top: 0; z-index: 1; background: var(--paper); padding: 8px 0; }
.control label { display: flex; align-items: center; gap: 12px; }
.control input { width: min(260px, 50vw); accent-color: var(--accent); }
figure { margin: 18px 0; }
figcaption { font-size: 0.92rem; margin-bottom: 6px; overflow-wrap: anywhere; }
.row { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; }
.row > div { font-size: 0.8rem; color: var(--soft); }
.tile { position: relative; aspect-ratio: var(--shape); background-image: var(--picture);
  background-size: 100% 100%; border-radius: 4px; overflow: hidden; }
.tile img { position: absolute; inset: 0; width: 100%; height: 100%; opacity: var(--opacity); }
.tile .difference { opacity: 1; }
.grey::before { content: ""; position: absolute; inset: 0; background: #fff9; backdrop-filter: grayscale(1); }
.picture { max-width: 100%; height: auto; }
.pair { display: grid; grid-template-columns: 1fr; gap: 2px; width: 170px; }
.pair i { display: block; height: 7px; border-radius: 3px; background: var(--bar); }
.pair i + i { background: var(--soft); }
details { margin: 10px 0; }
summary { cursor: pointer; }
footer { color: var(--soft); font-size: 0.85rem; margin: 46px 0 30px; }
ul { padding-left: 1.2em; }
@media (max-width: 620px) { .row { grid-template-columns: 1fr 1fr; } main, header { padding: 0 14px; }
  header { padding-top: 18px; } h1 { font-size: 1.4rem; } .tiles { gap: 8px; grid-template-columns: 1fr 1fr; }
  .tiles .first { grid-column: 1 / -1; } .bar { width: 64px; } .pair { width: 100px; } }
@media print { .control, nav { display: none; } .tile { print-color-adjust: exact; } figure { break-inside: avoid; } }
"""
SCRIPT = """
const slider = document.getElementById("opacity");
if (slider) slider.addEventListener("input", () =>
  document.documentElement.style.setProperty("--opacity", slider.value / 100));
"""


def policy() -> str:
    """Returns what a browser lets the page do: show its own pictures and styles, and run this one script."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
