import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainNetwork, type RuntimeNetworkStatus } from './explain-network.js';

let root: string;
let confDir: string;
let pluginDir: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cni-explain-'));
  [confDir, pluginDir] = [join(root, 'net.d'), join(root, 'bin')];
  await Promise.all([mkdir(confDir), mkdir(pluginDir)]);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const conflist = (name: string, type: string) =>
  writeFile(join(confDir, name), JSON.stringify({ cniVersion: '1.1.0', name: 'pods', plugins: [{ type }] }));
const plugin = async (type: string, versions: readonly string[], status = '') => {
  const path = join(pluginDir, type);
  await writeFile(
    path,
    `#!/bin/sh\ncase $CNI_COMMAND in VERSION) echo '${JSON.stringify({ cniVersion: '1.1.0', supportedVersions: versions })}';; STATUS) ${status || ':'};; esac\n`,
  );
  await chmod(path, 0o755);
};
const notReady: RuntimeNetworkStatus = {
  networkReady: false,
  reason: 'NetworkPluginNotReady',
  message: 'cni plugin not initialized',
  runtimeName: 'containerd',
};
const explain = (runtimeStatus?: RuntimeNetworkStatus) => explainNetwork({ confDir, pluginDirs: [pluginDir], runtimeStatus });

describe('explainNetwork', () => {
  it('a missing directory, and how to fill it', async () => {
    await rm(confDir, { recursive: true });
    expect(await explain(notReady)).toMatchObject({
      ready: false,
      findings: [{ problem: 'noConfDir', fix: expect.stringContaining(`mkdir -p ${confDir}`) }],
    });
  });

  it('an empty directory', async () => {
    expect(await explain(notReady)).toMatchObject({ findings: [{ problem: 'noNetwork' }] });
  });

  it('an invalid file that comes first, for containerd', async () => {
    await writeFile(join(confDir, '00-bad.conf'), '{"name":');
    await conflist('10.conflist', 'good');
    await plugin('good', ['1.1.0']);
    expect(await explain(notReady)).toMatchObject({
      findings: [{ problem: 'invalidNetwork', message: expect.stringContaining('00-bad.conf:1:9') }],
    });
    expect(await explain({ ...notReady, networkReady: true, runtimeName: 'cri-o' })).toEqual({
      ready: true,
      network: 'pods',
      findings: [],
    });
  });

  it('a missing plugin, and where it lies instead', async () => {
    await conflist('10.conflist', 'no-such-plugin');
    expect(await explain(notReady)).toMatchObject({
      network: 'pods',
      findings: [
        { problem: 'pluginMissing', message: expect.stringContaining('no-such-plugin'), fix: expect.stringContaining('apt-get install') },
      ],
    });
  });

  it('a plugin that does not speak the version', async () => {
    await conflist('10.conflist', 'old');
    await plugin('old', ['0.4.0', '1.0.0']);
    expect(await explain(notReady)).toMatchObject({
      findings: [{ problem: 'pluginVersion', fix: expect.stringContaining('"cniVersion": "1.0.0"') }],
    });
  });

  it('a plugin that says it can not serve', async () => {
    await conflist('10.conflist', 'sick');
    await plugin('sick', ['1.1.0'], `echo '{"code":50,"msg":"no daemon"}'; exit 1`);
    expect(await explain()).toMatchObject({
      ready: false,
      findings: [{ problem: 'pluginStatus', message: expect.stringContaining('no daemon') }],
    });
  });

  it('a runtime that did not notice', async () => {
    await conflist('10.conflist', 'good');
    await plugin('good', ['1.1.0']);
    expect(await explain(notReady)).toMatchObject({
      ready: false,
      findings: [
        {
          problem: 'runtimeDisagrees',
          message: expect.stringContaining('cni plugin not initialized'),
          fix: expect.stringContaining('systemctl restart containerd'),
        },
      ],
    });
    expect(await explain({ networkReady: true })).toEqual({ ready: true, network: 'pods', findings: [] });
  });
});
