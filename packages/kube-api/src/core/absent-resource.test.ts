import { expect, it } from 'vitest';
import { absenceOf } from './absent-resource.js';

const absence = (group: string, resource: string) => absenceOf({ isResource: true, group, resource });

it('says what to do instead of what Kubernetes has and this node has not', () => {
  expect(absence('autoscaling', 'horizontalpodautoscalers')?.status).toMatchObject({
    code: 404,
    reason: 'NotFound',
    message: expect.stringMatching(/^this node has no horizontalpodautoscalers\.autoscaling: nothing here scales by load/),
  });
  expect(absence('', 'resourcequotas')?.status.message).toContain('kubectl api-resources');
});

it('says nothing of what is there, nor of what nobody knows', () => {
  expect(absence('', 'pods')).toBeUndefined();
  expect(absence('', 'constructor')).toBeUndefined();
  expect(absenceOf({ isResource: false, group: '', resource: '' })).toBeUndefined();
});
