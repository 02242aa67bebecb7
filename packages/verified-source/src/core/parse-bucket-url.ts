import { hostProblem, readEndpoint, readRegion } from './bucket-address.js';
import type { BucketAccess, SourceDefinition } from './source-definition.js';
import { parseSourceUrl } from './source-url.js';

/** A place in a bucket with all that is needed to ask for it. */
export interface BucketUrl extends BucketAccess, Pick<SourceDefinition, 'caFile' | 'certFile' | 'keyFile'> {
  /** Safe to show: `s3://BUCKET/KEY`. */
  readonly name: string;
  readonly bucket: string;
  /** Of an object; or, empty or ending with `/`, what the keys of a directory begin with. */
  readonly key: string;
}

const FILES = ['credentialsFile', 'caFile', 'certFile', 'keyFile'] as const;
const OPTIONS: readonly string[] = ['endpoint', 'region', 'pathStyle', 'profile', 'anonymous', ...FILES];

/**
 * `s3://BUCKET/KEY#endpoint=https://s3.example.org&region=…&pathStyle=…&credentialsFile=/…&profile=…&anonymous=true&caFile=/…`: the options mean what they
 * mean in `spec.s3` and `spec.tls` of a source, and files have absolute paths.
 */
export const parseBucketUrl = (text: string): BucketUrl | { readonly error: string } => {
  const [address = '', ...rest] = text.split('#');
  const parsed = parseSourceUrl(address);
  if (!parsed.ok) return { error: parsed.message };
  if (parsed.target.type !== 'bucket') return { error: 'want s3://BUCKET/KEY' };
  const { bucket, key } = parsed.target;
  const name = `s3://${bucket}/${key}`;
  const wrong = (message: string): { readonly error: string } => ({ error: `${name}: ${message}` });
  const options = new URLSearchParams(rest.join('#'));
  const unknown = [...options.keys()].find((option) => !OPTIONS.includes(option));
  if (unknown !== undefined) return wrong(`there is no option ${JSON.stringify(unknown)}; s3 has ${OPTIONS.join(', ')}`);
  const twice = OPTIONS.find((option) => options.getAll(option).length > 1);
  if (twice !== undefined) return wrong(`the option ${twice} is given twice`);
  const relative = FILES.find((option) => options.get(option)?.startsWith('/') === false);
  if (relative !== undefined) return wrong(`${relative}: want an absolute path`);
  if (options.has('certFile') !== options.has('keyFile')) return wrong('certFile and keyFile belong together');
  if (options.has('profile') && !options.has('credentialsFile')) return wrong('profile: it is one of credentialsFile, which is not given');
  for (const option of ['pathStyle', 'anonymous'])
    if (!['true', 'false'].includes(options.get(option) ?? 'true')) return wrong(`${option}: want true or false`);
  if (options.get('anonymous') === 'true' && options.has('credentialsFile'))
    return wrong('anonymous: credentialsFile is given: leave out one of the two');
  const given = (option: string): string | undefined => options.get(option) ?? undefined;
  const [endpoint, region] = [readEndpoint(given('endpoint') ?? ''), readRegion(given('region') ?? '')];
  if (options.has('endpoint') && endpoint === undefined)
    return wrong('endpoint: want an http or https URL without a path, such as https://s3.example.org');
  if (options.has('region') && region === undefined) return wrong('region: want a region such as eu-central-1');
  const inHost = hostProblem({ ...(endpoint !== undefined && { endpoint }), pathStyle: given('pathStyle') !== 'false' });
  if (inHost !== undefined) return wrong(`pathStyle: ${inHost}`);
  return {
    name,
    bucket,
    key,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...Object.fromEntries(
      [...FILES, 'profile'].flatMap((option) => {
        const value = given(option);
        return value === undefined ? [] : [[option, value]];
      }),
    ),
    ...Object.fromEntries(
      ['pathStyle', 'anonymous'].flatMap((option) => (options.has(option) ? [[option, given(option) === 'true']] : [])),
    ),
  };
};
