import { describeError } from '@solo-kubelet/diagnostics';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { type AwsCredentials, environmentCredentials, parseAwsCredentials } from '../core/aws-credentials.js';
import type { SourceDefinition } from '../core/source-definition.js';
import { VerifiedSourceError } from '../verified-source-error.js';
import { type FieldName, sourceField } from './field-name.js';

const MAX_FILE_BYTES = 256 * 1024;

/**
 * Those of the file of a source, or else of the environment; undefined where requests are not to be signed.
 * @throws (rejects) VerifiedSourceError SOURCE_FILE_UNREADABLE where there are none
 */
export const readAwsCredentials = async (
  { anonymous, credentialsFile, profile = 'default' }: NonNullable<SourceDefinition['s3']> = {},
  env: Readonly<Record<string, string | undefined>>,
  { fieldName = sourceField, reader = 'the kubelet' }: { readonly fieldName?: FieldName; readonly reader?: string } = {},
): Promise<AwsCredentials | undefined> => {
  if (anonymous === true) return undefined;
  if (credentialsFile === undefined) {
    const found = environmentCredentials(env, `the environment of ${reader}`);
    if (found?.ok) return found.credentials;
    throw unusable(
      found?.message ??
        `there are no credentials for the bucket: give ${fieldName('credentialsFile')}, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of ${reader}, or say ${fieldName('anonymous')}: true`,
    );
  }
  let text: string;
  try {
    text = (await readRegular(credentialsFile, { followLinks: true, maxBytes: MAX_FILE_BYTES })).toString();
  } catch (error) {
    throw unusable(`cannot read ${credentialsFile}: ${describeError(error)}`, error);
  }
  const parsed = parseAwsCredentials(text, profile);
  if (parsed.ok) return parsed.credentials;
  throw unusable(`${credentialsFile}${parsed.line === undefined ? '' : `:${parsed.line}`}: ${parsed.message}`);
};

const unusable = (message: string, cause?: unknown): VerifiedSourceError =>
  new VerifiedSourceError({ code: 'SOURCE_FILE_UNREADABLE', message, cause });
