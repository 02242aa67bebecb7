#!/usr/bin/env node
// npm test: everything that CI runs, in order, and one line that sums it up. Arguments name the parts to run; none means all.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { build, installDependencies, installSystemPackages, pnpm, root, run, TEST_PACKAGES } from './prepare.mjs';

const reports = join(root, '.cache', 'test-reports');
/** Checks without single tests count as one. */
const CHECKS = [
  ['lint', pnpm('run', 'lint')],
  ['types', pnpm('run', 'types')],
];
const PROJECTS = ['unit', 'simulation', 'attack', 'packages', 'e2e'];
/** Of a failure's message. */
const FAILURE_LENGTH = 600;
const WORKERS = Math.max(2, Math.min(4, availableParallelism()));
const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
const totals = { passed: 0, failed: 0, skipped: 0 };
/** What failed, told once more at the very end: the output before it is long. */
const failures = [];

const count = (name, { passed = 0, failed = 0, skipped = 0 }) => {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  console.log(`${failed === 0 ? '✓' : '✗'} ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
};

/** Counts of vitest's JSON report; a project that broke down before it could write one has failed. */
const readReport = (project, path, status) => {
  if (!existsSync(path)) {
    failures.push(`${project}: ended with status ${status} and left no report`);
    return { failed: 1 };
  }
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  const failed = report.numFailedTests + brokenFiles.length;
  for (const { name, message, assertionResults } of report.testResults) {
    for (const test of assertionResults.filter(({ status: result }) => result === 'failed')) {
      failures.push(
        `${project}: ${relative(root, name)} > ${test.fullName}\n    ${(test.failureMessages[0] ?? '').slice(0, FAILURE_LENGTH)}`,
      );
    }
    if (brokenFiles.some((file) => file.name === name))
      failures.push(`${project}: ${relative(root, name)}\n    ${message.slice(0, FAILURE_LENGTH)}`);
  }
  if (failed === 0 && status !== 0)
    failures.push(`${project}: every test passed, but vitest ended with status ${status}: an error outside of tests`);
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
};

await installSystemPackages(TEST_PACKAGES);
await installDependencies();
if (isWanted('packages') || isWanted('e2e')) await build();
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

for (const [name, [command, args]] of CHECKS) {
  if (!isWanted(name)) continue;
  const status = await run(command, args);
  if (status !== 0) failures.push(`${name}: ended with status ${status}`);
  count(name, status === 0 ? { passed: 1 } : { failed: 1 });
}
for (const project of PROJECTS) {
  if (!isWanted(project)) continue;
  const report = join(reports, `${project}.json`);
  // Through pnpm, so that tests which pack packages find it on a machine that has only npm.
  const [command, args] = pnpm('exec', 'vitest', 'run');
  const status = await run(command, [
    ...args,
    '--project',
    project,
    // Files of one project run side by side, each with a node of its own.
    `--maxWorkers=${WORKERS}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  count(project, readReport(project, report, status));
}
for (const failure of failures) console.log(`✗ ${failure}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
