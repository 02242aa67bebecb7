import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, open, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ReadContainerLogOptions, readContainerLog } from '../src/logs/read-container-log.js';

const FACTOR = Number(process.env['ATTACK_FACTOR'] ?? 1);
const MEBIBYTE = 1 << 20;
/** Nothing that is read may take longer, ms of processor time. */
const MAX_MS = 1_000;

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hostile-log-'));
  path = join(directory, '0.log');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
const readAll = async (options: Partial<ReadContainerLogOptions> = {}): Promise<string> => {
  const chunks: string[] = [];
  for await (const chunk of readContainerLog({ path, ...options })) chunks.push(chunk.toString('latin1'));
  return chunks.join('');
};
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** What is there once garbage is collected. */
const heldBytes = (): number => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
/** Of what cannot be kept: how much it is, and the most that is held while it is read. */
const countAll = async (options: Partial<ReadContainerLogOptions> = {}): Promise<{ readonly bytes: number; readonly held: number }> => {
  const before = heldBytes();
  let [bytes, held, chunks] = [0, 0, 0];
  for await (const chunk of readContainerLog({ path, ...options })) {
    bytes += chunk.length;
    chunks += 1;
    if (chunks % 100 === 0) held = Math.max(held, heldBytes() - before);
  }
  return { bytes, held };
};

/** The plainest reading of what a log means, line by line; bytes are latin1. */
const model = (
  text: string,
  { tailLines, stream, sinceMs, timestamps = false }: Pick<ReadContainerLogOptions, 'tailLines' | 'stream' | 'sinceMs' | 'timestamps'>,
): string => {
  const parse = (line: string) => {
    // A stream is told by one letter of its name, which every runtime writes the same.
    const [, time = '', letter = '', tag = '', content = ''] =
      /^([^ ]+) [\s\S]{3}([oe])[\s\S]{2} ([PF])[^ ]*(?: ([\s\S]*))?$/.exec(line) ?? [];
    return time === '' ? undefined : { time, stream: letter === 'o' ? 'stdout' : 'stderr', partial: tag === 'P', content };
  };
  let lines = text.split('\n').slice(0, -1);
  if (tailLines !== undefined) {
    let [from, left] = [lines.length, tailLines];
    for (let at = lines.length - 1; at >= 0 && left > 0; at -= 1) {
      if (stream !== undefined && parse(lines[at] ?? '')?.stream !== stream) continue;
      [from, left] = [at, left - 1];
    }
    lines = lines.slice(from);
  }
  let out = '';
  let atPieceOf: string | undefined;
  const open = new Map<string, boolean>();
  for (const line of lines) {
    const parsed = parse(line);
    if (parsed === undefined || (stream !== undefined && parsed.stream !== stream)) continue;
    const dropped = open.get(parsed.stream) ?? (sinceMs !== undefined && Date.parse(parsed.time) < sinceMs);
    if (parsed.partial) open.set(parsed.stream, dropped);
    else open.delete(parsed.stream);
    if (dropped) continue;
    if (atPieceOf !== undefined && atPieceOf !== parsed.stream) out += '\n';
    if (timestamps && atPieceOf !== parsed.stream) out += `${fullTime(parsed.time)} `;
    out += parsed.content + (parsed.partial ? '' : '\n');
    atPieceOf = parsed.partial ? parsed.stream : undefined;
  }
  return out;
};
const fullTime = (time: string): string => {
  const [, begin = '', fraction = '', zone = ''] = /^([^\n]*:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time) ?? [];
  return begin === '' ? time : `${begin}.${fraction.padEnd(9, '0').slice(0, 9)}${zone}`;
};

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array).toString('latin1'));
const time = fc.oneof(
  fc.constantFrom(
    ...['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.5+02:00', '1970-01-01T00:00:00Z', '', '0', 'Z'],
    ...['2026-99-99T99:99:99Z', '+275761-01-01T00:00:00Z', ':00.:00.1Z', '\0', '05.'.repeat(60)],
  ),
  bytes(30),
);
const record = fc
  .tuple(
    time,
    fc.constantFrom('stdout', 'stderr', 'stdin', 'STDOUT', 'xxxoxx', 'stdout ', ''),
    fc.constantFrom('F', 'P', 'P', 'X', '', 'F:tag', 'P:a:b', 'FF'),
    fc.oneof(bytes(60), fc.constantFrom('', ' ', '\r', 'x'.repeat(5_000), '\x1b[31m', 'stdout F x')),
    fc.constantFrom('\n', '\n', '\n', '\n', '', '\r\n', '\n\n'),
  )
  .map(([at, stream, tag, content, end]) => `${at} ${stream} ${tag} ${content}${end}`);
