// Builds the extension: esbuild makes one module of our own sources, and JupyterLab's builder makes of it what its pages
// load, with nothing of JupyterLab's in it.
//   node build.mjs            writes ../../../tlnb/labextension
//   node build.mjs --out DIR  writes there instead (CI compares that with what is committed)
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const asked = process.argv.indexOf("--out");
const out = asked > 0 ? resolve(process.argv[asked + 1]) : join(here, "..", "..", "..", "tlnb", "labextension");
const folder = join(here, "build");
const about = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

rmSync(folder, { recursive: true, force: true });
await esbuild.build({
  entryPoints: [join(here, "src", "index.ts")],
  outfile: join(folder, "lib", "index.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  packages: "external",
});

// JupyterLab 4.2 has older versions of its packages than those that we are checked against: what we need is what we say.
const sharedPackages = Object.fromEntries(
  Object.entries(about.dependencies).map(([name, requiredVersion]) => [name, { requiredVersion, bundled: false, singleton: true }]),
);
// Numbers in order of use: by default they come from paths, and the same sources would give another file in each checkout.
writeFileSync(join(folder, "webpack.config.js"), 'module.exports = { optimization: { moduleIds: "natural" } };');
const webpackConfig = "./webpack.config.js";
const jupyterlab = { ...about.jupyterlab, outputDir: relative(folder, out), sharedPackages, webpackConfig };
cpSync(join(here, "schema"), join(folder, "schema"), { recursive: true });
writeFileSync(join(folder, "package.json"), JSON.stringify({ ...about, type: undefined, jupyterlab }, null, 2));
const require = createRequire(import.meta.url);
execFileSync(
  process.execPath,
  [
    require.resolve("@jupyter/builder/lib/build-labextension.js"),
    "--core-package-file",
    require.resolve("@jupyterlab/core-meta/core.package.json"),
    folder,
  ],
  { stdio: ["ignore", "inherit", "inherit"] },
);

// What is installed says what it is and where to load it from, and nothing of how it was built.
const { name, version, description, license } = about;
const { _build } = JSON.parse(readFileSync(join(out, "package.json"), "utf8")).jupyterlab;
const installed = { name, version, description, license, jupyterlab: { extension: true, schemaDir: "schema", _build } };
const text = `${JSON.stringify(installed, null, 2)}\n`;
for (const path of ["package.json", join("schemas", name, "package.json.orig")]) writeFileSync(join(out, path), text);
