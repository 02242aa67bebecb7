import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MEBIBYTE = 1 << 20;
/** A process that is kept busy for a while, and tells how large its space for young objects has become. */
const BUSY = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { limitYoungSpace } from ${JSON.stringify(new URL('./limit-young-space.ts', import.meta.url).href)};
  if (process.env.LIMITED) limitYoungSpace();
  const kept = [];
  for (let index = 0; index < 300_000; index += 1) kept[index % 20_000] = { index, text: 'x' + index };
  console.log(getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size);
`;
const youngSpace = async (env: Readonly<Record<string, string>>): Promise<number> => {
  const options = { cwd: fileURLToPath(new URL('.', import.meta.url)), env: { ...process.env, NODE_OPTIONS: '', ...env } };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@solo-kubelet/source', '--import', 'tsx', '--input-type=module', '-e', BUSY],
    options,
  );
  return Number(stdout);
};

it('keeps the space for young objects small, however busy the process is', async () => {
  expect(await youngSpace({})).toBeGreaterThan(12 * MEBIBYTE);
  expect(await youngSpace({ LIMITED: '1' })).toBeLessThan(8 * MEBIBYTE);
});