const logText = fc
  .array(fc.oneof({ arbitrary: record, weight: 8 }, { arbitrary: bytes(200), weight: 1 }), { maxLength: 40 })
  .map((all) => all.join(''));
const wanted = fc.record(
  {
    tailLines: fc.nat({ max: 12 }),
    stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    sinceMs: fc.constantFrom(0, Date.parse('2026-01-02T00:00:00Z'), Number.MAX_SAFE_INTEGER),
    timestamps: fc.boolean(),
  },
  { requiredKeys: [] },
);

it('logs of any bytes, cut anywhere into rotated files, packed or not, read as line by line', async () => {
  await fc.assert(
    fc.asyncProperty(logText, wanted, fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 3 }), async (text, options, cuts) => {
      await rm(directory, { recursive: true });
      await mkdir(directory);
      // Runtimes end a file behind a line.
      const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);
      const places = [...new Set(cuts.flatMap(([at]) => (ends.length === 0 ? [] : [ends[at % ends.length] ?? 0])))].sort((a, b) => a - b);
      let from = 0;
      for (const [index, to] of places.entries()) {
        const name = `${path}.2026010${index + 1}-000000`;
        const part = Buffer.from(text.slice(from, to), 'latin1');
        await (cuts[index]?.[1] ? writeFile(`${name}.gz`, gzipSync(part)) : writeFile(name, part));
        from = to;
      }
      await writeFile(path, text.slice(from), 'latin1');
      expect(await readAll(options)).toBe(model(text, options));
    }),
    { numRuns: 120 * FACTOR },
  );
});

it('a log that is written, cut and rotated while it is followed is given once and whole', { timeout: 60_000 * FACTOR }, async () => {
  const step = fc.oneof(
    { arbitrary: logText.map((text) => ({ type: 'write' as const, text })), weight: 6 },
    { arbitrary: fc.constant({ type: 'rotate' as const }), weight: 1 },
    { arbitrary: fc.constant({ type: 'pack' as const }), weight: 1 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      await rm(directory, { recursive: true });
      await mkdir(directory);
      await writeFile(path, '');
      let [whole, rotations, isOver] = ['', 0, false];
      const reading = readAll({ follow: true, isRunning: async () => !isOver });
      for (const one of steps) {
        if (one.type === 'write') {
          await appendFile(path, one.text, 'latin1');
          whole += one.text;
        } else if (one.type === 'rotate' && (whole === '' || whole.endsWith('\n'))) {
          rotations += 1;
          await rename(path, `${path}.20260101-0000${String(rotations).padStart(2, '0')}`);
          await writeFile(path, '');
        } else if (one.type === 'pack' && rotations > 1) {
          // As rotation packs: all but the newest of the rotated.
          const name = `${path}.20260101-0000${String(rotations - 1).padStart(2, '0')}`;
          await execQuietly('gzip', '-q', name);
        }
      }
      isOver = true;
      await appendFile(path, '');
      expect(await reading).toBe(model(whole, {}));
    }),
    { numRuns: 10 * FACTOR },
  );
});

const execQuietly = async (program: string, ...args: readonly string[]): Promise<void> => {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
  } catch {
    // Packed already.
  }
};

