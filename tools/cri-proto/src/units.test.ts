import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const UNIT = /\b(nanoseconds|microseconds|seconds|bytes|percent|billionths|weight)\b/i;
const HAS_UNIT = /^(timestamp|timeout|limit|size|total|avg\d+|\w+_at|\w*bytes|\w*nano\w*|cpu_(period|quota|shares|maximum))$/i;

it('every number of CRI that has a unit tells it', async () => {
  const lines = (await readFile(fileURLToPath(new URL('../proto/cri-v1.proto', import.meta.url)), 'utf8')).split('\n');
  const untold = lines.flatMap((line, index) => {
    const [, name = ''] = /^\s*(?:u?int64|UInt64Value|double) (\w+) = \d+/.exec(line) ?? [];
    return HAS_UNIT.test(name) && !UNIT.test(`${lines[index - 1]}${line}`) ? [`${index + 1}: ${line.trim()}`] : [];
  });
  expect(untold).toEqual([]);
});
