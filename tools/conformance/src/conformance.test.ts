import { fileURLToPath } from 'node:url';
import * as podEnvironment from '@solo-kubelet/pod-environment';
import * as podSpec from '@solo-kubelet/pod-spec';
import * as selectors from '@solo-kubelet/selectors';
import * as workloads from '@solo-kubelet/workloads';
import { describe, expect, it } from 'vitest';
import { printFailure, printFigures } from './print-figures.mjs';
import { runDirectory } from './run-directory.mjs';

const OWN_CASES = fileURLToPath(new URL('../../../packages/pod-spec/test/cases', import.meta.url));
const OTHER_CASES = process.env['SOLO_KUBELET_CONFORMANCE_DIR'];

const check = async (directory: string): Promise<void> => {
  const { pods, tables } = await runDirectory(directory, { ...podSpec, ...podEnvironment, ...selectors, ...workloads });
  const problems = [
    ...pods.failures.flatMap(printFailure),
    ...tables.flatMap(({ op, failures }) => failures.map((failure) => `${op} ${JSON.stringify(failure)}`)),
  ];
  expect(problems, printFigures({ pods, tables }).join('\n')).toEqual([]);
  expect(pods.total.verdict.of).toBeGreaterThan(0);
};

describe('our packages', () => {
  it('make of our own cases what Kubernetes makes of them', () => check(OWN_CASES));

  it.skipIf(OTHER_CASES === undefined)(
    'make of the cases in SOLO_KUBELET_CONFORMANCE_DIR what Kubernetes makes of them (skipped if that is not set)',
    () => check(OTHER_CASES!),
    120_000,
  );
});
