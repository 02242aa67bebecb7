import { expect, it } from 'vitest';
import { fullCatalog } from '../resources/resource-catalog.js';
import { type StructSchema, serverSchema } from '../schema/server-schema.js';
import { createFieldWords } from './field-words.js';
import { openApiDocument } from './openapi-document.js';

const describeField = createFieldWords();

it('says something of every kind that a node serves, and of nearly every field', () => {
  const seen = new Map<string, StructSchema>();
  const walk = (struct: StructSchema): void => {
    if (seen.has(struct.name)) return;
    seen.set(struct.name, struct);
    for (const field of struct.fields) if (field.struct !== undefined) walk(field.struct);
  };
  const foreign = new Set(['HorizontalPodAutoscaler', 'PodTemplate', 'ResourceQuota', 'LimitRange']);
  for (const { struct, kind } of fullCatalog.resources) if (!foreign.has(kind)) walk(serverSchema.struct(struct));
  const silent = [...seen.values()].flatMap((struct) =>
    struct.fields.filter((field) => describeField(struct, field).description === '').map(({ name }) => `${struct.name}.${name}`),
  );
  expect(silent).toEqual([]);
});

it('writes them into OpenAPI documents, with the words that a field knows', () => {
  const document = openApiDocument(fullCatalog, 'api/v1', describeField) as {
    readonly components: {
      readonly schemas: Readonly<Record<string, { description: string; required?: string[]; properties: Record<string, object> }>>;
    };
  };
  const { Pod, Container, NodeSpec } = document.components.schemas;
  expect(Pod?.description).not.toBe('');
  expect(Container?.required).toContain('name');
  expect(Container?.properties['imagePullPolicy']).toMatchObject({
    enum: ['Always', 'Never', 'IfNotPresent'],
    description: expect.any(String),
  });
  expect(NodeSpec?.properties['unschedulable']).toMatchObject({ description: 'Whether the node is cordoned.' });
});
