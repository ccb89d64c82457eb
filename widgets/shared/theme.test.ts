import { expect, test } from "vitest";
import { isDark } from "./page";
import css from "./theme.css?raw";

/** Contrast by WCAG 2.2. */
function contrast(one: string, other: string): number {
  const luminance = (hex: string): number => {
    const full = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit).join("") : hex.slice(1);
    const [r, g, b] = [0, 2, 4].map((at) => {
      const value = parseInt(full.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high! + 0.05) / (low! + 0.05);
}

/** What a variable is in the light, or what it is in the dark, where that says anything of its own. */
function colour(name: string, dark: boolean): string {
  const written = (selector: string): string | undefined => {
    const rule = css.split("}").find((part) => part.includes(`${selector} {`));
    return new RegExp(`--tlnb-${name}:\\s*([^;]+);`).exec(rule ?? "")?.[1];
  };
  const value = (dark && written(".tlnb-control[data-dark]")) || written(".tlnb-control")!;
  const pair = /light-dark\((#\w+), (#\w+)\)/.exec(value);
  return pair ? pair[dark ? 2 : 1]! : value;
}

// JupyterLab's own layout colours as well as ours: a host's paper is under our ink.
const papers = { light: ["#ffffff", "#fff", "#eee"], dark: ["#111111", "#212121", "#181818", "#2c2c2c", "#424242"] };

test.each(["ink", "accent", "warn", "good"])("%s reads on every paper, in light and dark", (name) => {
  for (const paper of papers.light) expect(contrast(colour(name, false), paper)).toBeGreaterThanOrEqual(4.5);
  for (const paper of papers.dark) expect(contrast(colour(name, true), paper)).toBeGreaterThanOrEqual(4.5);
});

test("text on the accent reads", () => {
  for (const dark of [false, true]) expect(contrast(colour("on-accent", dark), colour("accent", dark))).toBeGreaterThanOrEqual(4.5);
});

test("every class and variable is ours, so that no host's style is touched", () => {
  const names = [...css.matchAll(/\.([a-z][\w-]*)|--([a-z][\w-]*)(?=:)/gi)].map(([, name, variable]) => name ?? variable!);
  expect(names.filter((name) => !name.startsWith("tlnb-"))).toEqual([]);
});

test("dark and light are told from each other by the paper itself", () => {
  expect([isDark("rgb(17, 17, 17)"), isDark("rgb(255, 255, 255)"), isDark("rgba(0, 0, 0, 0)")]).toEqual([true, false, false]);
});
