import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketServer, S3_ACCOUNT } from '../../../packages/verified-source/test/real-places.js';
import { createFleet, digestOf, example, type Fleet, helloPod, publishPackages } from './fleet.js';
import { FLEET_ADDRESS, type FleetServer, startFleetServer } from './fleet-server.js';
import type { Machine } from './machine.js';
import { startOfflineMachine } from './offline-machine.js';
import { patient } from './patience.js';
import { machineDirectory, skipped, suite, title } from './prepared-machine.js';

const NEEDED = ['parted', 'partx', 'losetup', 'genisoimage', 'minisign', 'openssl'];
const missing = NEEDED.filter((program) => spawnSync('sh', ['-c', 'command -v "$0"', program]).status !== 0);
/** Commands reach these machines by a unit that systemd 256 and newer take from the firmware. */
const lacking =
  suite === 'bookworm'
    ? 'needs systemd 256, of trixie'
    : missing.length > 0
      ? `not installed: ${missing.join(', ')} (apt-get install parted genisoimage minisign openssl)`
      : undefined;
const isSkipped = skipped || lacking !== undefined;
const of = (what: string): string => title(`: ${what}${lacking === undefined ? '' : `: ${lacking}`}`);
const LONG = { timeout: patient(30 * 60_000) };
const LIMIT = { timeoutMs: patient(20 * 60_000), intervalMs: 10_000 };

/** Short: sockets lie in it. */
const directory = join(machineDirectory, 'prov');
const at = (name: string): string => join(directory, name);
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

let fleet: Fleet;
let server: FleetServer;
beforeAll(async () => {
  if (isSkipped) return;
  mkdirSync(directory, { recursive: true });
  fleet = await createFleet(at('laptop'));
  server = await startFleetServer(fleet.www, at('laptop'));
});
afterAll(() => server?.[Symbol.asyncDispose]());

const untilSays = (machine: Machine, version: string, pod = 'hello'): Promise<boolean> =>
  waitFor(
    async () => {
      const { stdout } = await machine.run(`kubelet-cli get pods; kubelet-cli logs ${pod}`);
      return new RegExp(`^(default +)?${pod}-\\S+ +1/1 +Running `, 'm').test(stdout) && stdout.includes(`version ${version}\n`);
    },
    { what: `the Pod ${pod} of version ${version}`, ...LIMIT },
  );
const drive = (file: string, more = ''): readonly string[] => ['-drive', `file=${file},format=raw,if=virtio,cache=unsafe${more}`];
const kernel = (name: string, more = ''): readonly string[] => [
  ...['-kernel', at(`${name}.vmlinuz`), '-initrd', at(`${name}.initrd`)],
  ...['-append', `root=/dev/vda rw console=ttyS0 net.ifnames=0 mitigations=off ${more}`],
];
/** Ends a machine whose start may have failed. */
const end = (machine: Machine | undefined) => machine?.[Symbol.asyncDispose]();

describe.skipIf(isSkipped)(of('a golden image on a box without any network'), LONG, () => {
  let machine: Machine;
  beforeAll(async () => {
    fleet.bundle('one', at('site.tar'));
    const given = ['--deb', fleet.deb, '--key', fleet.publicKey, '--bundle', at('site.tar'), '--suite', suite];
    const golden = fileURLToPath(new URL('../../../examples/provisioning/golden-image.sh', import.meta.url));
    execFileSync(golden, [...given, at('box.img')], { stdio: ['ignore', 'ignore', 'pipe'], timeout: patient(30 * 60_000) });
    machine = await startOfflineMachine({ directory, hardware: [...drive(at('box.img')), '-nic', 'none'] });
  });
  afterAll(() => end(machine));

  it('runs the Pods of its bundle at the first boot', async () => {
    expect((await machine.run('ls -d /sys/class/net/*/device')).stdout).toBe('');
    await untilSays(machine, 'one');
    // The command tells what the kubelet answered; the file goes after that.
    const isApplied = async (): Promise<boolean> => (await machine.must('ls /var/lib/solo-kubelet-bundle')) === '';
    await waitFor(isApplied, { what: 'the end of the bundle', ...LIMIT });
    expect(await machine.must('kubelet-cli sources')).toMatch(/^site +Ready +\d+ +minisign /m);
    expect(await machine.must('kubelet-cli images list')).toContain('localhost/solo-kubelet/busybox');
  });

  it('has an identity of its own, and no unit of it failed', async () => {
    const [id = '', name = ''] = (await machine.must('cat /etc/machine-id /etc/hostname')).split('\n');
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(name).toBe(`box-${id.slice(0, 8)}`);
    expect(await machine.must('kubelet-cli get pods')).toContain(`hello-${name}`);
    expect(await machine.must('systemctl --failed --no-legend')).toBe('');
  });

  it('runs them again after a boot, without the bundle', async () => {
    const { stdout: before } = await machine.run('ctr -n k8s.io tasks list');
    await machine.reboot();
    await untilSays(machine, 'one');
    expect(before).not.toBe((await machine.run('ctr -n k8s.io tasks list')).stdout);
    expect(await machine.must('kubelet-cli sources')).toMatch(/^site +Ready +\d+ +minisign /m);
  });
});

