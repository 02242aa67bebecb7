import { expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

const withPod = () => {
  const ask = askCore();
  ask('POST', 'pods', { metadata: { name: 'x' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  return ask;
};

it.each(['All', 'Stdout', ''])('a log has no streams to choose from: %j', (stream) => {
  const { code, value } = withPod()('GET', `pods/x/log?stream=${stream}`);
  expect([code, value.details.causes]).toEqual([
    422,
    [{ reason: 'FieldValueForbidden', message: 'Forbidden: may not be specified', field: 'stream' }],
  ]);
});

it('a time that is none is said before anything else', () => {
  expect(withPod()('GET', 'pods/x/log?sinceTime=x&container=none').value.message).toBe(
    'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
  );
});

it('what is reached through a proxy may be named with a scheme and a port', () => {
  const ask = withPod();
  expect(ask('GET', 'services/http:s:80/proxy').value.details.name).toBe('s');
  expect(ask('GET', 'services/s:80/proxy').value.details.name).toBe('s');
});
