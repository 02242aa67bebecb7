import { describe, expect, it } from 'vitest';
import { container, pod } from '../testing/index.js';
import type { PodActivity } from './activity.js';
import { aboutNode, aboutPod, recordEvent, restoredEventLog } from './event-log.js';
import { eventOfActivity } from './event-of-activity.js';

const web = pod('web', { initContainers: [container('one')] });
const start = { type: 'startContainer', container: container('app'), kind: 'regular', restartCount: 0 } as const;
const failed = (reason: string) => ({ type: 'actionFailed', action: start, reason, message: 'why', retryAtMs: 0 }) as const;

const imageFailed = (reason: string) => ({ type: 'imageFailed', containerName: 'app', image: 'app:1', reason, message: 'why' }) as const;
const sandboxFailed = (reason: string) =>
  ({ type: 'actionFailed', action: { type: 'createSandbox', attempt: 0 }, reason, message: 'why', retryAtMs: 0 }) as const;

describe('events', () => {
  it.each<[PodActivity, string, string, string]>([
    [{ type: 'imagePulling', containerName: 'app', image: 'app:1' }, 'Normal', 'Pulling', 'Pulling image "app:1"'],
    [
      { type: 'imagePulled', containerName: 'app', image: 'app:1', present: false, durationMs: 1_200, waitedMs: 300, sizeBytes: 99 },
      'Normal',
      'Pulled',
      'Successfully pulled image "app:1" in 1.2s (1.5s including waiting). Image size: 99 bytes.',
    ],
    [
      { type: 'imagePulled', containerName: 'app', image: 'app:1', present: true, durationMs: 0, waitedMs: 0, sizeBytes: 99 },
      'Normal',
      'Pulled',
      'Container image "app:1" already present on machine',
    ],
    [
      { type: 'imageFailed', containerName: 'app', image: 'app:1', reason: 'ImagePullBackOff', message: 'x' },
      'Normal',
      'BackOff',
      'Back-off pulling image "app:1"',
    ],
    [imageFailed('ErrImagePull'), 'Warning', 'Failed', 'why'],
    [imageFailed('InvalidImageName'), 'Warning', 'InspectFailed', 'why'],
    [imageFailed('ImageInspectError'), 'Warning', 'InspectFailed', 'why'],
    [imageFailed('ErrImageNeverPull'), 'Warning', 'ErrImageNeverPull', 'why'],
    [failed('ErrImagePull'), 'Warning', 'Failed', 'Error: ErrImagePull'],
    [failed('CreateContainerConfigError'), 'Warning', 'Failed', 'Error: why'],
    [
      { type: 'actionFailed', action: { type: 'createSandbox', attempt: 0 }, reason: 'FailedMount', message: 'no disk', retryAtMs: 0 },
      'Warning',
      'FailedMount',
      'no disk',
    ],
    [sandboxFailed('FailedCreatePodSandBox'), 'Warning', 'FailedCreatePodSandBox', 'Failed to create pod sandbox: why'],
    [sandboxFailed('FailedPodSandBoxStatus'), 'Warning', 'FailedPodSandBoxStatus', 'Unable to get pod sandbox status: why'],
    [sandboxFailed('FailedCreatePodContainer'), 'Warning', 'FailedCreatePodContainer', 'unable to ensure pod container exists: why'],
    [
      { type: 'backoff', containerName: 'app', reason: 'CrashLoopBackOff', message: 'x', untilMs: 0 },
      'Warning',
      'BackOff',
      'Back-off restarting failed container app in pod web_default(uid-web)',
    ],
    [
      { type: 'hookFailed', hook: 'preStop', containerName: 'app', message: 'exited with 1', output: 'no door' },
      'Warning',
      'FailedPreStopHook',
      'exited with 1\nno door',
    ],
  ])('%#', (activity, type, reason, message) => expect(eventOfActivity(activity, web)).toMatchObject({ type, reason, message }));

  it('about one object are told 25 times at once and then once in 5 minutes, by type, and counted meanwhile', () => {
    let log = restoredEventLog([]);
    const say = (type: 'Normal' | 'Warning', nowMs: number, name = 'web') => {
      log = recordEvent(log, aboutPod(pod(name), undefined), { type, reason: 'Told', message: 'again' }, nowMs, 100);
      return log.latest?.count;
    };
    for (let count = 1; count <= 25; count++) expect(say('Warning', 1_000)).toBe(count);
    expect([say('Warning', 1_000), say('Warning', 300_000), say('Normal', 300_000), say('Warning', 300_000, 'api')]).toEqual([
      undefined,
      undefined,
      1,
      1,
    ]);
    expect([say('Warning', 301_000), say('Warning', 301_000)]).toEqual([28, undefined]);
  });

  it('that say the same are one event, counted, with its first and last time', () => {
    const draft = { type: 'Warning', reason: 'BackOff', message: 'again', containerName: 'one' } as const;
    const about = aboutPod(web, 'one');
    let log = recordEvent(restoredEventLog([]), about, draft, 0, 10);
    const first = log.latest;
    log = recordEvent(log, about, draft, 61_000, 10);
    expect(log.latest).toMatchObject({
      id: first?.id,
      count: 2,
      firstTimestamp: '1970-01-01T00:00:00Z',
      lastTimestamp: '1970-01-01T00:01:01Z',
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'web', uid: 'uid-web', fieldPath: 'spec.initContainers{one}' },
    });
    expect(recordEvent(restoredEventLog([...log.events.values()]), about, draft, 70_000, 10).latest?.count).toBe(3);
  });

  it('of one kind that each say something else are combined from the tenth on, until ten minutes are quiet', () => {
    const about = aboutPod(web, 'one');
    let log = restoredEventLog([]);
    const say = (message: string, atMs: number) => {
      log = recordEvent(log, about, { type: 'Warning', reason: 'Unhealthy', message }, atMs, 100);
      return log.latest;
    };
    for (let id = 0; id < 500; id++) say(`no answer to request ${id}`, id * 1_000);
    expect(log.events.size).toBe(10);
    expect(say('no answer to request 500', 700_000)).toMatchObject({
      message: '(combined from similar events): no answer to request 500',
      count: 492,
    });
    expect(say('no answer to request 1000', 1_400_000)).toMatchObject({ message: 'no answer to request 1000', count: 1 });
    expect(recordEvent(log, about, { type: 'Normal', reason: 'Pulled', message: 'x' }, 1_400_000, 100).latest).toMatchObject({
      message: 'x',
    });
  });

  it('that differ in nothing but the ids of a runtime are one event', () => {
    const say = (log: ReturnType<typeof restoredEventLog>, digit: string) =>
      recordEvent(log, aboutPod(web, undefined), { type: 'Warning', reason: 'Failed', message: `no sandbox "${digit.repeat(64)}"` }, 0, 10);
    expect(['a', 'b', 'c'].reduce(say, restoredEventLog([])).latest).toMatchObject({ message: 'no sandbox "<id>"', count: 3 });
  });

  it('beyond the bound push out what was longest quiet', () => {
    const say = (log: ReturnType<typeof restoredEventLog>, message: string) =>
      recordEvent(log, aboutNode('node1'), { type: 'Normal', reason: 'Started', message }, 0, 2);
    const log = ['a', 'b', 'a', 'c'].reduce(say, restoredEventLog([]));
    expect([...log.events.values()].map(({ message }) => message)).toEqual(['a', 'c']);
  });
});
