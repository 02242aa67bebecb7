import { expect, it } from 'vitest';
import { eventPrinter } from './printers.js';

it('names the container that an event is about', () => {
  const { row } = eventPrinter({ now: () => 0, withNamespace: false });
  const event = { type: 'Normal', reason: 'Started', message: 'Container started' };
  const involvedObject = { kind: 'Pod', name: 'web' };
  expect(row({ ...event, involvedObject: { ...involvedObject, fieldPath: 'spec.containers{app}' } }).slice(3)).toEqual([
    'pod/web',
    'spec.containers{app}: Container started',
  ]);
  expect(row({ ...event, involvedObject }).at(-1)).toBe('Container started');
});
