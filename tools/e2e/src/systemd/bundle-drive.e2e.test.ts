import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kubeletBinary, lacksSystemdBed, type SystemdBed, startSystemdBed } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleDrivePlan, DRIVE_UNIT_PATH } from '../../../../packages/standalone-node/src/install/bundle-drive-plan.js';

const missing = ['ssh-keygen', 'mkfs.ext4', 'losetup'].find((program) => spawnSync(program, ['--help']).error !== undefined);
const lacking = lacksSystemdBed() ?? (missing === undefined ? undefined : `${missing} is not installed`);
const OFFER = '/var/lib/kubelet/manifests/sources/site';

describe.skipIf(lacking !== undefined)(`the unit of a drive with a bundle${lacking === undefined ? '' : `: ${lacking}`}`, () => {
  let bed: SystemdBed;
  /** Of the loop device that the drive is, such as `loop3`. */
  let drive = '';
  let service = '';
  beforeAll(async () => {
    bed = await startSystemdBed();
    const cli = (...args: readonly string[]) => execFileSync(process.execPath, [kubeletBinary, ...args], { cwd: bed.directory });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(bed.directory, 'key')]);
    for (const name of ['manifests', 'stick']) await mkdir(join(bed.directory, name));
    // An image would need a runtime.
    await writeFile(join(bed.directory, 'manifests/node.json'), JSON.stringify(configMap));
    cli('bundle', 'create', 'manifests', '-o', 'stick/site.tar', '--revision', '7', '--key', 'key');
    const image = join(bed.directory, 'stick.img');
    execFileSync('mkfs.ext4', ['-q', '-L', 'SITE-BUNDLE', '-d', join(bed.directory, 'stick'), image, '4M']);
    const device = execFileSync('losetup', ['--find', '--show', '--read-only', image]).toString().trim();
    drive = device.replace('/dev/', '');
    service = `solo-kubelet-bundle@${drive}.service`;
    // No udev runs in there, which makes device files, and the units that they are.
    await bed.run('mknod', device, 'b', '7', drive.replace('loop', ''));
    const steps = bundleDrivePlan('SITE-BUNDLE', { root: '/', nodeBinary: process.execPath, program: kubeletBinary });
    const unit = steps.flatMap((step) => (step.type === 'file' && step.path === DRIVE_UNIT_PATH ? [step.text] : [])).join('');
    await put(DRIVE_UNIT_PATH, unit.replace(/^BindsTo=.*\n/m, ''));
    await bed.run('systemctl', 'daemon-reload');
  });
  afterAll(async () => {
    await bed?.[Symbol.asyncDispose]();
    if (drive !== '') execFileSync('losetup', ['--detach', `/dev/${drive}`]);
  });

  /** Writes a file inside the bed. */
  const put = async (path: string, input: string): Promise<void> => {
    await bed.runWith({ input }, 'sh', '-c', 'mkdir -p -- "$(dirname -- "$1")"; cat > "$1"', 'sh', path);
  };
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'site' }, data: { shop: 'one' } };
  const insert = async () => {
    const { status } = await bed.runWith({ timeoutMs: 100_000 }, 'systemctl', 'start', service);
    const { stdout: journal } = await bed.run('journalctl', '--output=cat', '--no-pager', '--unit', service);
    // Whatever became of it, nothing of the drive stays.
    expect((await bed.run('cat', '/proc/mounts')).stdout).not.toContain(drive);
    expect((await bed.run('ls', '/run/solo-kubelet-bundle')).stdout).toBe('');
    return { status, journal };
  };

  it('fails where nobody has said whose bundles are taken, and changes nothing', async () => {
    const { status, journal } = await insert();
    expect([status, journal]).toEqual([1, expect.stringContaining('there is no source in /etc/kubernetes/sources.d')]);
    expect((await bed.run('ls', OFFER)).status).not.toBe(0);
  });

  it('applies the only bundle on it', async () => {
    const key = (await readFile(join(bed.directory, 'key.pub'), 'utf8')).trim();
    const spec = { url: 'bundle:', verification: { keys: [key] } };
    const source = { apiVersion: 'solo-kubelet.dev/v1alpha1', kind: 'ManifestSource', metadata: { name: 'site' }, spec };
    await put('/etc/kubernetes/sources.d/site.yaml', JSON.stringify(source));
    const { status, journal } = await insert();
    expect([status, journal]).toEqual([0, expect.stringContaining('source/site takes it when the kubelet starts: none answers now')]);
    expect((await bed.run('ls', OFFER)).stdout).not.toBe('');
  });
});
