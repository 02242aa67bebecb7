#!/usr/bin/env node
// check-version.mjs vX.Y.Z: fails unless every package has the version that a tag names, and its changelog has an entry for it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));
const tag = process.argv[2] ?? '';
const faults = readdirSync(packages)
  .filter((name) => existsSync(join(packages, name, 'package.json')))
  .flatMap((name) => {
    const { version } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));
    if (`v${version}` !== tag) return [`${name} has version ${version}, the tag is ${tag}`];
    const changelog = join(packages, name, 'CHANGELOG.md');
    const isTold = existsSync(changelog) && readFileSync(changelog, 'utf8').includes(`\n## ${version}\n`);
    return isTold ? [] : [`the changelog of ${name} has no entry for ${version}: run changeset version`];
  });
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
