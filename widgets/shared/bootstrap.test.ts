import { afterEach, beforeEach, expect, test, vi } from "vitest";
import bootstrap from "./bootstrap";
import { FakeHost } from "./fake_host";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("it asks again until it is answered, and tells what to do where nobody answers", () => {
  const host = new FakeHost();
  host.module = "nothing-1";
  const el = document.createElement("div");
  const cleanup = bootstrap.render({ model: host, el });
  vi.advanceTimersByTime(5900);
  expect(host.sent.filter(({ kind }) => kind === "module").length).toBe(3);
  expect(el.textContent).toBe("");
  vi.advanceTimersByTime(200);
  expect(el.textContent).toContain("run the cell above");
  cleanup();
});

test("two controls of one kind ask for their module once", () => {
  const hosts = [new FakeHost(), new FakeHost()];
  for (const host of hosts) {
    host.module = "nothing-2";
    bootstrap.render({ model: host, el: document.createElement("div") });
  }
  expect(hosts.map((host) => host.sent.length)).toEqual([1, 0]);
});
