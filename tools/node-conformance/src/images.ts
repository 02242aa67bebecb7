import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Architecture, type ImageConfig, type ImageSpec, type LayerEntry, pauseImage } from '@solo-kubelet/standalone-node/images';
import { busyboxLayer } from '../../images/src/busybox-image.js';
import { nginxImages } from '../../images/src/nginx-image.js';

const run = promisify(execFile);

export interface ImageSources {
  readonly architecture: Architecture;
  /** Upstream's `test/images/agnhost` and `test/images/nonewprivs`, linked statically, and the certificate and key of `agnhost/porter`. */
  readonly files: Readonly<Record<'agnhost' | 'nnp' | 'localhost.crt' | 'localhost.key', string>>;
  /** Where unpacked Debian packages are kept. */
  readonly cacheDirectory: string;
}

/** What upstream's suites run, under the names that `test/utils/image` of 1.36 gives them. Images that only name a shell share one busybox. */
export const conformanceImages = async (sources: ImageSources): Promise<readonly ImageSpec[]> => {
  const { architecture, files } = sources;
  const busybox = await busyboxLayer(await firstOf(['/bin/busybox', '/usr/bin/busybox']));
  const [nginx] = await nginxImages(architecture, busybox, join(sources.cacheDirectory, 'debian'));
  const image = (name: string, config: ImageConfig, ...layers: (readonly LayerEntry[])[]): ImageSpec => ({
    reference: `registry.k8s.io/e2e-test-images/${name}`,
    architecture,
    config: { Env: ['PATH=/usr/local/bin:/usr/bin:/bin'], ...config },
    layers: [busybox, ...layers],
  });
  const tools = await toolsLayer();
  const agnhost: readonly LayerEntry[] = [
    { type: 'directory', path: 'uploads' },
    { type: 'file', path: 'agnhost', mode: 0o755, copyOf: files.agnhost },
    { type: 'symlink', path: 'agnhost-2', target: 'agnhost' },
    ...(['localhost.crt', 'localhost.key'] as const).map((path) => ({ type: 'file', path, copyOf: files[path] }) as const),
    { type: 'file', path: 'etc/passwd', content: PASSWD },
    { type: 'file', path: 'etc/group', content: GROUP },
  ];
  const agnhostConfig: ImageConfig = { Entrypoint: ['/agnhost'], Cmd: ['pause'] };
  return [
    pauseImage(architecture),
    { ...pauseImage(architecture), reference: 'registry.k8s.io/pause:3.10.2' },
    image('agnhost:2.63.0', agnhostConfig, tools, agnhost),
    image('agnhost:2.55', agnhostConfig, tools, agnhost),
    image('kitten:1.8', { ...agnhostConfig, Cmd: ['test-webserver'] }, tools, agnhost),
    image('nautilus:1.8', { ...agnhostConfig, Cmd: ['test-webserver'] }, tools, agnhost),
    image('busybox:1.37.0-1', { Cmd: ['sh'] }),
    image('glibc-dns-testing:2.0.0', { Cmd: ['sh'] }, tools),
    image('ipc-utils:1.4', { Cmd: ['sh'] }),
    image('perl:5.26', { Cmd: ['sh'] }),
    image('nonroot:1.5', { Cmd: ['sh'], User: '1234' }),
    image('nonewprivs:1.4', { Cmd: ['nnp'] }, [
      { type: 'directory', path: 'usr/local/bin' },
      { type: 'file', path: 'usr/local/bin/nnp', mode: 0o6755, copyOf: files.nnp },
    ]),
    ...['nginx:1.15-4', 'nginx:1.27-0'].map((name) => ({ ...nginx!, reference: `registry.k8s.io/e2e-test-images/${name}` })),
  ];
};

const PASSWD = `root:x:0:0:root:/root:/bin/sh
user-defined-in-image:x:1000:1000::/home:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
`;
const GROUP = `root:x:0:
user-defined-in-image:x:1000:
group-defined-in-image:x:50000:user-defined-in-image
nogroup:x:65534:
`;

/** bash, curl, hostname and OpenBSD's nc of this machine with the libraries they need: what busybox has in their place lacks options that the suites use. */
const toolsLayer = async (): Promise<readonly LayerEntry[]> => {
  const programs = {
    bash: await firstOf(['/usr/bin/bash', '/bin/bash']),
    curl: await firstOf(['/usr/bin/curl']),
    nc: await firstOf(['/usr/bin/nc.openbsd', '/bin/nc.openbsd']),
    hostname: await firstOf(['/usr/bin/hostname', '/bin/hostname']),
  };
  const files = new Set<string>();
  for (const program of Object.values(programs)) {
    const { stdout } = await run('ldd', [program], { timeout: 10_000 });
    for (const [, path] of stdout.matchAll(/(\/\S+) \(0x/g)) files.add(path!);
  }
  const directories = new Set<string>();
  for (const file of [...files]) {
    const parts = file.split('/').slice(1, -1);
    parts.forEach((_, depth) => {
      directories.add(parts.slice(0, depth + 1).join('/'));
    });
  }
  return [
    ...[...directories].sort().map((path) => ({ type: 'directory', path }) as const),
    ...[...files].map((path) => ({ type: 'file', path: path.slice(1), mode: 0o755, copyOf: path }) as const),
    ...Object.entries(programs).map(([name, path]) => ({ type: 'file', path: `bin/${name}`, mode: 0o755, copyOf: path }) as const),
  ];
};

const firstOf = async (paths: readonly string[]): Promise<string> => {
  for (const path of paths) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  throw new Error(`none of ${paths.join(', ')} is on this machine`);
};
