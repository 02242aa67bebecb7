import { describe, expect, it } from 'vitest';
import { podJsonSchema } from './pod-json-schema.js';

describe('podJsonSchema', () => {
  // After a change of the table: npx vitest run --project unit packages/pod-spec/src/explain -u
  it('is what schema/pod.schema.json says', async () => {
    await expect(`${JSON.stringify(podJsonSchema(), null, 2)}\n`).toMatchFileSnapshot('../../schema/pod.schema.json');
  });

  it('refers only to definitions that are there', () => {
    const text = JSON.stringify(podJsonSchema());
    const { definitions } = podJsonSchema() as { definitions: Record<string, unknown> };
    const references = new Set([...text.matchAll(/#\/definitions\/(\w+)/g)].map(([, name]) => name!));
    expect([...references].filter((name) => definitions[name] === undefined)).toEqual([]);
    expect(references.size).toBeGreaterThan(100);
  });

  it('knows the words, defaults and meanings of fields', () => {
    const { definitions } = podJsonSchema() as { definitions: Record<string, { properties: Record<string, unknown> }> };
    expect(definitions['PodSpec']!.properties['restartPolicy']).toMatchObject({
      enum: ['Always', 'OnFailure', 'Never'],
      default: 'Always',
    });
    expect(definitions['Probe']!.properties['periodSeconds']).toMatchObject({ type: 'integer', default: 10 });
  });
});
