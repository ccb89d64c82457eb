// Bundles each control whole: anywidget loads a module from a blob, which cannot import its neighbours.
//   node build.mjs           writes ../tlnb/controls/static/<control>.js and .css
//   node build.mjs --out DIR writes there instead (CI compares them with those that are committed)
//   node build.mjs --watch   builds again at each change
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const asked = process.argv.indexOf("--out");
const outdir = asked > 0 ? process.argv[asked + 1] : join(here, "..", "tlnb", "controls", "static");

const controls = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(here, entry.name, "index.ts")))
  .map((entry) => ({ in: join(here, entry.name, "index.ts"), out: entry.name }));

const options = {
  entryPoints: [...controls, { in: join(here, "shared", "bootstrap.ts"), out: "bootstrap" }],
  outdir,
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  minify: true,
  charset: "utf8",
  legalComments: "none",
};

if (process.argv.includes("--watch")) {
  await (await esbuild.context({ ...options, logLevel: "info" })).watch();
} else {
  await esbuild.build(options);
}
