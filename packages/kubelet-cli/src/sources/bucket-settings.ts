import { type AwsCredentials, readAwsCredentials } from '@solo-kubelet/verified-source';
import { CliError } from '../cli-error.js';
import type { CliIo } from '../cli-io.js';
import { type CommandInput, flagOption, textOption } from '../command.js';

/** Options of `install` for a source of s3. */
export const BUCKET_OPTIONS = ['s3-endpoint', 's3-region', 's3-path-style', 's3-credentials', 's3-profile', 's3-anonymous'] as const;

/** How a bucket is asked: `spec.s3` as it is given, not judged yet, and what its requests are signed with. */
export interface BucketSettings {
  readonly endpoint?: string;
  readonly region?: string;
  readonly pathStyle?: boolean | string;
  readonly anonymous?: true;
  readonly credentials?: AwsCredentials;
}

/**
 * What the options say of a bucket; undefined where the URL names none. Credentials are those of the file, else of the environment: neither is there when
 * the service runs, so they go along with the source.
 * @throws (rejects) CliError CLI_USAGE for options without a bucket, and for a bucket without a word of credentials; VerifiedSourceError SOURCE_FILE_UNREADABLE
 */
export const readBucketSettings = async (
  url: string,
  input: CommandInput,
  { env }: Pick<CliIo, 'env'>,
): Promise<BucketSettings | undefined> => {
  const given = BUCKET_OPTIONS.find((name) => input.options[name] !== undefined);
  if (!url.startsWith('s3://')) {
    if (given !== undefined) throw usage(`--${given} belongs to --from s3://BUCKET/KEY`);
    return undefined;
  }
  const [endpoint, region, pathStyle, credentialsFile, profile] = BUCKET_OPTIONS.map((name) => textOption(input, name));
  const anonymous = flagOption(input, 's3-anonymous');
  const access = {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(pathStyle !== undefined && { pathStyle: TRUTH[pathStyle] ?? pathStyle }),
  };
  if (anonymous) {
    if (credentialsFile !== undefined || profile !== undefined) throw usage('--s3-anonymous is for a bucket that needs no credentials');
    return { ...access, anonymous };
  }
  if (credentialsFile === undefined) {
    if (profile !== undefined) throw usage('--s3-profile is one of --s3-credentials FILE');
    if (!env['AWS_ACCESS_KEY_ID'] && !env['AWS_SECRET_ACCESS_KEY'])
      throw usage(
        'a bucket needs --s3-credentials FILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or --s3-anonymous',
      );
  }
  const from = { ...(credentialsFile !== undefined && { credentialsFile }), ...(profile !== undefined && { profile }) };
  const credentials = await readAwsCredentials(from, env);
  return { ...access, ...(credentials && { credentials }) };
};

const TRUTH: Readonly<Record<string, boolean | undefined>> = { __proto__: null as never, true: true, false: false };

const usage = (message: string): CliError => new CliError({ code: 'CLI_USAGE', message, hint: 'kubelet-cli install --help' });

/** The one profile that is needed, in a file of AWS's form. */
export const credentialsText = (credentials: AwsCredentials): string =>
  ['[default]', ...fields(credentials).map(([name, value]) => `${name} = ${value}`), ''].join('\n');

/** The same as in the environment. */
export const credentialsEnvironment = (credentials: AwsCredentials): Readonly<Record<string, string>> =>
  Object.fromEntries(fields(credentials).map(([name, value]) => [name.toUpperCase(), value]));

const fields = ({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): readonly (readonly [string, string])[] => [
  ['aws_access_key_id', accessKeyId],
  ['aws_secret_access_key', secretAccessKey],
  ...(sessionToken === undefined ? [] : [['aws_session_token', sessionToken] as const]),
];
