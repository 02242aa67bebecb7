import { expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

const review = (resourceAttributes: object, metadata: object = {}) => {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const { code, value } = askCore()('POST', path, {
    metadata,
    spec: { resourceAttributes: { verb: 'get', resource: 'pods', ...resourceAttributes } },
  });
  return [code, value.status?.evaluationError ?? value.message];
};

it.each<[object, readonly unknown[]]>([
  [{ labelSelector: { rawSelector: 'a in (' } }, [201, 'spec.resourceAttributes.labelSelector ignored due to parse error']],
  [
    { labelSelector: {} },
    [422, expect.stringContaining('requirements: Required value: when spec.resourceAttributes.labelSelector is specified')],
  ],
  [
    { fieldSelector: { rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'Exists' }] } },
    [422, expect.stringContaining('fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements')],
  ],
  [{ fieldSelector: { rawSelector: 'a=b' } }, [201, undefined]],
])('selectors of a review: %j', (attributes, answer) => expect(review(attributes)).toEqual(answer));

it('a review outside of namespaces loses the one that it names, and may have no name', () => {
  expect(review({}, { namespace: 'n' })).toEqual([201, undefined]);
  expect(review({}, { name: 'n' })).toEqual([422, expect.stringContaining('must be empty')]);
});
