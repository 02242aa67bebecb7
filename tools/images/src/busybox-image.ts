import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Architecture, ImageConfig, ImageSpec, LayerEntry } from '@solo-kubelet/standalone-node/images';

const run = promisify(execFile);

/** Users that images' `User` and manifests' tests name. */
const PASSWD = ['root:x:0:0:root:/root:/bin/sh', 'app:x:1000:1000:app:/home/app:/bin/sh', 'nobody:x:65534:65534:nobody:/:/bin/false'];
const GROUP = ['root:x:0:', 'app:x:1000:', 'audio:x:29:app', 'nogroup:x:65534:'];

/** A root file system with nothing but a static busybox (Debian's busybox-static), a link for each of its applets, users and a temporary directory. */
export const busyboxLayer = async (busybox: string): Promise<readonly LayerEntry[]> => {
  const { stdout } = await run(busybox, ['--list'], { timeout: 10_000 });
  const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  return [
    ...['bin', 'etc', 'home', 'proc', 'root', 'run', 'sys', 'dev', 'usr', 'var'].map((path) => ({ type: 'directory', path }) as const),
    { type: 'directory', path: 'home/app', uid: 1000, gid: 1000 },
    { type: 'directory', path: 'tmp', mode: 0o1777 },
    { type: 'file', path: 'bin/busybox', mode: 0o755, copyOf: busybox },
    ...applets.map((name) => ({ type: 'symlink', path: `bin/${name}`, target: 'busybox' }) as const),
    { type: 'file', path: 'etc/passwd', content: lines(PASSWD) },
    { type: 'file', path: 'etc/group', content: lines(GROUP) },
  ];
};

/** Small images for tests and examples, all on one busybox layer. */
export const busyboxImages = (architecture: Architecture, busybox: readonly LayerEntry[]): readonly ImageSpec[] => {
  const image = (name: string, config: ImageConfig, ...layers: (readonly LayerEntry[])[]): ImageSpec => ({
    reference: `localhost/solo-kubelet/${name}`,
    architecture,
    config: { Env: ['PATH=/bin'], ...config },
    layers: [busybox, ...layers],
  });
  return [
    image('busybox:1', { Cmd: ['sh'] }),
    image('user-number:1', { Cmd: ['sleep', '1000000'], User: '1000:1000' }),
    image('user-name:1', { Cmd: ['sleep', '1000000'], User: 'app' }),
    image('stop-signal:1', { Entrypoint: ['/stop-signal'], StopSignal: 'SIGUSR1' }, [script('stop-signal', STOP_SIGNAL)]),
    image('entrypoint:1', {
      Entrypoint: ['/bin/echo', 'entrypoint'],
      Cmd: ['command'],
      Env: ['PATH=/bin', 'GREETING=hello'],
      WorkingDir: '/home/app',
    }),
    image('http:1', { Entrypoint: ['/serve'], ExposedPorts: { '8080/tcp': {} } }, [
      script('serve', SERVE),
      { type: 'directory', path: 'www' },
      { type: 'directory', path: 'www/cgi-bin' },
      script('www/cgi-bin/healthz', HEALTHZ),
      script('www/cgi-bin/whoami', WHOAMI),
      { type: 'file', path: 'www/index.html', content: 'it works\n' },
    ]),
  ];
};

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');
const script = (path: string, content: string): LayerEntry => ({ type: 'file', path, mode: 0o755, content });

/** Says which signal ends it: only the image's own gives status 0. */
const STOP_SIGNAL = `#!/bin/sh
trap 'echo got SIGUSR1; exit 0' USR1
trap 'echo got SIGTERM; exit 3' TERM
echo ready
while :; do sleep 1000 & wait $!; done
`;

/** Serves /www on $PORT (8080). */
const SERVE = `#!/bin/sh
trap 'exit 0' TERM INT
httpd -f -p "\${PORT:-8080}" -h "\${WWW:-/www}" & wait $!
`;

/** 200 until somebody creates /tmp/unhealthy. */
const HEALTHZ = `#!/bin/sh
if [ -e /tmp/unhealthy ]; then printf 'Status: 503 Service Unavailable\\r\\n'; text=unhealthy; else text=ok; fi
printf 'Content-Type: text/plain\\r\\n\\r\\n%s\\n' "$text"
`;

/** What the container knows of itself. */
const WHOAMI = `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
echo "hostname $(hostname)"
env | sort
`;
