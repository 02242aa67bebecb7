import type { ResourceCatalog } from '../resources/resource-catalog.js';

/** What kubectl asks for. The answer must not have its `@`: Go cannot read a media type with it. */
export const OPENAPI_V2_REQUEST = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
export const OPENAPI_V2_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const encoder = new TextEncoder();

const varint = (value: number): readonly number[] => (value > 127 ? [(value % 128) | 128, ...varint(Math.floor(value / 128))] : [value]);

const bytes = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** A field of a message: text, or a message within. */
const field = (number: number, value: string | Uint8Array): Uint8Array => {
  const content = typeof value === 'string' ? encoder.encode(value) : value;
  return bytes(Uint8Array.from([...varint((number << 3) | 2), ...varint(content.length)]), content);
};

const queryParameter = (name: string): Uint8Array =>
  // ParametersItem.parameter > Parameter.non_body_parameter > query_parameter_sub_schema { in, name, type }
  field(8, field(1, field(2, field(3, bytes(field(2, 'query'), field(4, name), field(6, 'string'))))));

/**
 * The least that makes kubectl's `apply`, `edit`, `replace` and server-side dry runs work where they ask for OpenAPI 2: which kinds take `dryRun` and
 * `fieldValidation` in their PATCH (gnostic's openapi.v2.Document).
 */
export const openApiV2 = ({ resources }: ResourceCatalog, version: string): Uint8Array => {
  const paths = resources
    .filter(({ verbs }) => verbs.includes('patch'))
    .map(({ group, version: apiVersion, kind, plural }) => {
      const extension = field(13, bytes(field(1, 'x-kubernetes-group-version-kind'), field(2, field(2, gvkYaml(group, apiVersion, kind)))));
      const patch = bytes(queryParameter('dryRun'), queryParameter('fieldValidation'), extension);
      const path = group === '' ? `/api/${apiVersion}/${plural}/{name}` : `/apis/${group}/${apiVersion}/${plural}/{name}`;
      return field(2, bytes(field(1, path), field(2, field(8, patch))));
    });
  return bytes(field(1, '2.0'), field(2, bytes(field(1, 'Kubernetes'), field(2, version))), field(8, bytes(...paths)));
};

const gvkYaml = (group: string, version: string, kind: string): string =>
  `group: ${JSON.stringify(group)}\nkind: ${kind}\nversion: ${version}\n`;
