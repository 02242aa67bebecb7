import { fileURLToPath } from 'node:url';
import * as objectSpec from '@solo-kubelet/object-spec';
import * as podEnvironment from '@solo-kubelet/pod-environment';
import * as podSpec from '@solo-kubelet/pod-spec';
import * as selectors from '@solo-kubelet/selectors';
import * as workloads from '@solo-kubelet/workloads';
import { describe, expect, it } from 'vitest';
import { printFailure, printFigures } from './print-figures.mjs';
import { runDirectory } from './run-directory.mjs';

const casesOf = (name: string): string => fileURLToPath(new URL(`../../../packages/${name}/test/cases`, import.meta.url));
const OTHER_CASES = process.env['SOLO_KUBELET_CONFORMANCE_DIR'];

const check = async (directory: string): Promise<void> => {
  const { pods, objects, tables } = await runDirectory(directory, {
    ...objectSpec,
    ...podSpec,
    ...podEnvironment,
    ...selectors,
    ...workloads,
  });
  const problems = [
    ...[...pods.failures, ...objects.failures].flatMap(printFailure),
    ...tables.flatMap(({ op, failures }) => failures.map((failure) => `${op} ${JSON.stringify(failure)}`)),
  ];
  expect(problems, printFigures({ pods, objects, tables }).join('\n')).toEqual([]);
  expect(pods.total.verdict.of + objects.total.verdict.of).toBeGreaterThan(0);
};

describe('our packages', () => {
  it.each(['pod-spec', 'object-spec'])('make of our own cases of %s what Kubernetes makes of them', (name) => check(casesOf(name)));

  it.skipIf(OTHER_CASES === undefined)(
    'make of the cases in SOLO_KUBELET_CONFORMANCE_DIR what Kubernetes makes of them (skipped if that is not set)',
    () => check(OTHER_CASES!),
    120_000,
  );
});
