"""What the training monitor costs a training, and what it sends: steps with and without it take turns in one kernel.

python -m benchmarks.monitor

The steps run in a real Jupyter kernel with a page that looks (a view that has said it is ready), so that messages are
made, signed and sent. Turns of some steps alternate; the ratio is that of each pair, and its median is what counts. On
a machine that does other things too, that ratio is the weather; then the share of the training thread's own processor
time that is spent in the monitor says more.
"""

from __future__ import annotations

import json
import queue
import statistics
import sys
import time
from typing import Any

CASES = {
    "Lite0, 96 px, batch 16, all trains": ("tf_efficientnet_lite0", 96, 16, "all", 6),
    "Lite0, 96 px, batch 16, last stage": ("tf_efficientnet_lite0", 96, 16, 1, 6),
    "resnet10t, 32 px, batch 8, the head": ("resnet10t", 32, 8, "head", 40),
}
TURNS = 30
AIM = 0.98


def compare(name: str, size: int, batch_size: int, trainable: Any, steps: int) -> dict[str, Any]:
    """Measure one case, within a kernel."""
    import torch

    import tlnb
    from tlnb.controls import TrainingMonitor

    n = 600
    pixels = torch.randint(0, 256, (n, 3, size, size), dtype=torch.uint8)
    images = tlnb.ImageData.from_tensors(pixels, torch.arange(n) % 2, ["even", "odd"], valid=32 / n, test=0)
    weights = {} if "lite0" in name else {"weights": "random"}
    model = tlnb.create_model(name, images, **weights)
    recipe = tlnb.Recipe(
        trainable=trainable, batch_size=batch_size, epochs=10_000, schedule="constant", learning_rate=1e-5, store="off"
    )
    monitor = TrainingMonitor(model, images, recipe, baseline=0.9, name=name)
    sent: list[tuple[float, int]] = []
    send = monitor.send

    def counted(content: Any, buffers: Any = None) -> None:
        sent.append((time.perf_counter(), len(json.dumps(content)) + sum(map(len, buffers or []))))
        send(content, buffers)

    monitor.send = counted
    monitor._receive(None, {"kind": "ready", "view": "benchmark"}, [])
    monitor._watch = watch = monitor._new_watch(1, recipe, recipe)
    bare = tlnb.train(model, images, recipe)
    watched = tlnb.train(model, images, recipe, steering=watch.hand)

    spent = {"steps": 0.0, "monitor": 0.0}  # seconds of this thread's processor time

    def turn(events: Any, hear: Any) -> float:
        passed, done = 0.0, 0
        while done < steps:
            start, before = time.perf_counter(), time.thread_time()
            event = next(events)
            between = time.thread_time()
            hear(event)
            if event.kind == "step":  # what an epoch's validation takes is in neither
                passed += time.perf_counter() - start
                done += 1
            if hear == watch.hear:
                spent["steps"] += (between - before) * (event.kind == "step")
                spent["monitor"] += time.thread_time() - between
        return passed

    def both() -> tuple[float, float]:
        start = time.perf_counter()
        without = turn(bare, lambda _: None)
        # The monitor spends by the clock; while the other one has its turn, its own stands still.
        away = time.perf_counter() - start
        monitor._feed._last += away
        if watch._updates is not None:
            watch._updates._began += away
        return without, turn(watched, watch.hear)

    both()
    sent.clear()
    spent.update(steps=0.0, monitor=0.0)
    pairs = [both() for _ in range(TURNS)]
    bare.close(), watched.close()
    ratios = sorted(without / with_it for without, with_it in pairs)
    seconds = sum(with_it for _, with_it in pairs)
    return {
        "steps_a_second": round(steps / statistics.median(without for without, _ in pairs), 1),
        "ratio": round(statistics.median(ratios), 4),
        "quartiles": [round(ratios[len(ratios) // 4], 3), round(ratios[3 * len(ratios) // 4], 3)],
        "of_all_seconds": round(sum(a for a, _ in pairs) / sum(b for _, b in pairs), 4),
        "share_of_processor_time": round(spent["monitor"] / spent["steps"], 4),
        "samples_of_update_ratios": len(watch.history.ratios) if watch.history else 0,
        "messages_a_second": round(len(sent) / seconds, 2),
        "largest_message_bytes": max((size for _, size in sent), default=0),
    }


def in_kernel(code: str) -> str:
    """Run code in a new kernel, hear all that it sends, and return what it prints."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    try:
        asked, printed = client.execute(code), ""
        while True:
            try:
                message = client.get_iopub_msg(timeout=1200)
            except queue.Empty:
                sys.exit("The kernel says nothing any more.")
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] == "error":
                sys.exit("\n".join(message["content"]["traceback"]))
            printed += message["content"].get("text", "") if message["msg_type"] == "stream" else ""
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return printed
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def main() -> None:
    """Print each case as JSON."""
    for title, case in CASES.items():
        code = f"import json\nfrom benchmarks.monitor import compare\nprint(json.dumps(compare(*{case!r})))"
        found = json.loads(in_kernel(code).splitlines()[-1])
        print(json.dumps({"case": title, "aim": AIM, **found}))


if __name__ == "__main__":
    main()
