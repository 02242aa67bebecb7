import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parsePod } from '../../../packages/pod-spec/src/parse/parse-pod.js';
import { sampleManifests } from '../../../packages/pod-spec/test/sample-manifests.js';
import { type Figure, report, spread } from './figures.js';

const built = fileURLToPath(new URL('../../../packages/pod-spec/dist/index.js', import.meta.url));
const manifest = sampleManifests[0]!;
const files = 1_000;
const figures: Figure[] = [];
const directory = mkdtempSync(join(tmpdir(), 'pod-spec-bench-'));

const milliseconds = (work: () => void): number => {
  const started = performance.now();
  work();
  return performance.now() - started;
};

/** Reads every manifest of a directory and says how many were sound. */
const readDirectory = `
  import { readdirSync, readFileSync } from 'node:fs';
  const { parseManifest } = await import(process.argv[1]);
  let sound = 0;
  for (const name of readdirSync(process.argv[2])) {
    const { documents } = parseManifest(readFileSync(process.argv[2] + '/' + name), { path: name, nodeName: 'node1' });
    sound += documents.filter(({ result }) => result.ok).length;
  }
  process.stdout.write(String(sound));
`;

beforeAll(() => {
  for (let i = 0; i < files; i += 1) writeFileSync(join(directory, `${i}.yaml`), manifest.replace('name: web', `name: web-${i}`));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
  process.stdout.write(report(figures));
});

it('decodes, defaults and validates a manifest, warm', () => {
  const options = { path: 'web.yaml', nodeName: 'node1' };
  const parse = (): void => void expect(parsePod(manifest, options).ok).toBe(true);
  for (let i = 0; i < 1_000; i += 1) parse();
  const times = Array.from({ length: 1_000 }, () => milliseconds(() => parsePod(manifest, options)));
  figures.push({ name: 'manifest of 4 containers, warm', unit: 'ms', spread: spread(times), goal: 'under 2 ms' });
});

it.skipIf(!existsSync(built))(
  'reads a directory of 1,000 manifests, process start included (needs the built package)',
  { timeout: 120_000 },
  () => {
    const run = (): string =>
      execFileSync(process.execPath, ['--input-type=module', '-e', readDirectory, built, directory], { encoding: 'utf8', timeout: 60_000 });
    const times = Array.from({ length: 5 }, () => milliseconds(() => expect(run()).toBe(String(files))));
    figures.push({ name: '1,000 manifests, cold', unit: 'ms', spread: spread(times), goal: 'under 2,000 ms' });
  },
);
