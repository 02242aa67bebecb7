import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { bundleIsOld } from './bundle-is-old.js';

it('a bundle is old when a package was built after it, and when it is not there', () => {
  const packages = mkdtempSync(join(tmpdir(), 'bundle-'));
  onTestFinished(() => rmSync(packages, { recursive: true }));
  const built = (name: string, file: string, seconds: number): string => {
    const path = join(packages, name, 'dist', file);
    mkdirSync(join(packages, name, 'dist'), { recursive: true });
    writeFileSync(path, '');
    utimesSync(path, seconds, seconds);
    return path;
  };
  built('timers', 'index.js', 1_000);
  expect(bundleIsOld(packages, join(packages, 'kubelet-cli/dist/bundle'))).toBe(true);
  const bundle = built('kubelet-cli', 'bundle', 2_000);
  expect(bundleIsOld(packages, bundle)).toBe(false);
  built('kubelet', 'index.js', 3_000);
  expect(bundleIsOld(packages, bundle)).toBe(true);
});
