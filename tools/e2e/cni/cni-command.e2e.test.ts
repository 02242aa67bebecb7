import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containerdOfRelease } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { runCniCommand } from '../../../packages/kubelet-cli/src/cni/run-cni-command.js';
import { createLab, labFault, run } from './lab.js';

const fault = await labFault();
if (fault !== undefined) console.warn(`kubelet-cli cni exec is not tested: ${fault}`);

it.skipIf(fault !== undefined)('kubelet-cli cni exec runs a program in a fresh attached namespace and leaves none behind', async () => {
  await using lab = await createLab((await containerdOfRelease('1.6')).cniPluginDirectory);
  const confDir = join(lab.root, 'net.d');
  await mkdir(confDir);
  const plugins = [{ type: 'bridge', bridge: 'labbr0', ipam: { type: 'host-local', dataDir: lab.dataDir, subnet: '10.251.44.0/28' } }];
  await writeFile(join(confDir, '10-lab.conflist'), JSON.stringify({ cniVersion: '1.0.0', name: 'lab', plugins }));
  const before = await run('ip', 'netns');
  const printed: string[] = [];
  const exec = (...program: readonly string[]) =>
    runCniCommand(['exec', 'lab', '--conf-dir', confDir, '--plugin-dir', lab.pluginDir, '--cache-dir', lab.cacheDir, '--', ...program], {
      stdout: { write: (text) => printed.push(text) },
      stderr: { write: (text) => printed.push(text) },
      env: process.env,
    });

  expect(await exec('ip', '-o', '-4', 'address', 'show', 'eth0')).toBe(0);
  expect(printed.join('')).toContain('10.251.44.2/28');
  expect(await exec('sh', '-c', 'exit 7')).toBe(7);
  expect(await run('ip', 'netns')).toBe(before);
  expect(await lab.host.run('ip', '-o', 'link', 'show', 'master', 'labbr0')).toBe('');
});
