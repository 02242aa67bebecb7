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
/** Parts of a project that are run by themselves when named: in the project's own run they are short. */
const PARTS = [['soak', 'e2e', ['tools/e2e/src/soak']]];
/** Files of one project: more is no coincidence. */
const MOST_LOOKED_AT_TWICE = 3;
/** Of a failure's message. */
const FAILURE_LENGTH = 600;
/** Files of a project whose time is told: where a quicker gate would begin. */
const SLOWEST_TOLD = 12;
const WORKERS = Math.max(2, Math.min(4, availableParallelism()));
const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
const totals = { passed: 0, failed: 0, skipped: 0 };
/** What failed, told once more at the very end: the output before it is long. */
const failures = [];
/** What failed beside others and passed by itself, told at the very end too. Only the gate looks twice; each of these is a fault to find. */
const unsteady = [];
const LOOKS_TWICE = process.env.CI === 'true';

const count = (name, { passed = 0, failed = 0, skipped = 0 }) => {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  console.log(`${failed === 0 ? '✓' : '✗'} ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
};

/** Counts of vitest's JSON report, and what failed by file; a project that broke down before it could write one has failed. */
const readReport = (project, path, status) => {
  if (!existsSync(path)) {
    const message = `${project}: ended with status ${status} and left no report`;
    return { passed: 0, failed: 1, skipped: 0, failedFiles: new Map(), messages: [message] };
  }
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const slowest = report.testResults.map(({ name, startTime, endTime }) => [
    Math.round((endTime - startTime) / 1000),
    relative(root, name),
  ]);
  slowest.sort(([one], [other]) => other - one);
  console.log(
    `${project}, the slowest: ${slowest
      .slice(0, SLOWEST_TOLD)
      .map(([seconds, name]) => `${name} ${seconds} s`)
      .join(', ')}`,
  );
  const failedFiles = new Map();
  for (const { name, status: outcome, message, assertionResults } of report.testResults) {
    const title = `${project}: ${relative(root, name)}`;
    const broken = assertionResults.filter((test) => test.status === 'failed');
    const messages = broken.map((test) => `${title} > ${test.fullName}\n    ${(test.failureMessages[0] ?? '').slice(0, FAILURE_LENGTH)}`);
    if (outcome === 'failed' && messages.length === 0) messages.push(`${title}\n    ${message.slice(0, FAILURE_LENGTH)}`);
    if (messages.length > 0) failedFiles.set(name, messages);
  }
  const messages = [...failedFiles.values()].flat();
  if (messages.length === 0 && status !== 0)
    messages.push(`${project}: every test passed, but vitest ended with status ${status}: an error outside of tests`);
  return {
    passed: report.numPassedTests,
    failed: messages.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
    failedFiles,
    messages,
  };
};

const runProject = async (project, name, more) => {
  const report = join(reports, `${name}.json`);
  // Through pnpm, so that tests which pack packages find it on a machine that has only npm.
  const [command, args] = pnpm('exec', 'vitest', 'run');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = await run(command, [...args, '--project', project, ...reporters, ...more]);
  return readReport(project, report, status);
};

/** What is built needs no system packages. */
const prepareRepository = async () => {
  await installDependencies();
  if (['packages', 'e2e', ...PARTS.map(([name]) => name)].some(isWanted)) await build();
};
await Promise.all([installSystemPackages(TEST_PACKAGES), prepareRepository()]);
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const check = async ([name, [command, args]]) => {
  // Side by side, so what they print comes when one has failed.
  const status = await run(command, args, { quiet: true });
  if (status !== 0) failures.push(`${name}: ended with status ${status}`);
  count(name, status === 0 ? { passed: 1 } : { failed: 1 });
};
await Promise.all(CHECKS.filter(([name]) => isWanted(name)).map(check));
for (const project of PROJECTS) {
  if (!isWanted(project)) continue;
  const startedAt = performance.now();
  // Files of one project run side by side, each with a node of its own.
  let result = await runProject(project, project, [`--maxWorkers=${WORKERS}`]);
  const files = [...result.failedFiles.keys()];
  if (LOOKS_TWICE && files.length > 0 && files.length <= MOST_LOOKED_AT_TWICE) {
    const alone = await runProject(project, `${project}-alone`, ['--maxWorkers=1', ...files]);
    const passedAlone = files.filter((file) => alone.failed === 0 || !alone.failedFiles.has(file));
    const mended = passedAlone.flatMap((file) => result.failedFiles.get(file));
    if (alone.failedFiles.size > 0 || alone.failed === 0) {
      unsteady.push(...mended);
      const messages = result.messages.filter((message) => !mended.includes(message));
      result = { ...result, passed: result.passed + mended.length, failed: messages.length, messages };
    }
  }
  failures.push(...result.messages);
  count(project, result);
  console.log(`${project} took ${Math.round((performance.now() - startedAt) / 1000)} s`);
}
for (const [name, project, files] of PARTS) {
  if (!wanted.includes(name)) continue;
  const result = await runProject(project, name, files);
  failures.push(...result.messages);
  count(name, result);
}
for (const message of unsteady) console.log(`! failed beside others, passed by itself: ${message}`);
for (const failure of failures) console.log(`✗ ${failure}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
