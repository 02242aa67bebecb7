import { describe, expect, it } from 'vitest';
import { objectKinds } from '../kinds/object-kind.js';
import { objectSchema } from '../schema.js';
import { explainObjectField } from './explain-object-field.js';
import { objectJsonSchema } from './object-json-schema.js';

describe('explainObjectField', () => {
  it('knows kinds by every name they have, and Pods without any', () => {
    expect(explainObjectField('deploy.spec.strategy.rollingUpdate.maxSurge')).toMatchObject({ default: '25%', type: 'IntOrString' });
    expect(explainObjectField('persistentvolumeclaims.spec').fields.map(({ name }) => name)).toContain('accessModes');
    expect(explainObjectField('deployment.spec.template.spec.containers.image').path).toBe(
      'deployment.spec.template.spec.containers.image',
    );
    expect(explainObjectField('spec.containers').path).toBe('pod.spec.containers');
  });

  it('says which name was probably meant', () => {
    expect(() => explainObjectField('cm.dat')).toThrow('configmap has no field dat');
  });

  it('says that there is no such kind, as kubectl does, of what is neither a kind nor a field of a Pod', () => {
    expect(() => explainObjectField('nope')).toThrow('the server doesn\'t have a resource type "nope"');
    expect(() => explainObjectField('deploymnt.spec')).toThrow(expect.objectContaining({ hint: 'did you mean deployment?' }));
    expect(() => explainObjectField('pod.nope')).toThrow('pod has no field nope');
    expect(explainObjectField('PODS.spec').path).toBe('pod.spec');
  });
});

describe('objectJsonSchema', () => {
  it.each(objectKinds.map((kind) => [kind.kind, kind] as const))('defines all that a %s is made of', (name, kind) => {
    const schema = objectJsonSchema(kind);
    const definitions = schema['definitions'] as Record<string, unknown>;
    const references = [...JSON.stringify(schema).matchAll(/"#\/definitions\/(\w+)"/g)].map(([, reference = '']) => reference);
    expect(references.filter((reference) => definitions[reference] === undefined)).toEqual([]);
    expect(Object.keys(schema['properties'] as object)).toEqual(objectSchema.struct(name).fields.map((field) => field.name));
  });
});