describe.skipIf(isSkipped)(of('a bare machine'), LONG, () => {
  beforeAll(() => {
    execFileSync('nice', ['bash', script('bare-machines.sh'), suite, directory, server.ca], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: patient(40 * 60_000),
      maxBuffer: 64 << 20,
    });
    publishPackages(at('debs'), join(fleet.www, 'debian'));
    fleet.publish('one');
  });

  describe('with cloud-init and user data on a drive (NoCloud)', () => {
    let machine: Machine;
    beforeAll(async () => {
      const userData = example('nocloud/user-data')
        .replace(/0{64}/, digestOf('sha256', fleet.deb))
        .replace('https://example.org/fleet/site.yaml', `http://${FLEET_ADDRESS}/fleet/site/manifests.tar`)
        .replaceAll('https://example.org/', `https://${FLEET_ADDRESS}/`)
        .replace(/- RW\S+/, `- ${fleet.keyText}`);
      mkdirSync(at('seed'), { recursive: true });
      writeFileSync(at('seed/user-data'), userData);
      writeFileSync(at('seed/meta-data'), example('nocloud/meta-data'));
      const files = [at('seed/user-data'), at('seed/meta-data')];
      execFileSync('genisoimage', ['-quiet', '-output', at('seed.img'), '-volid', 'cidata', '-joliet', '-rock', ...files]);
      const hardware = [...drive(at('cloud.img')), ...drive(at('seed.img'), ',readonly=on'), ...kernel('cloud'), ...server.network()];
      machine = await startOfflineMachine({ directory, hardware });
    });
    afterAll(() => end(machine));

    it('becomes a member at its first boot: packages, the kubelet by its digest, the source, images from the web server', async () => {
      const status = async (): Promise<string | false> => {
        const { stdout } = await machine.run('cloud-init status --long');
        return /^status: (done|error|degraded)/m.test(stdout) && stdout;
      };
      expect(await waitFor(status, { what: 'the end of cloud-init', ...LIMIT })).toMatch(/^status: done$/m);
      expect(await machine.must('cat /etc/hostname')).toBe('box-0001\n');
      await untilSays(machine, 'one');
      expect(await machine.must('kubelet-cli sources')).toMatch(/^site +Ready +\d+ +minisign /m);
      expect(server.requests.filter((line) => / \/fleet\/site\/blobs\/.* 200$/.test(line)).length).toBeGreaterThan(2);
    });

    it('takes manifests by a timer of systemd and curl, the plainest way', async () => {
      writeFileSync(join(fleet.www, 'fleet/site.yaml'), helloPod('one', 'plain'));
      for (const type of ['service', 'timer']) {
        const name = `solo-kubelet-manifests.${type}`;
        const unit = Buffer.from(example(`timer/${name}`).replaceAll('https://example.org/', `https://${FLEET_ADDRESS}/`));
        await machine.must(`echo ${unit.toString('base64')} | base64 -d > /etc/systemd/system/${name}`);
      }
      await machine.must('systemctl daemon-reload && systemctl enable --now solo-kubelet-manifests.timer');
      await untilSays(machine, 'one', 'plain');

      const fetch = (): Promise<number> => machine.run('systemctl start solo-kubelet-manifests.service').then(({ status }) => status);
      const look = 'stat --format "%i %Y" /etc/kubernetes/manifests/site.yaml; ls -A /etc/kubernetes/manifests';
      const before = await machine.must(look);
      expect([await fetch(), server.requests.at(-1)]).toEqual([0, 'GET /fleet/site.yaml 304']);
      expect(await machine.must(look)).toBe(before);
      rmSync(join(fleet.www, 'fleet/site.yaml'));
      expect([await fetch(), server.requests.at(-1)]).toEqual([1, 'GET /fleet/site.yaml 404']);
      expect(await machine.must(look)).toBe(before);

      writeFileSync(join(fleet.www, 'fleet/site.yaml'), helloPod('two', 'plain'));
      expect(await fetch()).toBe(0);
      await untilSays(machine, 'two', 'plain');
    });
  });

  describe('with Ignition', () => {
    let machine: Machine;
    beforeAll(async () => {
      const config = JSON.parse(example('ignition/site.ign')) as IgnitionConfig;
      for (const { path, contents } of config.storage.files) {
        if (path === '/usr/local/bin/kubelet-cli') {
          contents.source = `http://${FLEET_ADDRESS}/fleet/kubelet-cli-linux-amd64`;
          contents.verification = { hash: `sha512-${digestOf('sha512', fleet.executable)}` };
        } else if (path.startsWith('/etc/kubernetes/sources.d/')) {
          const text = Buffer.from(contents.source.slice('data:;base64,'.length), 'base64')
            .toString()
            .replace('https://example.org/fleet/site.yaml', `http://${FLEET_ADDRESS}/fleet/site/manifests.tar`)
            .replace(/- RW\S+/, `- ${fleet.keyText}`);
          contents.source = `data:;base64,${Buffer.from(text).toString('base64')}`;
        }
      }
      writeFileSync(at('site.ign'), JSON.stringify(config));
      const firstBoot = 'ignition.firstboot=1 ignition.platform.id=qemu rd.neednet=1 ip=dhcp';
      s3 = await bucketServer(at('s3'), 'fleet');
      const hardware = [
        ...drive(at('ignition.img')),
        ...kernel('ignition', firstBoot),
        ...['-fw_cfg', `name=opt/com.coreos/config,file=${at('site.ign')}`],
        ...server.network([[9000, Number(new URL(s3.endpoint).port)]]),
      ];
      machine = await startOfflineMachine({ directory, hardware });
    });
    let s3: Awaited<ReturnType<typeof bucketServer>>;
    afterAll(async () => {
      await end(machine);
      await s3?.close();
      rmSync(at('s3'), { recursive: true, force: true });
    });

    it('becomes a member at its first boot', async () => {
      await untilSays(machine, 'one');
      expect(await machine.must('systemctl is-enabled containerd solo-kubelet')).toBe('enabled\nenabled\n');
      expect(await machine.must('kubelet-cli sources')).toMatch(/^site +Ready +\d+ +minisign /m);
      expect(server.requests.filter((line) => line.includes('kubelet-cli-linux-amd64'))).toContainEqual(
        expect.stringMatching(/^GET \S+ 200$/),
      );
    });

    it('becomes one of a bucket by one line of install, with images of the bucket', async () => {
      // What Ignition wrote is not install's to replace.
      await machine.must('kubelet-cli uninstall && rm /etc/kubernetes/sources.d/site.yaml');
      fleet.publish('two');
      for (const [name, content] of fleet.published()) await s3.put(`site/${name}`, content);
      copyFileSync(fleet.publicKey, join(fleet.www, 'fleet/site.pub'));
      await machine.must(`curl --silent --fail --output /root/site.pub https://${FLEET_ADDRESS}/fleet/site.pub`);
      const credentials = `AWS_ACCESS_KEY_ID=${S3_ACCOUNT.accessKeyId} AWS_SECRET_ACCESS_KEY=${S3_ACCOUNT.secretAccessKey}`;
      const line = `kubelet-cli install --from s3://fleet/site/manifests.tar --key /root/site.pub --s3-endpoint http://${FLEET_ADDRESS}:9000`;
      expect(await machine.must(`${credentials} ${line}`)).toMatch(/^source {4}site: revision \d+, signed by minisign /m);
      await untilSays(machine, 'two');
      expect(await machine.must('stat --format "%a %U" /etc/kubernetes/sources.d/site.aws-credentials')).toBe('600 root\n');
      expect(await machine.must('kubelet-cli sources')).toMatch(/^site +Ready +\d+ +minisign /m);
    });
  });
});

interface IgnitionConfig {
  readonly storage: {
    readonly files: readonly {
      readonly path: string;
      readonly contents: { source: string; verification?: { readonly hash: string } };
    }[];
  };
}
