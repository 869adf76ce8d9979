// Writes bundle.js and bundle.js.gz into the folder that is named: the same bytes each time.
import { buildSync } from "esbuild";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const folder = process.argv[2] ?? ".";
const { outputFiles } = buildSync({
  entryPoints: ["entry.js"],
  bundle: true,
  minify: true,
  format: "iife",
  platform: "browser",
  target: "es2015",
  legalComments: "none",
  banner: { js: "// @license MIT. With @stablelib 2.0.1, (c) Dmitry Chestnykh, MIT: https://github.com/StableLib/stablelib" },
  charset: "ascii",
  write: false,
});
const bundle = outputFiles[0].contents;
writeFileSync(`${folder}/bundle.js`, bundle);
writeFileSync(`${folder}/bundle.js.gz`, gzipSync(bundle, { level: 9 }));
