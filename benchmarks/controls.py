"""How large the controls are, and how fast they answer a hand. What the monitor costs is in `benchmarks.monitor`.

python -m benchmarks.controls [answers|previews|page]

`answers` and `previews` need no browser; `page` opens JupyterLab in a Chromium or Chrome, from
the path or TLNB_BROWSER.
Run it on a machine that does nothing else.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.in_lab import opened

REPEATS = 60
NETWORK = "tf_efficientnet_lite0"
EPOCHS = 60  # so many that the training outlives what is measured beside it; without a store, or it would not


def told(seconds: Sequence[float]) -> dict[str, float]:
    """Return median and 95th percentile, in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return {"median_ms": round(1e3 * statistics.median(ordered), 1), "p95_ms": round(1e3 * p95, 1)}


def sizes() -> dict[str, Any]:
    """Return the bytes of each control's minified JavaScript, and of all together."""
    from tlnb.controls.bundles import FOLDER, bundle

    each = {path.stem: len(bundle(path.stem).module) for path in sorted(FOLDER.glob("*.js"))}
    return {**each, "together": sum(each.values())}


def answers() -> dict[str, Any]:
    """Measure how long Python takes from a page's message to the state that it answers with, idle and training."""
    import tlnb
    from tlnb.controls import FreezeMap, LearningRates, SharedRecipe, TrainingMonitor

    images = tlnb.load_data("elpv", size=96).few(96)
    model = tlnb.create_model(NETWORK, images)
    shared = SharedRecipe(tlnb.Recipe.preset("last_stage", epochs=EPOCHS, batch_size=16, store="off"))
    frozen, rates = FreezeMap(model, shared, images), LearningRates(model, shared, images)
    monitor = TrainingMonitor(model, images, shared)
    names = [group.name for group in tlnb.layer_groups(model)][:-1]
    moves: dict[str, tuple[Any, Callable[[int], dict[str, Any]]]] = {
        "freeze map": (frozen, lambda i: {"action": "set_states", "fields": {"states": _states(names, i)}}),
        "learning rates": (
            rates,
            lambda i: {"action": "set_rate", "fields": {"group": "head", "rate": 1e-3 * 1.01 ** (i % 40)}},
        ),
    }
    found: dict[str, Any] = {}
    for when in ("idle", "while training"):
        if when != "idle":
            shared.recipe = tlnb.Recipe.preset("last_stage", epochs=EPOCHS, batch_size=16, store="off")
            monitor.start()
            time.sleep(3)
        for name, (control, move) in moves.items():
            control.send = lambda *_: None
            control._receive(control, {"kind": "ready", "view": "v"}, [])
            time.sleep(8 if when == "idle" else 1)  # what is measured once, for the map's seconds
            seconds = []
            for i in range(REPEATS):
                start = time.perf_counter()
                control._receive(control, {"kind": "do", "view": "v", "number": i, **move(i)}, [])
                seconds.append(time.perf_counter() - start)
                time.sleep(0.02)
            found[f"{name}, {when}"] = told(seconds)
    assert monitor.run.running, "The training ended too early: what was measured beside it is not true."
    start = time.perf_counter()
    monitor.stop()
    monitor.run.result(60)
    found["stop, with the end of its step and of the run"] = {"ms": round(1e3 * (time.perf_counter() - start))}
    return found


