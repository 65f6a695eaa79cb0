// Loads the quick program: the commands that only read files, in one file, with what V8 compiled of it when the project
// was built (dist/bundle/cli/quick.cjs; src/cli/quick.ts). Loading takes a quarter of the time of the whole program's.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

const program = join(__dirname, '..', 'dist', 'bundle', 'cli', 'quick.cjs');

/** What V8 compiled is good for this version of Node on this processor only. */
const compiledFile = program.replace(/cjs$/, `${process.version}-${process.arch}.compiled`);

/** @param {Buffer} [compiled] what V8 compiled before; `cachedDataRejected` of the script says whether it was any good */
function scriptOf(compiled) {
  // As Node wraps CommonJS modules. The bundle is ASCII, whatever is in its strings.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(program, 'latin1')}\n})`;
  return new Script(source, { filename: program, ...(compiled && { cachedData: compiled }) });
}

/** What the program exports. */
function run(script) {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(program), module, program, dirname(program));
  return module.exports;
}

/** The quick program; undefined where it was not compiled for this Node: then the whole program loads faster. */
function loadQuick() {
  let compiled;
  try {
    compiled = readFileSync(compiledFile);
  } catch {
    return undefined;
  }
  const script = scriptOf(compiled);
  return script.cachedDataRejected ? undefined : run(script).quick;
}

module.exports = { compiledFile, scriptOf, run, loadQuick };
