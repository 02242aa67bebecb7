import { access, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Architecture, type ImageSpec, localArchitecture, pauseImage, writeImageArchive } from '@solo-kubelet/standalone-node/images';
import { busyboxImages, busyboxLayer } from './busybox-image.js';
import { nginxImages } from './nginx-image.js';

/** Every image that `buildImages` makes. */
export const imageNames = {
  busybox: 'localhost/solo-kubelet/busybox:1',
  /** `User: 1000:1000`. */
  userNumber: 'localhost/solo-kubelet/user-number:1',
  /** `User: app`, which /etc/passwd says is 1000. */
  userName: 'localhost/solo-kubelet/user-name:1',
  /** `StopSignal: SIGUSR1`: exits 0 on it and 3 on SIGTERM. */
  stopSignal: 'localhost/solo-kubelet/stop-signal:1',
  /** Entrypoint `echo entrypoint`, command `command`, an environment variable and a working directory. */
  entrypoint: 'localhost/solo-kubelet/entrypoint:1',
  /** Serves / and /cgi-bin/{healthz,whoami} on $PORT (8080). */
  http: 'localhost/solo-kubelet/http:1',
  nginx: 'localhost/solo-kubelet/nginx:1.22',
  /** A reverse proxy on 4180 to the Pod's own port 80. */
  proxy: 'localhost/solo-kubelet/proxy:1',
} as const;

export interface BuildImagesOptions {
  /** Where the archives go, and unpacked Debian packages beside them. */
  readonly directory: string;
  /** Default: the first static busybox of the usual places. */
  readonly busybox?: string;
  /** Default: this machine's. */
  readonly architecture?: Architecture;
}

/** Bump it when the images' content changes: archives of another version are made anew. */
const VERSION = 1;

/**
 * Builds the test and demo images from local files and Debian packages, and returns the archives' paths.
 * Archives that are already there stay: a second call takes milliseconds.
 */
export const buildImages = async (options: BuildImagesOptions): Promise<readonly string[]> => {
  const architecture = options.architecture ?? localArchitecture(process.arch);
  if (architecture === undefined) throw new Error(`no images for the processor ${process.arch}`);
  const archives = join(options.directory, `archives-${VERSION}-${architecture}`);
  const small = join(archives, 'small.tar');
  const nginx = join(archives, 'nginx.tar');
  if ((await Promise.all([small, nginx].map(isThere))).every(Boolean)) return [small, nginx];
  await mkdir(archives, { recursive: true });
  const busybox = await busyboxLayer(options.busybox ?? (await findBusybox()));
  await publish(small, [pauseImage(architecture), ...busyboxImages(architecture, busybox)]);
  await publish(nginx, await nginxImages(architecture, busybox, join(options.directory, 'debian')));
  return [small, nginx];
};

/** Written beside its place and renamed, so that a second builder or an interrupted one leaves no half archive. */
const publish = async (path: string, images: readonly ImageSpec[]): Promise<void> => {
  const draft = `${path}.${process.pid}`;
  await writeImageArchive(draft, images);
  await rename(draft, path);
};

const findBusybox = async (): Promise<string> => {
  for (const path of ['/bin/busybox', '/usr/bin/busybox', '/usr/lib/busybox/busybox-static']) if (await isThere(path)) return path;
  throw new Error('no busybox on this machine: apt-get install -y busybox-static');
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
