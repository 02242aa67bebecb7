#!/usr/bin/env node
// sbom.mjs [OUT]: writes a software bill of materials (CycloneDX) of kubelet-cli as npm installs it, by npm's own `npm sbom`. The packages must have been built.
// What is in the executable and the .deb is that less what esbuild finds unused, and Node.js.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = resolve(process.argv[2] ?? join(root, 'tools/packaging/out'));
const { version } = JSON.parse(readFileSync(join(root, 'packages/kubelet-cli/package.json'), 'utf8'));
const directory = mkdtempSync(join(tmpdir(), 'solo-kubelet-sbom-'));
try {
  const packs = join(directory, 'packs');
  mkdirSync(packs);
  execFileSync('pnpm', ['-r', '--filter', './packages/*', 'exec', 'pnpm', 'pack', '--pack-destination', packs], {
    cwd: root,
    stdio: 'pipe',
  });
  const tarballs = Object.fromEntries(
    readdirSync(packs).map((file) => [
      `@solo-kubelet/${file.replace(/^solo-kubelet-(.*)-\d+\.\d+\.\d+\S*\.tgz$/, '$1')}`,
      `file:packs/${file}`,
    ]),
  );
  // Every package of ours from its tarball, also below others; only what kubelet-cli needs is installed.
  const manifest = {
    name: 'solo-kubelet',
    version,
    private: true,
    dependencies: { '@solo-kubelet/kubelet-cli': tarballs['@solo-kubelet/kubelet-cli'] },
    overrides: Object.fromEntries(Object.entries(tarballs).filter(([name]) => name !== '@solo-kubelet/kubelet-cli')),
  };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
  execFileSync('npm', ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: directory,
    stdio: 'pipe',
  });
  const bill = execFileSync('npm', ['sbom', '--omit=dev', '--sbom-format=cyclonedx', '--sbom-type=application'], {
    cwd: directory,
    maxBuffer: 64 * 1024 * 1024,
  });
  mkdirSync(out, { recursive: true });
  const file = join(out, `solo-kubelet_${version}.cdx.json`);
  writeFileSync(file, bill);
  console.log(`${file}: ${JSON.parse(bill).components.length} components`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
