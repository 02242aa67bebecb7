// Holds the built packages against a directory of conformance data: node tools/conformance/run.mjs DIR [--failures N]
import { parseArgs } from 'node:util';
import { loadPackages } from './src/load-packages.mjs';
import { printFailure, printFigures } from './src/print-figures.mjs';
import { runDirectory } from './src/run-directory.mjs';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { failures: { type: 'string', default: '0' } } });
const [directory] = positionals;
if (directory === undefined) {
  process.stderr.write('usage: node tools/conformance/run.mjs DIR [--failures N]\n');
  process.exit(2);
}
const { pods, objects, tables } = await runDirectory(directory, await loadPackages());
const failures = [...pods.failures, ...objects.failures];
const lines = [...printFigures({ pods, objects, tables }), ...failures.slice(0, Number(values.failures)).flatMap(printFailure)];
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = failures.length === 0 && tables.every(({ failures }) => failures.length === 0) ? 0 : 1;