def _states(names: Sequence[str], i: int) -> dict[str, str]:
    """Change one block after the other, so that each pattern is new for a while."""
    return {names[i % len(names)]: ("trains", "frozen", "fixed_statistics")[(i // len(names)) % 3]}


PIPELINES = {
    "crops and flips": (("random_resized_crop", 0.3), ("flip", 0.5), ("vertical_flip", 0.5)),
    "four steps": (("random_resized_crop", 0.3), ("flip", 0.5), ("colour_jitter", 0.5), ("sensor_noise", 0.5)),
    "AugMix and mixup": (("aug_mix", 0.5), ("mixup", 0.3)),
}


def previews(side: int = 160) -> dict[str, Any]:
    """Measure the augmentation preview: from a hand's message to the answer, the first tile, and all twelve."""
    import tlnb
    from tlnb.controls import AugmentationPreview, SharedRecipe

    images = tlnb.load_data("elpv", size=side).few(96)
    model = tlnb.create_model(NETWORK, images, crop=1.0)
    found: dict[str, Any] = {}
    for name, steps in PIPELINES.items():
        control = AugmentationPreview(model, SharedRecipe(tlnb.Recipe(augmentation=steps)), images)
        sent: list[tuple[float, str]] = []
        control.send = lambda content, *_, sent=sent: sent.append((time.perf_counter(), content["kind"]))
        control._receive(control, {"kind": "ready", "view": "v"}, [])
        control.wait(60)
        answered, first, twelve = [], [], []
        for i in range(REPEATS):
            del sent[:]
            fields = {"name": steps[0][0], "strength": round(0.3 + 0.005 * (i + 1), 3)}
            do = {"kind": "do", "view": "v", "number": i, "action": "set", "fields": fields, "commit": False}
            start = time.perf_counter()
            control._receive(control, do, [])
            answered.append(time.perf_counter() - start)
            control.wait(60)
            tiles = [at - start for at, kind in sent if kind == "tiles"]
            first.append(tiles[0])
            twelve.append(tiles[-1])
        parts = {"the answer": answered, "the first tile": first, "all twelve": twelve}
        found |= {f"{part}, {name}": told(seconds) for part, seconds in parts.items()}
        control.close()
    return found


def page() -> dict[str, Any]:
    """Measure in a browser: the first paint of a control, and how soon a hand sees what it does."""
    setup = (
        "import tlnb\nfrom tlnb.controls import FreezeMap, LearningRates, SharedRecipe, TrainingMonitor\n"
        'images = tlnb.load_data("elpv", size=96).few(96)\n'
        f'model = tlnb.create_model("{NETWORK}", images)\n'
        'shared = SharedRecipe(tlnb.Recipe.preset("last_stage", epochs=3, batch_size=16))'
    )
    controls = {
        "freeze map": ("FreezeMap(model, shared, images)", ".tlnb-block"),
        "learning rates": ("LearningRates(model, shared, images)", ".tlnb-learning-rates [role=slider]"),
        "training monitor": ("TrainingMonitor(model, images, shared)", ".tlnb-training-monitor svg text"),
    }
    found: dict[str, Any] = {}
    with opened(setup, *(code for code, _ in controls.values())) as lab:
        for place, (control, (_, shown)) in enumerate(controls.items(), 1):
            lab.page.locator(shown).first.wait_for()
            times = [lab.page.evaluate(_PAINT, [place, shown]) for _ in range(12)]
            found[f"first paint, {control}"] = told([one / 1e3 for one in times])
        found["pointer feedback, freeze map"] = told([one / 1e3 for one in lab.page.evaluate(_POINTER)])
        found["pointer feedback, learning rates"] = told([one / 1e3 for one in lab.page.evaluate(_DRAG)])
    return found


# From the arrival of the widget's output in the page to the frame in which the control is drawn.
_PAINT = """async ([place, shown]) => {
  const { commands, shell } = window.jupyterapp, notebook = shell.currentWidget.content;
  const cell = notebook.widgets[place].node;
  const seen = one => one.getBoundingClientRect().height > 0;
  const told = () => [...cell.querySelectorAll('.tlnb-says')].some(one => one.textContent);
  const visible = () => told() && [...cell.querySelectorAll(shown)].some(seen);
  notebook.activeCellIndex = place;
  cell.querySelectorAll('.tlnb-control').forEach(one => one.remove());
  let arrived = 0;
  const watcher = new MutationObserver(() => {
    if (!arrived && cell.querySelector('.jp-OutputArea-output .jupyter-widgets, .jp-OutputArea-output .lm-Widget'))
      arrived = performance.now();
  });
  watcher.observe(cell, { childList: true, subtree: true });
  commands.execute('notebook:run-cell');
  for (;;) {
    await new Promise(requestAnimationFrame);
    if (arrived && visible()) { watcher.disconnect(); return performance.now() - arrived; }
  }
}"""
# From a pointer's event to the end of the work that draws its effect; the next frame shows it.
_POINTER = """async () => {
  const blocks = document.querySelector('.tlnb-blocks'), times = [];
  for (let i = 0; i < 60; i++) {
    const block = blocks.querySelectorAll('.tlnb-block')[i % 6], box = block.getBoundingClientRect();
    const options = { bubbles: true, pointerId: 1, button: 0, clientX: box.x + 5, clientY: box.y + 5 };
    const before = block.dataset.state, start = performance.now();
    block.dispatchEvent(new PointerEvent('pointerdown', options));
    blocks.getBoundingClientRect();
    times.push(performance.now() - start);
    if (block.dataset.state === before) throw new Error('nothing was seen');
    block.dispatchEvent(new PointerEvent('pointerup', options));
    await new Promise(done => setTimeout(done, 120));
  }
  return times;
}"""
# A drag of the head's rate, step by step.
_DRAG = """async () => {
  const handle = document.querySelector('.tlnb-learning-rates [role=slider]'), box = handle.getBoundingClientRect();
  const at = box.x + box.width / 2, y = box.y + box.height / 2, times = [];
  const send = (kind, x) => handle.dispatchEvent(
    new PointerEvent(kind, { bubbles: true, pointerId: 1, button: 0, clientX: x, clientY: y }));
  send('pointerdown', at);
  for (let i = 1; i <= 60; i++) {
    const before = handle.getAttribute('aria-valuetext'), start = performance.now();
    send('pointermove', at - i);
    handle.closest('.tlnb-control').getBoundingClientRect();
    times.push(performance.now() - start);
    if (handle.getAttribute('aria-valuetext') === before) throw new Error('nothing was seen');
    await new Promise(done => setTimeout(done, 30));
  }
  send('pointerup', at - 60);
  return times;
}"""


if __name__ == "__main__":
    parts = {"answers": answers, "previews": previews, "page": page}
    wanted = sys.argv[1:] or list(parts)
    print(json.dumps({"bytes": sizes(), **{name: parts[name]() for name in wanted}}, indent=2))
