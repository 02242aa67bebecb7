// Answers questions about quantities, expansion, cgroups, selectors and workloads: reads `{"n", "op", ...}` a line, writes `{"n", ...}` a line.
import { createInterface } from 'node:readline';
import { answer } from './src/answer.mjs';
import { loadPackages } from './src/load-packages.mjs';
import { parseJson, stringifyJson } from './src/lossless-json.mjs';

const packages = await loadPackages();

const reply = (line) => {
  try {
    const question = parseJson(line);
    return { n: question.n, ...answer(question, packages) };
  } catch (error) {
    return { error: error.message };
  }
};

for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
  if (line.trim() !== '') process.stdout.write(`${stringifyJson(reply(line))}\n`);
}