const intruders: readonly (readonly [string, (at: string) => unknown])[] = [
  ['a FIFO', (at) => void execFileSync('mkfifo', [at])],
  ['a directory', (at) => mkdir(at)],
  ['a link to a secret', (at) => symlink('/etc/shadow', at)],
  ['a link to itself', (at) => symlink(at, at)],
  ['nothing', () => undefined],
];
it.each(intruders)(
  '%s in the place of a log that is followed ends the reading or is passed over, and shows nothing',
  async (_what, put) => {
    await writeFile(path, '2026-01-02T03:04:05Z stdout F first\n');
    let isOver = false;
    let text = '';
    const read = async (): Promise<void> => {
      for await (const chunk of readContainerLog({ path, follow: true, isRunning: async () => !isOver })) text += chunk.toString();
    };
    const reading = read();
    await rename(path, join(directory, 'elsewhere'));
    await put(path);
    isOver = true;
    const outcome = await reading.then(
      () => 'ended',
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
    expect(['ended', 'EFTYPE', 'ELOOP', 'ENOENT']).toContain(outcome);
    expect('first\n'.startsWith(text)).toBe(true);
  },
);

it('packed files that are cut off, garbage or bombs are an error or their lines, in bounded memory', {
  timeout: 120_000 * FACTOR,
}, async () => {
  // Of many parts, as gzip allows, so that it is nowhere whole.
  const part = gzipSync(Buffer.alloc(MEBIBYTE, 'x'), { level: 9 });
  const bomb = Buffer.concat([...Array.from({ length: 80 }, () => part), gzipSync('\n')]);
  const good = gzipSync(Buffer.from('2026-01-02T03:04:05Z stdout F packed\n'));
  const packed = fc.oneof(
    fc.nat(good.length).map((length) => good.subarray(0, length)),
    fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, value]) => Buffer.from(good.with(at, value))),
    fc.uint8Array({ maxLength: 50 }).map((more) => Buffer.concat([good, more])),
    fc.uint8Array({ maxLength: 50 }).map((all) => Buffer.from(all)),
  );
  await writeFile(path, '2026-01-02T03:04:05Z stdout F current\n');
  const read = async (content: Uint8Array, options: Partial<ReadContainerLogOptions>): Promise<string> => {
    await writeFile(`${path}.20260101-000000.gz`, content);
    return readAll(options).catch((error: unknown) => String((error as NodeJS.ErrnoException).code));
  };
  await fc.assert(
    fc.asyncProperty(packed, fc.constantFrom({}, { tailLines: 5 }), async (content, options) => {
      expect(await read(content, options)).toMatch(/^(Z_[A-Z_]+|(packed\n)?[\s\S]*current\n)$/);
    }),
    { numRuns: 60 * FACTOR },
  );
  // A line without a head is none, however long it is.
  for (const options of [{}, { tailLines: 5 }]) expect(await read(bomb, options)).toBe('current\n');
});

it.each([
  ['one line without an end', (index: number) => (index === 0 ? '2026-01-02T03:04:05Z stdout F ' : '')],
  ['pieces without an end', () => '\n2026-01-02T03:04:05Z stdout P '],
  ['no records', () => ''],
  ['a time that is as long', (index: number) => (index === 0 ? '' : ':00.1')],
] as const)('%s, of 80 MiB, costs little memory and no turn of a second', { timeout: 120_000 * FACTOR }, async (_what, head) => {
  const file = await open(path, 'w');
  const filling = Buffer.alloc(256 * 1024, 'x');
  for (let index = 0; index < 320; index += 1) {
    await file.write(head(index));
    await file.write(filling);
  }
  await file.close();
  let [longestMs, lastMs] = [0, processorMs()];
  const turns = setInterval(() => {
    longestMs = Math.max(longestMs, processorMs() - lastMs);
    lastMs = processorMs();
  }, 5);
  for (const options of [{ timestamps: true }, { tailLines: 3, stream: 'stderr' as const }]) {
    const { bytes, held } = await countAll(options);
    expect(bytes).toBeLessThan(82 * MEBIBYTE);
    expect(held).toBeLessThan(60 * MEBIBYTE);
  }
  clearInterval(turns);
  expect(longestMs).toBeLessThan(MAX_MS);
});
