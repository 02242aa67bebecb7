import { podUid } from '@solo-kubelet/reconciler';
import { expect, it } from 'vitest';
import { activityFields } from './log-activity.js';

it('logs containers by name: values of variables never reach a record', () => {
  const container = { name: 'app', image: 'app:1', env: [{ name: 'PASSWORD', value: 'hunter2' }] };
  const action = { type: 'startContainer', container, kind: 'regular', restartCount: 0 } as const;
  const fields = activityFields({ type: 'actionStarted', scope: 'pod', atMs: 1, podUid: podUid('u'), pod: 'default/web', action });
  expect(fields).toEqual({ podUid: 'u', pod: 'default/web', action: 'startContainer', containerName: 'app' });
  expect(JSON.stringify(fields)).not.toContain('hunter2');
});
