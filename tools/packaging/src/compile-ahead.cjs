// Runs the program with a Pod on a runtime in memory until the Pod has run, and writes down what V8 has compiled by then:
// node compile-ahead.cjs PROGRAM COMPILED MANIFESTS
// The functions that a start needs are among it, which they are not where a script is compiled and never run.
const { readFileSync, writeFileSync } = require('node:fs');
const { Script, constants } = require('node:vm');
const v8 = require('node:v8');

const [path, compiled, manifests] = process.argv.slice(2);
const script = new Script(readFileSync(path, 'latin1'), {
  filename: path,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
// What is compiled under other flags than those of a fresh process is refused by it.
v8.setFlagsFromString = () => {};
// One of these flags gives it.
globalThis.gc = () => {};
process.argv.splice(1, Number.POSITIVE_INFINITY, 'kubelet-cli', 'up', '--runtime', 'memory', '--kube-api', 'off', manifests);
let shown = '';
const { write } = process.stdout;
process.stdout.write = (chunk, ...rest) => {
  shown += chunk;
  if (/\d\/1 +(Running|Completed)/.test(shown)) {
    shown = '';
    process.kill(process.pid, 'SIGINT');
  }
  return write.call(process.stdout, chunk, ...rest);
};
process.once('exit', () => writeFileSync(compiled, script.createCachedData()));
script.runInThisContext()(exports, require, module, __filename, __dirname);
