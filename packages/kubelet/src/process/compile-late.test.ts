import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Calls a function until V8 says that TurboFan has compiled it (bit 6 of its status), and tells how often it was called. */
const BUSY = `
  import { compileLate } from ${JSON.stringify(new URL('./compile-late.ts', import.meta.url).href)};
  if (process.env.LATE) compileLate(process.env.LATE);
  const small = new Function('number', 'let sum = 0; for (const each of [1, 2, 3]) sum += each * number; return sum');
  // Not inlined into a caller that is optimised itself.
  const callOften = new Function('small', '%NeverOptimizeFunction(this.callOften); for (let index = 0; index < 1000; index += 1) small(index)');
  const own = { callOften };
  const statusOf = new Function('small', 'return %GetOptimizationStatus(small)');
  let calls = 0;
  while ((statusOf(small) & 64) === 0 && calls < 5_000_000) {
    own.callOften(small);
    calls += 1_000;
    await new Promise(setImmediate);
  }
  console.log(calls);
`;
const callsUntilOptimised = async (env: Readonly<Record<string, string>>): Promise<number> => {
  const options = { cwd: fileURLToPath(new URL('.', import.meta.url)), env: { ...process.env, NODE_OPTIONS: '', ...env } };
  // Optimised where it is asked for: a thread of V8's own would be waited for by calls, and on a busy machine by many.
  const flags = [
    '--allow-natives-syntax',
    '--no-concurrent-recompilation',
    '--conditions=@solo-kubelet/source',
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    BUSY,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, flags, options);
  return Number(stdout);
};

const { v8 } = process.versions;
const knowsBudget = Number.parseInt(v8, 10) < 12;

it.skipIf(!knowsBudget)(
  `leaves a function unoptimised for longer, and optimises one that is called all the time${knowsBudget ? '' : `: V8 ${v8} counts calls`}`,
  async () => {
    const [before, after] = await Promise.all([callsUntilOptimised({}), callsUntilOptimised({ LATE: v8 })]);
    expect(after).toBeGreaterThan(2 * before);
    expect(after).toBeLessThan(5_000_000);
  },
  60_000,
);

it('is silent on this V8', async () => {
  const code = `import { compileLate } from ${JSON.stringify(new URL('./compile-late.ts', import.meta.url).href)}; compileLate();`;
  const options = { cwd: fileURLToPath(new URL('.', import.meta.url)) };
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@solo-kubelet/source', '--import', 'tsx', '--input-type=module', '-e', code],
    options,
  );
  expect([stdout, stderr]).toEqual(['', '']);
}, 60_000);
