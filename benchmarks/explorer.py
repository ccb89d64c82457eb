"""How fast the feature explorer answers a hand, and draws.

python -m benchmarks.explorer [answers|page]

`answers` needs no browser; `page` opens JupyterLab in a Chromium or Chrome, from the path or TLNB_BROWSER.
Run it on a machine that does nothing else.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.controls import NETWORK, REPEATS, told
from benchmarks.in_lab import opened


def answers() -> dict[str, Any]:
    """Measure how long Python takes from the explorer's messages to its answers, idle and while t-SNE computes."""
    import tlnb
    from tlnb.controls import FeatureExplorer

    images = tlnb.load_data("elpv", size=96)
    before = tlnb.create_model(NETWORK, images)
    run = tlnb.fit(before, images.few(24), tlnb.Recipe(trainable="all", epochs=1, batch_size=16), progress=False)
    explorer = FeatureExplorer(run, images, before=before)
    explorer.send = lambda *_: None
    explorer._receive(explorer, {"kind": "ready", "view": "v"}, [])
    explorer._finding.wait()
    explorer.project("pca")
    explorer.wait()
    ends = [layer.name for layer in explorer._look.after.ends]
    moves: dict[str, Callable[[int], dict[str, Any]]] = {
        "maps of another layer": lambda i: {"action": "layer", "fields": {"name": ends[i % len(ends)]}},
        "one map": lambda i: {"action": "map", "fields": {"number": i % 16}},
        "a covered part": lambda i: {"action": "cover", "fields": {"mask": ("1" * i).ljust(784, "0"), "side": 28}},
        "class activation": lambda i: {"action": "activate", "fields": {"target": i % 2}},
        "no class any more": lambda i: {"action": "rest", "fields": {}},
        "another picture": lambda i: {"action": "pick", "fields": {"place": 7 * i}},
        "a point's picture": lambda i: {"action": "thumb", "fields": {"place": 7 * i}},
        "a lasso": lambda i: {"action": "catch", "fields": {"places": list(range(20 * i))}},
    }
    found: dict[str, Any] = {}
    for when in ("idle", "while t-SNE computes"):
        if when != "idle":
            explorer.project("tsne")
            time.sleep(1)
        for name, move in moves.items():
            seconds = []
            for i in range(REPEATS if when == "idle" else REPEATS // 4):
                start = time.perf_counter()
                explorer._receive(explorer, {"kind": "do", "view": "v", "number": i, **move(i)}, [])
                seconds.append(time.perf_counter() - start)
                time.sleep(0.02)
            found[f"{name}, {when}"] = told(seconds)
    found["t-SNE still computed"] = explorer._projecting.running
    start = time.perf_counter()
    explorer.wait()
    found["t-SNE of two sets, from there"] = {"s": round(time.perf_counter() - start, 1)}
    return found


def page() -> dict[str, Any]:
    """Measure in a browser: 64 maps from the choice of a layer to their frame; points drawn anew, and panned."""
    setup = (
        "import tlnb\nfrom tlnb.controls import FeatureExplorer\n"
        'images = tlnb.load_data("elpv", size=96, test=0.0)\n'
        f'model = tlnb.create_model("{NETWORK}", images)\n'
        "explorer = FeatureExplorer(model, images)"
    )
    with opened(setup, "explorer.project()\nexplorer.wait()\nexplorer") as lab:
        lab.page.locator(".tlnb-map").first.wait_for()
        lab.page.locator(".tlnb-board canvas").wait_for()
        count = lab.ask("len(explorer.projection.points[0])")
        maps = [lab.page.evaluate(_MAPS, layer) / 1e3 for layer in ("stage2", "blocks.2.0.conv_dw", "stage3") * 7]
        drawn = [one / 1e3 for one in lab.page.evaluate(_POINTS)]
        panned = lab.page.evaluate(_PAN)
    return {
        "64 maps of another layer": told(maps),
        f"{count} points drawn anew": told(drawn),
        "a frame while panning": told([one / 1e3 for one in panned["frames"]]),
        "work in it": told([one / 1e3 for one in panned["work"]]),
    }


# From the choice of a layer to the frame after its maps have come.
_MAPS = """async layer => {
  const control = document.querySelector('.tlnb-feature-explorer'), sheet = control.querySelector('.tlnb-sheet');
  const select = [...control.querySelectorAll('select')].find(one => one.querySelector('optgroup'));
  const old = sheet.querySelector('.tlnb-map'), start = performance.now();
  select.value = layer;
  select.dispatchEvent(new Event('change'));
  while (sheet.querySelector('.tlnb-map') === old) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""
# From a new colouring (all looks drawn anew, then all points) to the end of the frame that shows it.
_POINTS = """async () => {
  const label = [...document.querySelectorAll('.tlnb-plane label')].find(one => one.textContent.startsWith('Colours'));
  const select = label.querySelector('select'), times = [];
  for (let i = 0; i < 24; i++) {
    const start = performance.now();
    select.selectedIndex = i % select.options.length;
    select.dispatchEvent(new Event('change'));
    await new Promise(requestAnimationFrame);
    await new Promise(done => setTimeout(done, 0));
    times.push(performance.now() - start);
  }
  return times;
}"""
_PAN = """async () => {
  const canvas = document.querySelector('.tlnb-board canvas'), ask = window.requestAnimationFrame;
  const work = [], frames = [];
  canvas.scrollIntoView();
  const box = canvas.getBoundingClientRect(), frame = () => new Promise(ask);
  const send = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type,
    { bubbles: true, pointerId: 1, button: 0, clientX: box.x + x, clientY: box.y + y }));
  window.requestAnimationFrame = draw => ask(now => {
    const start = performance.now();
    draw(now);
    work.push(performance.now() - start);
  });
  send('pointerdown', 200, 200);
  await frame();
  let last = performance.now();
  for (let i = 0; i < 180; i++) {
    send('pointermove', 200 + i % 60, 200 + i % 40);
    await frame();
    frames.push(performance.now() - last);
    last = performance.now();
  }
  send('pointerup', 230, 230);
  window.requestAnimationFrame = ask;
  return { work, frames };
}"""


if __name__ == "__main__":
    parts = {"answers": answers, "page": page}
    print(json.dumps({name: parts[name]() for name in sys.argv[1:] or list(parts)}, indent=2))
