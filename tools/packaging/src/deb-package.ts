import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type MaintainerScripts, maintainerScripts } from './maintainer-scripts.js';

export type DebArchitecture = 'amd64' | 'arm64';

/** A file of the package: its text, or a file on this machine to copy. */
export interface DebFile {
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer | { readonly copyOf: string } | { readonly linkTo: string };
}

export interface DebPackage {
  readonly files: readonly DebFile[];
  /** Directories that would not come with a file. */
  readonly directories: readonly string[];
  /** Files of DEBIAN/ by name; `md5sums` is added from the files as written. */
  readonly control: Readonly<Record<string, { readonly text: string; readonly mode: number }>>;
}

export interface DebOptions {
  readonly version: string;
  readonly architecture: DebArchitecture;
  readonly homepage: string;
  /** Of the release. */
  readonly date: Date;
  /** The built program. */
  readonly executable: string;
  readonly installedKiB: number;
  readonly configuration: string;
  readonly unit: string;
  readonly manPages: { readonly commandLine: string; readonly kubelet: string };
  readonly completions: { readonly bash: string; readonly zsh: string; readonly fish: string };
  /** Licences of the libraries in the executable, and of Node.js. */
  readonly licences: { readonly libraries: string; readonly node: string };
}

export const UNIT = 'solo-kubelet.service';
export const CONFIGURATION_PATH = '/etc/kubernetes/kubelet.yaml';
const MAINTAINER = 'Solo Kubelet maintainers <maintainers@solo-kubelet.dev>';
const DOC = '/usr/share/doc/solo-kubelet';

const gzip = (text: string): Buffer => gzipSync(text, { level: 9 });
const file = (path: string, text: string | Buffer, mode = 0o644): DebFile => ({ path, mode, content: Buffer.from(text) });

/** The whole package, before anything is written. */
export const debPackage = (options: DebOptions): DebPackage => ({
  directories: ['/etc/kubernetes/manifests'],
  files: [
    { path: '/usr/bin/kubelet-cli', mode: 0o755, content: { copyOf: options.executable } },
    { path: '/usr/bin/kubelet', mode: 0o777, content: { linkTo: 'kubelet-cli' } },
    file(CONFIGURATION_PATH, options.configuration),
    file(`/usr/lib/systemd/system/${UNIT}`, options.unit),
    file('/usr/share/man/man1/kubelet-cli.1.gz', gzip(options.manPages.commandLine)),
    file('/usr/share/man/man8/kubelet.8.gz', gzip(options.manPages.kubelet)),
    file('/usr/share/bash-completion/completions/kubelet-cli', options.completions.bash),
    file('/usr/share/zsh/vendor-completions/_kubelet-cli', options.completions.zsh),
    file('/usr/share/fish/vendor_completions.d/kubelet-cli.fish', options.completions.fish),
    file(`${DOC}/copyright`, copyright(options)),
    file(`${DOC}/changelog.gz`, gzip(changelog(options))),
    file(`${DOC}/LICENSES-of-libraries.gz`, gzip(options.licences.libraries)),
    file(`${DOC}/LICENSE-of-Node.js.gz`, gzip(options.licences.node)),
    file('/usr/share/lintian/overrides/solo-kubelet', OVERRIDES),
  ],
  control: {
    control: { text: control(options), mode: 0o644 },
    conffiles: { text: `${CONFIGURATION_PATH}\n`, mode: 0o644 },
    ...Object.fromEntries(
      Object.entries(maintainerScripts(UNIT) satisfies MaintainerScripts).map(([name, text]) => [name, { text, mode: 0o755 }]),
    ),
  },
});

/** Its line in DEBIAN/md5sums. */
export const md5Line = (path: string, content: Buffer): string =>
  `${createHash('md5').update(content).digest('hex')}  ${path.replace(/^\//, '')}\n`;

const control = ({ version, architecture, homepage, installedKiB }: DebOptions): string => `Package: solo-kubelet
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${installedKiB}
Section: admin
Priority: optional
Homepage: ${homepage}
Depends: libc6 (>= 2.28), libgcc-s1 (>= 4.2), libstdc++6 (>= 7), init-system-helpers (>= 1.54~), mount
Recommends: containerd | containerd.io | cri-o, containernetworking-plugins, iproute2, iptables
Suggests: bash-completion, nfs-common, skopeo
Conflicts: kubelet
Description: kubelet for one machine that needs no control plane
 Runs the Kubernetes Pod manifests of a directory or a URL on containerd or
 CRI-O, with the fields, defaults, statuses and flags of Kubernetes' own
 kubelet. It restarts what crashes, probes what runs, follows edits of the
 manifests, and serves the kubelet's HTTP API.
 .
 The package has one program, with Node.js inside, under the names kubelet-cli
 and kubelet; a systemd service that runs the Pods of
 /etc/kubernetes/manifests; manual pages and shell completions.
`;

const copyright = ({ homepage, date }: DebOptions): string => `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Solo Kubelet
Source: ${homepage}
Comment: The program /usr/bin/kubelet-cli contains Node.js and libraries from
 npm. Their authors and licences are in LICENSE-of-Node.js.gz and
 LICENSES-of-libraries.gz beside this file.

Files: *
Copyright: ${date.getUTCFullYear()} The authors of Solo Kubelet
License: Apache-2.0
 On Debian systems the text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
`;

/** As Debian's changelogs are written; the notes themselves are in CHANGELOG.md of the packages. */
const changelog = ({ version, date, homepage }: DebOptions): string => {
  const [day = '', rest] = date.toUTCString().split(', ');
  return `solo-kubelet (${version}) unstable; urgency=medium

  * Release ${version}, whose notes are at
    ${homepage}/releases

 -- ${MAINTAINER}  ${day}, ${(rest ?? '').replace('GMT', '+0000')}
`;
};

/** Node.js is put in as it is published, with the libraries that its project maintains in it. */
const OVERRIDES = `# Node.js is in the program as its project publishes it, with its own copies of these libraries.
solo-kubelet: embedded-library *
# The program is Node.js, whose build is not Debian's.
solo-kubelet: hardening-no-fortify-functions *
solo-kubelet: hardening-no-bindnow *
solo-kubelet: hardening-no-pie *
# There is no bug to close for a package that is not in Debian.
solo-kubelet: initial-upload-closes-no-bugs *
`;
