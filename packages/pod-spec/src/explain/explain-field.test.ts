import { describe, expect, it } from 'vitest';
import { structNames, structSchema } from '../schema/field-schema.js';
import { describeField, explainField } from './explain-field.js';
import { renderExplanation } from './render-explanation.js';

describe('explainField', () => {
  it('follows a path into lists and tells type, default, words and what is inside', () => {
    expect(explainField('pod.spec.containers.livenessProbe')).toMatchObject({ path: 'pod.spec.containers.livenessProbe', type: 'Probe' });
    expect(explainField('spec.containers[0].imagePullPolicy').values).toEqual(['Always', 'Never', 'IfNotPresent']);
    expect(explainField('pod.spec.terminationGracePeriodSeconds')).toMatchObject({ type: 'int64', default: '30', required: false });
    expect(explainField('pod.spec.containers').required).toBe(true);
    expect(explainField('pod').fields.map(({ name }) => name)).toContain('spec');
  });

  it('says which name was probably meant', () => {
    expect(() => explainField('pod.spec.containers.livenessProb')).toThrow('pod.spec.containers has no field livenessProb');
    try {
      explainField('pod.spec.containers.livenessProb');
    } catch (error) {
      expect(error).toMatchObject({ code: 'POD_SPEC_FIELD_UNKNOWN', hint: 'did you mean livenessProbe?' });
    }
  });

  it('has words for every field of every structure', () => {
    const silent = structNames().flatMap((name) =>
      structSchema(name)
        .fields.filter((field) => describeField(structSchema(name), field).description === '')
        .map((field) => `${name}.${field.name}`),
    );
    expect(silent).toEqual([]);
  });
});

describe('renderExplanation', () => {
  it('prints path, type, default and the fields inside', () => {
    const text = renderExplanation(explainField('pod.spec.containers.livenessProbe'));
    expect(text).toContain('pod.spec.containers.livenessProbe  <Probe>');
    expect(text).toContain('  periodSeconds  <int32>\n    default: 10\n    Seconds between checks.');
  });
});

it.each([
  ['pod.metadata.labels[app.kubernetes.io/name]', 'string'],
  ['metadata.annotations.owner', 'string'],
  ['spec.containers[0].resources.limits.cpu', 'Quantity'],
  ['spec.containers.resources.requests[example.com/gpu]', 'Quantity'],
])('explains a key of a map: %s', (path, type) => {
  expect(explainField(path)).toMatchObject({ type, description: expect.stringMatching(/\w/), fields: [] });
});

it('knows nothing below the key of a map of plain values', () =>
  expect(() => explainField('metadata.labels.app.x')).toThrow(/has no field x/));
