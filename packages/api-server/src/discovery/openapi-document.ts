import { isFieldEnabled } from '@solo-kubelet/pod-spec/schema';
import { type ApiResource, groupVersion } from '../resources/api-resource.js';
import type { ResourceCatalog } from '../resources/resource-catalog.js';
import { type FieldSchema, type StructSchema, serverSchema } from '../schema/server-schema.js';
import type { DescribeField } from './field-words.js';

const SCALARS: Readonly<Record<string, object>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  Bytes: { type: 'string', format: 'byte' },
  Time: { type: 'string', format: 'date-time' },
  MicroTime: { type: 'string', format: 'date-time' },
  Quantity: { type: 'string' },
  IntOrString: { type: 'string', format: 'int-or-string' },
  RawObject: { type: 'object' },
};

const reference = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

const fieldSchema = (field: FieldSchema): object => {
  const one = field.struct === undefined ? (SCALARS[field.base] ?? {}) : { allOf: [reference(field.struct.name)] };
  if (field.container === 'list') return { type: 'array', items: one };
  return field.container === 'map' ? { type: 'object', additionalProperties: one } : one;
};

const described = (description: string): object => (description === '' ? {} : { description });

/** Fields that have to be there. Of a kind itself clients have never been told any. */
const requiredOf = (struct: StructSchema): object => {
  const required = struct.fields.filter(({ optional, pointer }) => !optional && !pointer).map(({ name }) => name);
  return required.length === 0 ? {} : { required };
};

/** The structures that one needs, with itself. */
const collect = (struct: StructSchema, into: Map<string, StructSchema>): void => {
  if (into.has(struct.name)) return;
  into.set(struct.name, struct);
  for (const { struct: inner } of struct.fields.filter((field) => isFieldEnabled(field, {}))) if (inner !== undefined) collect(inner, into);
};

/** Without words: what a client learns who looks only for names and types. */
const SILENT: DescribeField = () => ({ description: '', values: [] });

const structSchema = (struct: StructSchema, resource: ApiResource | undefined, describe: DescribeField): object => ({
  ...described(describe(struct).description),
  type: 'object',
  properties: Object.fromEntries(
    struct.fields
      .filter((field) => isFieldEnabled(field, {}))
      .map((field) => {
        const { description, values } = describe(struct, field);
        return [
          field.name,
          { ...described(description), ...fieldSchema(field), ...(values.length > 0 && field.container === '' && { enum: values }) },
        ];
      }),
  ),
  ...(resource === undefined && requiredOf(struct)),
  ...(resource && {
    'x-kubernetes-group-version-kind': [{ group: resource.group, kind: resource.kind, version: resource.version }],
  }),
});

const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({ name, in: 'query', schema: { type: 'string' } }));

const pathsOf = (resource: ApiResource): readonly (readonly [string, object])[] => {
  const prefix = resource.group === '' ? '/api/v1' : `/apis/${groupVersion(resource)}`;
  const base = `${prefix}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`;
  const gvk = { group: resource.group, kind: resource.kind, version: resource.version };
  const operation = (action: string): object => ({
    ...(action !== 'list' && action !== 'get' && { parameters: WRITE_PARAMETERS }),
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  });
  return [
    [base, { ...(resource.verbs.includes('list') && { get: operation('list') }), post: operation('post') }],
    ...(resource.verbs.includes('get')
      ? ([
          [`${base}/{name}`, { get: operation('get'), put: operation('put'), patch: operation('patch'), delete: operation('delete') }],
        ] as const)
      : []),
  ];
};

/** The OpenAPI document of a group version, from the same tables that the server reads objects by; undefined for a path that has none. */
export const openApiDocument = ({ resources }: ResourceCatalog, path: string, describe: DescribeField = SILENT): object | undefined => {
  const match = /^(?:api\/(v1)|apis\/([^/]+)\/([^/]+))$/.exec(path);
  const info = { title: 'Kubernetes', version: 'v1.36.2' };
  if (match === null)
    return ['api', 'apis', 'version'].includes(path) || /^apis\/[^/]+$/.test(path) ? { openapi: '3.0.0', info, paths: {} } : undefined;
  const [group, version] = match[1] === undefined ? [match[2]!, match[3]!] : ['', 'v1'];
  const own = resources.filter((each) => each.group === group && each.version === version);
  if (own.length === 0) return undefined;
  const structs = new Map<string, StructSchema>();
  for (const { struct } of own) collect(serverSchema.struct(struct), structs);
  const byStruct = new Map(own.map((resource) => [resource.struct, resource]));
  return {
    openapi: '3.0.0',
    info,
    paths: Object.fromEntries(own.flatMap(pathsOf)),
    components: {
      schemas: Object.fromEntries([...structs].map(([name, struct]) => [name, structSchema(struct, byStruct.get(name), describe)])),
    },
  };
};
