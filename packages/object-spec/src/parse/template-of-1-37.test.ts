import { expect, it } from 'vitest';
import { type ParseObjectOptions, parseObject } from './parse-object.js';

const deployment = (volume: object, mount: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'app', image: 'app:1', volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }] }],
        volumes: [{ name: 'v', ...volume }],
      },
    },
  },
});
const parse = (object: object, options: Partial<ParseObjectOptions> = {}) =>
  parseObject(JSON.stringify(object), { path: 'a.json', ...options });

it.each([{ image: {} }, { image: { reference: '' } }])('a template refuses an image volume without a reference: %j', (volume) => {
  const result = parse(deployment(volume));
  expect(result.ok ? [] : result.issues.map(({ message }) => message)).toEqual([
    'spec.template.spec.volumes[0].image.reference: Required value',
  ]);
  expect(parse(deployment({ image: { reference: 'data:1' } })).ok).toBe(true);
});

it('fields behind gates of a template are those of a Pod', () => {
  const mounted = deployment({ emptyDir: {} }, { bindMountOptions: ['nodev', 'oops'] });
  const off = parse(mounted);
  expect(off).toMatchObject({ ok: true, notes: [{ code: 'UNKNOWN_FIELD' }] });
  expect(JSON.stringify(off)).not.toContain('"nodev"');
  const on = parse(mounted, { featureGates: { VolumeBindMountOptions: true } });
  expect(on).toMatchObject({ ok: false, issues: [{ field: 'spec.template.spec.containers[0].volumeMounts[0].bindMountOptions[1]' }] });
});
