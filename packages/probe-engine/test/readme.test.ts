import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';

const block = async (kind: string): Promise<string> => {
  const readme = await readFile(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');
  const found = new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
  if (found === undefined) throw new Error(`the README has no ${kind} block`);
  return found;
};

/** Runs a TypeScript module beside this test and returns what it printed. */
const run = async (name: string, text: string): Promise<readonly unknown[][]> => {
  const file = fileURLToPath(new URL(`./readme-${name}-${process.pid}.ts`, import.meta.url));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await writeFile(file, text);
  try {
    await import(file);
    return log.mock.calls;
  } finally {
    log.mockRestore();
    await rm(file, { force: true });
  }
};

it('the example of the README runs', async () => {
  expect(await run('example', await block('ts run'))).toEqual([['default/web', 'readiness', 'success']]);
});

it('the plugin of the README works', async () => {
  const root = await mkdtemp(join(tmpdir(), 'readme-plugin-'));
  const redis = createServer((socket) => socket.on('data', () => socket.end('+PONG\r\n')));
  await new Promise<void>((resolve) => redis.listen(0, '127.0.0.1', resolve));
  const pluginFile = join(root, 'probe-redis.mjs');
  await writeFile(pluginFile, await block('js plugin'));
  const { port } = redis.address() as AddressInfo;
  const example = (await block('ts try')).replace('process.argv.slice(2)', JSON.stringify([pluginFile, String(port)]));
  try {
    expect(await run('plugin', example)).toEqual([[{ result: 'success', output: '' }]]);
    expect(await run('refused', example.replace('{ port: Number(port) }', '{}'))).toEqual([
      [{ result: 'unknown', output: 'redis needs a port' }],
    ]);
  } finally {
    redis.close();
    await rm(root, { recursive: true, force: true });
  }
});
