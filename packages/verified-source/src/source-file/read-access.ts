import { fieldsOf, type Tell } from '@solo-kubelet/manifest-source/settings';
import type { YAMLMap } from 'yaml';
import { hostProblem, readEndpoint, readRegion } from '../core/bucket-address.js';
import type { BucketAccess, RegistryAccess } from '../core/source-definition.js';

/** `spec.s3`. */
export const readBucketAccess = (map: YAMLMap | undefined, tell: Tell): BucketAccess | undefined => {
  if (map === undefined) return undefined;
  const fields = fieldsOf(map, 'spec.s3', tell);
  const endpoint = fields.read('endpoint', 'an http or https URL without a path, such as https://s3.example.org', readEndpoint);
  const region = fields.read('region', 'a region such as eu-central-1', readRegion);
  const pathStyle = fields.truth('pathStyle');
  const credentialsFile = fields.text('credentialsFile');
  const profile = fields.text('profile');
  const anonymous = fields.truth('anonymous');
  fields.end();
  const inHost = hostProblem({ ...(endpoint !== undefined && { endpoint }), ...(pathStyle !== undefined && { pathStyle }) });
  if (inHost !== undefined) fields.wrong('pathStyle', inHost);
  if (profile !== undefined && credentialsFile === undefined)
    fields.wrong('profile', 'it is one of spec.s3.credentialsFile, which is not given');
  if (anonymous === true && credentialsFile !== undefined) fields.wrong('anonymous', 'credentialsFile is given: leave out one of the two');
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(pathStyle !== undefined && { pathStyle }),
    ...(credentialsFile !== undefined && { credentialsFile }),
    ...(profile !== undefined && { profile }),
    ...(anonymous !== undefined && { anonymous }),
  };
};

/** `spec.oci`. */
export const readRegistryAccess = (map: YAMLMap | undefined, tell: Tell): RegistryAccess | undefined => {
  if (map === undefined) return undefined;
  const fields = fieldsOf(map, 'spec.oci', tell);
  const plainHTTP = fields.truth('plainHTTP');
  fields.end();
  return plainHTTP === undefined ? {} : { plainHTTP };
};
