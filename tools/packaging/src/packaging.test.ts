import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { flagTable } from '../../../packages/kubelet/src/config/flag-table.js';
import { commands } from '../../../packages/kubelet-cli/src/commands/command-table.js';
import { CONFIGURATION_PATH, type DebFile, type DebPackage, debPackage, md5Line } from './deb-package.js';
import { generatedTexts } from './generated-texts.js';
import { bundledDirectories, bundledLibraries, executableLicences, licenceText } from './library-licences.js';
import { commandLinePage, kubeletFlags, kubeletPage, roff } from './man-pages.js';

const facts = { version: '1.2.3', date: '2026-01-31' };

/** Lines that troff would not understand: requests and macros of man(7) that are not among those that are used. */
const unknownRequests = (page: string): readonly string[] =>
  page.split('\n').filter((line) => /^[.']/.test(line) && !/^\.(TH|SH|SS|TP|PP|B|BR|I|nf|fi|ft)( |$)/.test(line));

describe('manual pages', () => {
  it('have a section for every command, with all of its options', () => {
    const page = commandLinePage(commands, facts);
    expect(unknownRequests(page)).toEqual([]);
    for (const { name, options } of commands) {
      const [, section = ''] = page.split(`.SS ${roff(name)}\n`);
      const text = section.split('\n.SS ')[0]!.replaceAll('\\-', '-');
      const missing = Object.keys(options ?? {}).filter((option) => !text.includes(`--${option}`));
      expect({ name, hasSection: section !== '', missing }).toEqual({ name, hasSection: true, missing: [] });
    }
  });

  it('have every flag that the kubelet heeds', () => {
    const flags = kubeletFlags();
    const heeded = Object.keys(flagTable).filter((name) => flagTable[name]?.type !== 'dead');
    expect(flags.map(({ name }) => name)).toEqual(heeded);
    expect(flags.find(({ name }) => name === 'max-pods')).toMatchObject({ meaning: expect.stringContaining('maxPods') });
    const page = kubeletPage(flags, facts);
    expect(unknownRequests(page)).toEqual([]);
    for (const { name } of flags) expect(page).toContain(`\\fB${roff(`--${name}`)}\\fR`);
  });

  it('take no text for a request and no backslash for an escape', () => {
    expect(roff(".hidden\n'quoted\na\\b --x")).toBe("\\&.hidden\n\\&'quoted\na\\eb \\-\\-x");
  });
});

describe('the Debian package', () => {
  let contents: DebPackage;
  beforeAll(async () => {
    contents = debPackage({
      version: '1.2.3',
      architecture: 'arm64',
      homepage: 'https://example.org/solo',
      date: new Date('2026-01-31T12:00:00Z'),
      executable: '/build/kubelet-cli',
      installedKiB: 1234,
      licences: { libraries: 'Libraries', node: 'Node.js' },
      ...(await generatedTexts(facts)),
    });
  });
  const textOf = (path: string): string => {
    const content = contents.files.find((file) => file.path === path)?.content;
    if (!Buffer.isBuffer(content)) throw new Error(`${path} has no text`);
    return (path.endsWith('.gz') ? gunzipSync(content) : content).toString();
  };

  it('has one program under two names, a service, pages, completions and licences', () => {
    const tree = contents.files.map(({ path, mode, content }: DebFile) =>
      'linkTo' in content ? `${path} -> ${content.linkTo}` : `${mode.toString(8)} ${path}`,
    );
    expect(tree).toEqual([
      '755 /usr/bin/kubelet-cli',
      '/usr/bin/kubelet -> kubelet-cli',
      '644 /etc/kubernetes/kubelet.yaml',
      '644 /usr/lib/systemd/system/solo-kubelet.service',
      '644 /usr/share/man/man1/kubelet-cli.1.gz',
      '644 /usr/share/man/man8/kubelet.8.gz',
      '644 /usr/share/bash-completion/completions/kubelet-cli',
      '644 /usr/share/zsh/vendor-completions/_kubelet-cli',
      '644 /usr/share/fish/vendor_completions.d/kubelet-cli.fish',
      '644 /usr/share/doc/solo-kubelet/copyright',
      '644 /usr/share/doc/solo-kubelet/changelog.gz',
      '644 /usr/share/doc/solo-kubelet/LICENSES-of-libraries.gz',
      '644 /usr/share/doc/solo-kubelet/LICENSE-of-Node.js.gz',
      '644 /usr/share/lintian/overrides/solo-kubelet',
    ]);
    expect(textOf('/usr/share/doc/solo-kubelet/LICENSE-of-Node.js.gz')).toBe('Node.js');
    expect(textOf('/usr/share/man/man8/kubelet.8.gz')).toContain('.TH KUBELET 8 "2026-01-31" "Solo Kubelet 1.2.3"');
    expect(textOf('/usr/share/bash-completion/completions/kubelet-cli')).toContain('complete -F _kubelet_cli kubelet-cli');
  });

  it('keeps the configuration of the user, which is the one that install would write', () => {
    expect(contents.control['conffiles']?.text).toBe('/etc/kubernetes/kubelet.yaml\n');
    expect(textOf(CONFIGURATION_PATH)).toContain('staticPodPath: /etc/kubernetes/manifests\n');
    expect(textOf(CONFIGURATION_PATH)).not.toContain('cgroupDriver');
    expect(contents.directories).toEqual(['/etc/kubernetes/manifests']);
  });

  it('starts the program itself, after whichever runtime is there', () => {
    const unit = textOf('/usr/lib/systemd/system/solo-kubelet.service');
    expect(unit).toContain(
      '\nExecStart=/usr/bin/kubelet-cli run --config /etc/kubernetes/kubelet.yaml --supply-pod-network $KUBELET_EXTRA_ARGS\n',
    );
    expect(unit).toContain('\nAfter=network-online.target containerd.service crio.service\n');
    expect(unit).toContain('\nKillMode=process\n');
  });

  it('says what it needs, in fields that dpkg knows', () => {
    const { text } = contents.control['control']!;
    const fields = Object.fromEntries([...text.matchAll(/^([A-Z][A-Za-z-]*): (.*)$/gm)].map(([, name, value]) => [name, value]));
    expect(fields).toMatchObject({ Package: 'solo-kubelet', Version: '1.2.3', Architecture: 'arm64', Conflicts: 'kubelet' });
    expect(fields['Recommends']).toMatch(/^containerd /);
    expect(text.endsWith('\n')).toBe(true);
    expect(textOf('/usr/share/doc/solo-kubelet/changelog.gz')).toMatch(/^ -- .+ <.+@.+> {2}Sat, 31 Jan 2026 12:00:00 \+0000$/m);
  });

  it.each(['postinst', 'prerm', 'postrm'])('%s is a script that sh can read', (name) => {
    const { text, mode } = contents.control[name]!;
    expect(mode).toBe(0o755);
    execFileSync('sh', ['-n'], { input: text });
  });

  it('sums up files as dpkg does', () => {
    expect(md5Line('/usr/bin/x', Buffer.from('hello'))).toBe('5d41402abc4b2a76b9719d911017c592  usr/bin/x\n');
  });
});

describe('licences of bundled libraries', () => {
  it("are one text beside an executable: its own, Node.js' and those of libraries", () => {
    const text = executableLicences({ own: 'Apache License', node: 'Node.js is licensed', libraries: 'yaml 2.0.0 (ISC)\n' });
    expect(text.split('\n').filter((line) => line !== '' && !/^=+$/.test(line))).toEqual([
      'Solo Kubelet',
      'Apache License',
      'Node.js, which the executable is made of',
      'Node.js is licensed',
      'Libraries',
      'yaml 2.0.0 (ISC)',
    ]);
  });

  const library = (root: string, path: string, manifest: object, licence?: string): void => {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, 'package.json'), JSON.stringify(manifest));
    if (licence !== undefined) writeFileSync(join(root, path, 'LICENSE.md'), licence);
  };
  const project = (): string => {
    const root = mkdtempSync(join(tmpdir(), 'licences-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    return root;
  };

  it('are found for every file that comes from npm, and for none of ours', () => {
    const inputs = [
      'packages/timers/src/delay.ts',
      'node_modules/.pnpm/a@1/node_modules/a/x.js',
      'node_modules/.pnpm/b@1/node_modules/@s/b/y/z.js',
    ];
    expect(bundledDirectories(inputs)).toEqual(['node_modules/.pnpm/a@1/node_modules/a', 'node_modules/.pnpm/b@1/node_modules/@s/b']);
  });

  it('stand in one text, equal ones once', () => {
    const root = project();
    library(root, 'node_modules/b', { name: 'b', version: '2.0.0', license: 'MIT' }, 'Do what you like.');
    library(root, 'node_modules/a', { name: 'a', version: '1.0.0', license: 'MIT' }, 'Do what you like.');
    const text = licenceText(bundledLibraries(['node_modules/b/i.js', 'node_modules/a/i.js'], root));
    expect(text).toContain('a 1.0.0 (MIT)\nb 2.0.0 (MIT)\n\nDo what you like.\n');
    expect(text.match(/Do what you like/g)).toHaveLength(1);
  });

  it('must be there: what says nothing is not shipped', () => {
    const root = project();
    library(root, 'node_modules/c', { name: 'c', version: '1.0.0' });
    expect(() => bundledLibraries(['node_modules/c/i.js'], root)).toThrow('does not say what it is licensed by');
  });
});

it('a tag that is not the version of every package stops a release', () => {
  const checkVersion = fileURLToPath(new URL('../check-version.mjs', import.meta.url));
  expect(() => execFileSync(process.execPath, [checkVersion, 'v999.0.0'], { stdio: 'pipe' })).toThrow(
    /has version .*, the tag is v999\.0\.0/,
  );
});
