import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ignitionProblems } from './ignition-rules.js';

const example = readFileSync(new URL('../../../examples/provisioning/ignition/site.ign', import.meta.url), 'utf8');
const hasIgnition = spawnSync('ignition-validate', ['--version']).error === undefined;
/** What the validator of Ignition itself has to tell. */
const judge = (text: string): string => {
  const directory = mkdtempSync(join(tmpdir(), 'ignition-'));
  try {
    writeFileSync(join(directory, 'site.ign'), text);
    const { stdout, stderr } = spawnSync('ignition-validate', [join(directory, 'site.ign')], { encoding: 'utf8' });
    return `${stdout}${stderr}`;
  } finally {
    rmSync(directory, { recursive: true });
  }
};

it('takes the example, and so does Ignition', () => {
  expect(ignitionProblems(JSON.parse(example))).toEqual([]);
  if (!hasIgnition) return console.log('not judged by Ignition itself: ignition-validate is not installed (apt-get install ignition)');
  expect(judge(example)).toBe('');
});

it.each<[string, string | RegExp, string, string]>([
  ['a version of the future', '"3.3.0"', '"3.9.0"', '$.ignition.version: want 3.0.0 to 3.3.0'],
  ['a relative path', '"/etc/kubernetes/manifests"', '"etc/kubernetes"', '$.storage.directories.0.path: want an absolute path'],
  ['one path twice', '"/etc/kubernetes/kubelet.yaml"', '"/usr/local/bin/kubelet-cli"', '$.storage.files.1.path: it is there already'],
  ['a mode that is none', '"mode": 420', '"mode": 10000', '$.storage.files.1.mode: want a number of at most 4095'],
  ['a path in place of a URL', '"https://example.org/', '"/srv/', '$.storage.files.0.contents.source: want a URL'],
  ['a digest that is short', /sha512-0/, 'sha512-', '$.storage.files.0.contents.verification.hash: want sha512-HEX or sha256-HEX'],
  ['a field of another name', '"enabled"', '"enable"', '$.systemd.units.0.enable: there is no such field'],
  ['a unit of no kind', '"containerd.service"', '"containerd"', '$.systemd.units.0.name: want the name of a unit'],
  ['a unit that is enabled in vain', '[Install]\\nWantedBy', 'WantedBy', '$.systemd.units.1.contents: it is enabled and has no [Install]'],
])('objects to %s, and so does Ignition', (_what, from, to, problem) => {
  const text = example.replace(from, to);
  expect(text).not.toBe(example);
  expect(ignitionProblems(JSON.parse(text))).toEqual([problem]);
  if (hasIgnition) expect(judge(text)).toMatch(/^(error|warning) at \$\.|^couldn't parse config: /m);
});
