import { expect, it } from 'vitest';
import { matchesLines, normaliseLines } from './printed.js';
import { readSections, SCRIPTED_VERSIONS } from './sections.js';
import { parseTranscript } from './transcript.js';

const TEXT = `# about
## One thing @containers

$ kubectl get x
> -o name
x/a
[1.20] ! old
[1.32] = 3

[1.20] $ kubectl old
gone with it
$~ kubectl later
`;

it('reads steps with what they print, for one version', () => {
  expect(parseTranscript(TEXT, '1.32')).toEqual([
    {
      name: 'One thing',
      marks: ['containers'],
      steps: [
        { line: 4, command: 'kubectl get x\n-o name', isPatient: false, stdout: ['x/a'], stderr: [], status: 3 },
        { line: 12, command: 'kubectl later', isPatient: true, stdout: [], stderr: [], status: 0 },
      ],
    },
  ]);
  expect(parseTranscript(TEXT, '1.20')[0]?.steps.map(({ stdout, stderr }) => [stdout, stderr])).toEqual([
    [['x/a'], ['old']],
    [['gone with it'], []],
    [[], []],
  ]);
});

it('refuses lines that belong to nothing', () => {
  expect(() => parseTranscript('## a\nb', '1.32')).toThrow('line 2');
  expect(() => parseTranscript('$ a', '1.32')).toThrow('before any section');
});

it('is a script of more than 200 commands for every version', async () => {
  for (const version of SCRIPTED_VERSIONS) {
    const steps = (await readSections(version)).flatMap((section) => section.steps);
    expect(steps.filter(({ command }) => command.includes('kubectl ')).length).toBeGreaterThan(300);
  }
});

it('compares without ids, times, ages and addresses', () => {
  const text = 'web-5d8d8ccd8f-x7x2k   1/1   Running   0 (3m2s ago)   47h   10.0.0.7\n\nonce-whpfg\tat 2026-11-30T12:00:00Z\n';
  expect(normaliseLines(text)).toEqual(['web-<hash>-<id>  1/1  Running  0 (<age> ago)  <age>  <ip>', 'once-<id>  at <time>']);
  expect(normaliseLines('box ready, boxes', { box: 'node1' })).toEqual(['node1 ready, boxes']);
  expect(normaliseLines('out-1  app.properties  kube-public  default/web')).toEqual(['out-1  app.properties  kube-public  default/web']);
});

it.each([
  [[], [], true],
  [[], ['a'], false],
  [['a'], ['a'], true],
  [['a'], ['b'], false],
  [['...'], [], true],
  [['...', 'c'], ['a', 'b', 'c'], true],
  [['a', '...'], ['a', 'b'], true],
  [['a', '...', 'd'], ['a', 'b', 'c'], false],
  [['/^a+$/'], ['aaa'], true],
  [['/^a+$/'], ['ab'], false],
])('%j for %j: %s', (wanted, lines, matches) => {
  expect(matchesLines(wanted, lines)).toBe(matches);
});
