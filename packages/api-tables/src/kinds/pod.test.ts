import { describe, expect, it } from 'vitest';
import { tableFor } from '../table-for.js';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const waiting = (reason: string): object => ({ name: 'a', restartCount: 0, state: { waiting: { reason } } });
const running = (name = 'a'): object => ({ name, ready: true, restartCount: 0, state: { running: {} } });
const ended = (terminated: object): object => ({ name: 'a', restartCount: 0, state: { terminated } });

/** Ready, Status and Restarts of a Pod. */
const shown = (pod: object): readonly unknown[] => tableFor({ group: '', kind: 'Pod' }, [pod], { now: NOW }).rows[0]!.cells.slice(1, 4);
const two = { containers: [{ name: 'a' }, { name: 'b' }] };

describe('the Status column of a Pod', () => {
  it.each([
    ['the phase without any container status', { spec: two, status: { phase: 'Pending' } }, ['0/2', 'Pending', '0']],
    ['the reason of the status before the phase', { status: { phase: 'Failed', reason: 'Evicted' } }, ['0/0', 'Evicted', '0']],
    [
      'SchedulingGated of a Pod that may not be scheduled yet',
      { status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] } },
      ['0/0', 'SchedulingGated', '0'],
    ],
    [
      'the word of the first container, not of the last',
      { spec: two, status: { phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff'), waiting('ImagePullBackOff')] } },
      ['0/2', 'CrashLoopBackOff', '0'],
    ],
    [
      'NotReady of one that runs beside one that has completed',
      { spec: two, status: { phase: 'Running', containerStatuses: [ended({ exitCode: 0, reason: 'Completed' }), running('b')] } },
      ['1/2', 'NotReady', '0'],
    ],
    [
      'the failure of another container before Completed',
      { spec: two, status: { containerStatuses: [ended({ exitCode: 0, reason: 'Completed' }), ended({ exitCode: 3 })] } },
      ['0/2', 'ExitCode:3', '0'],
    ],
    ['the signal without a reason', { status: { containerStatuses: [ended({ exitCode: 137, signal: 9 })] } }, ['0/0', 'Signal:9', '0']],
    [
      'how far initialization is',
      {
        spec: { ...two, initContainers: [{ name: 'i' }, { name: 'j' }] },
        status: { phase: 'Pending', initContainerStatuses: [ended({ exitCode: 0 }), running('j')] },
      },
      ['0/2', 'Init:1/2', '0'],
    ],
    [
      'a failed init container',
      { spec: { ...two, initContainers: [{ name: 'i' }] }, status: { initContainerStatuses: [ended({ exitCode: 1, reason: 'Error' })] } },
      ['0/2', 'Init:Error', '0'],
    ],
    [
      'an init container that waits although the Pod says it is initialized',
      {
        spec: { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }] },
        status: {
          conditions: [{ type: 'Initialized', status: 'True' }],
          initContainerStatuses: [waiting('CrashLoopBackOff')],
          containerStatuses: [running()],
        },
      },
      ['1/1', 'Init:CrashLoopBackOff', '0'],
    ],
    [
      'a sidecar among the ready ones',
      {
        spec: { containers: [{ name: 'a' }], initContainers: [{ name: 's', restartPolicy: 'Always' }] },
        status: {
          phase: 'Running',
          initContainerStatuses: [{ ...running('s'), started: true, restartCount: 2 }],
          containerStatuses: [{ ...running(), restartCount: 1 }],
        },
      },
      ['2/2', 'Running', '3'],
    ],
    ['Terminating', { metadata: { deletionTimestamp: '2026-05-01T11:00:00Z' }, status: { phase: 'Running' } }, ['0/0', 'Terminating', '0']],
    [
      'Unknown of a node that is lost',
      { metadata: { deletionTimestamp: '2026-05-01T11:00:00Z' }, status: { phase: 'Running', reason: 'NodeLost' } },
      ['0/0', 'Unknown', '0'],
    ],
    [
      'the phase of an ended Pod, also while it is deleted',
      { metadata: { deletionTimestamp: 'x' }, status: { phase: 'Succeeded' } },
      ['0/0', 'Succeeded', '0'],
    ],
    [
      'when the last restart was',
      {
        status: {
          phase: 'Running',
          containerStatuses: [{ ...running(), restartCount: 4, lastState: { terminated: { finishedAt: '2026-05-01T11:55:00Z' } } }],
        },
      },
      ['1/0', 'Running', '4 (5m ago)'],
    ],
  ])('is %s', (_what, pod, cells) => expect(shown(pod)).toEqual(cells));
});
