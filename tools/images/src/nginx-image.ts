import type { Architecture, ImageSpec, LayerEntry } from '@solo-kubelet/standalone-node/images';
import { filesOf, librariesOf, unpackPackages } from './debian-files.js';

const PACKAGES = ['nginx', 'nginx-common', 'libc6', 'libcrypt1', 'libpcre2-8-0', 'libssl3', 'zlib1g'];
const LIBRARIES = ['libc.so.6', 'libcrypt.so.1', 'libpcre2-8.so.0', 'libssl.so.3', 'libcrypto.so.3', 'libz.so.1'];
const LOADER = { amd64: 'lib64/ld-linux-x86-64.so.2', arm64: 'lib/ld-linux-aarch64.so.1' };

/** Debian's own nginx with the libraries it needs on the busybox layer, and a reverse proxy made from the same files. */
export const nginxImages = async (
  architecture: Architecture,
  busybox: readonly LayerEntry[],
  cacheDir: string,
): Promise<readonly ImageSpec[]> => {
  const root = await unpackPackages(cacheDir, `nginx-${architecture}`, PACKAGES);
  const server = await filesOf(root, [
    'usr/sbin/nginx',
    'etc/nginx/mime.types',
    LOADER[architecture],
    ...(await librariesOf(root, LIBRARIES)),
  ]);
  const base: readonly LayerEntry[] = [
    ...server,
    ...[
      'usr/share',
      'usr/share/nginx',
      'usr/share/nginx/html',
      'etc/nginx/conf.d',
      'var/log',
      'var/log/nginx',
      'var/lib',
      'var/lib/nginx',
    ].map((path) => ({ type: 'directory', path }) as const),
    { type: 'symlink', path: 'var/log/nginx/access.log', target: '/dev/stdout' },
    { type: 'symlink', path: 'var/log/nginx/error.log', target: '/dev/stderr' },
    { type: 'file', path: 'etc/nginx/nginx.conf', content: NGINX_CONF },
    {
      type: 'file',
      path: 'usr/share/nginx/html/index.html',
      content: '<h1>Welcome to nginx</h1>\n<p>Served by a Pod of Solo Kubelet.</p>\n',
    },
  ];
  const site = (content: string): readonly LayerEntry[] => [{ type: 'file', path: 'etc/nginx/conf.d/default.conf', content }];
  const image = (name: string, port: number, conf: string): ImageSpec => ({
    reference: `localhost/solo-kubelet/${name}`,
    architecture,
    config: {
      Cmd: ['nginx', '-g', 'daemon off;'],
      Env: ['PATH=/usr/sbin:/bin'],
      ExposedPorts: { [`${port}/tcp`]: {} },
      StopSignal: 'SIGQUIT',
    },
    layers: [busybox, base, site(conf)],
  });
  return [image('nginx:1.22', 80, SITE), image('proxy:1', 4180, PROXY)];
};

const NGINX_CONF = `user nobody nogroup;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log notice;
events { worker_connections 256; }
http {
  include mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log;
  sendfile on;
  include conf.d/*.conf;
}
`;

const SITE = `server {
  listen 80;
  root /usr/share/nginx/html;
}
`;

/** Passes what comes in on 4180 to the Pod's own port 80 and says that it did. */
const PROXY = `server {
  listen 4180;
  location = /ping { return 200 "OK\\n"; }
  location / {
    proxy_pass http://127.0.0.1:80;
    add_header Via "solo-kubelet-proxy";
  }
}
`;
