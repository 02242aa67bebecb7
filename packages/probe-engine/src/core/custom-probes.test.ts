import type { Pod } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { customProbes } from './custom-probes.js';

const pod = (annotations: Readonly<Record<string, string>>): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: 'u', annotations },
  spec: {
    containers: [
      { name: 'app', image: 'x' },
      { name: 'web.v2', image: 'x', livenessProbe: { tcpSocket: { port: 1 } } },
    ],
    initContainers: [
      { name: 'setup', image: 'x' },
      { name: 'proxy', image: 'x', restartPolicy: 'Always' },
    ],
  },
});
const read = (name: string, value: string) => customProbes(pod({ [`probes.solo-kubelet.dev/${name}`]: value }));

describe('customProbes', () => {
  it('reads the kind, its action and the timing', () => {
    expect(read('app.readiness', '{"mqtt": {"port": 1883}, "periodSeconds": 2, "failureThreshold": 5}')).toEqual({
      probes: [
        {
          containerName: 'app',
          kind: 'readiness',
          probe: { periodSeconds: 2, failureThreshold: 5 },
          custom: { field: 'mqtt', action: { port: 1883 } },
        },
      ],
      issues: [],
    });
  });

  it('knows sidecars, and container names with dots', () => {
    expect(read('proxy.startup', '{"mqtt": {}}').probes).toHaveLength(1);
    expect(read('web.v2.readiness', '{"mqtt": {}}').probes).toMatchObject([{ containerName: 'web.v2' }]);
  });

  it('does not care about other annotations', () => {
    expect(customProbes(pod({ 'example.com/app.readiness': 'x' }))).toEqual({ probes: [], issues: [] });
  });

  it.each([
    ['app', '{}', 'the name must be <container>.<startup|liveness|readiness>'],
    ['app.health', '{}', 'the name must be <container>.<startup|liveness|readiness>'],
    ['other.readiness', '{}', 'the Pod has no container "other" that can be probed'],
    ['setup.readiness', '{}', 'the Pod has no container "setup" that can be probed'],
    ['web.v2.liveness', '{"mqtt":{}}', 'container web.v2 has a livenessProbe already'],
    ['app.readiness', '[1]', 'the value must be a JSON object'],
    ['app.readiness', '{"periodSeconds": 1}', 'exactly one kind of probe is needed, but there is none'],
    ['app.readiness', '{"mqtt": {}, "smtp": {}}', 'exactly one kind of probe is needed, but there are mqtt, smtp'],
    ['app.readiness', '{"httpGet": {"port": 1}}', 'httpGet belongs into readinessProbe of the container'],
    ['app.readiness', '{"mqtt": {}, "periodSeconds": 0}', 'periodSeconds must be a whole number of at least 1'],
    ['app.readiness', '{"mqtt": {}, "timeoutSeconds": "5"}', 'timeoutSeconds must be a whole number of at least 1'],
    ['app.liveness', '{"mqtt": {}, "successThreshold": 2}', 'successThreshold of a liveness probe must be 1'],
    ['app.readiness', '{"mqtt": {}, "terminationGracePeriodSeconds": 2}', 'a readiness probe has no terminationGracePeriodSeconds'],
  ])('refuses %s: %s', (name, value, message) => {
    expect(read(name, value)).toEqual({ probes: [], issues: [{ annotation: `probes.solo-kubelet.dev/${name}`, message }] });
  });

  it('says where JSON is broken', () => {
    expect(read('app.readiness', '{mqtt}').issues[0]?.message).toMatch(/^the value is not JSON: /);
  });
});
