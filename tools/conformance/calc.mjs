// Answers questions about quantities, expansion and cgroups: reads `{"n", "op", ...}` a line, writes `{"n", ...}` a line.
import { createInterface } from 'node:readline';
import { answer } from './src/answer.mjs';
import { loadPodSpec } from './src/load-pod-spec.mjs';
import { parseJson, stringifyJson } from './src/lossless-json.mjs';

const podSpec = await loadPodSpec();

const reply = (line) => {
  try {
    const question = parseJson(line);
    return { n: question.n, ...answer(question, podSpec) };
  } catch (error) {
    return { error: error.message };
  }
};

for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
  if (line.trim() !== '') process.stdout.write(`${stringifyJson(reply(line))}\n`);
}
