/** What requests to a bucket are signed with. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export type ParsedCredentials =
  | { readonly ok: true; readonly credentials: AwsCredentials }
  /** Never anything that stands in the file but the names of its fields. */
  | { readonly ok: false; readonly line?: number; readonly message: string };

const FIELDS = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'] as const;

/** One profile of a file such as `~/.aws/credentials`. */
export const parseAwsCredentials = (text: string, profile: string): ParsedCredentials => {
  const values = new Map<string, string>();
  let section: string | undefined;
  let isThere = false;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const head = /^\[([^\]]+)\]$/.exec(line)?.[1];
    if (head !== undefined) {
      // As in `~/.aws/config`.
      section = head.trim().replace(/^profile\s+/, '');
      isThere ||= section === profile;
      continue;
    }
    const equals = line.indexOf('=');
    // The line itself may be a secret.
    if (equals < 1 || section === undefined) return { ok: false, line: index + 1, message: 'want [PROFILE] and below it NAME = VALUE' };
    if (section === profile) values.set(line.slice(0, equals).trim().toLowerCase(), line.slice(equals + 1).trim());
  }
  if (!isThere) return { ok: false, message: `it has no profile ${JSON.stringify(profile)}` };
  return credentialsOf((name) => values.get(name), `its profile ${JSON.stringify(profile)}`);
};

/** Those of the environment; undefined where it names none. `where`: what it is called. */
export const environmentCredentials = (
  env: Readonly<Record<string, string | undefined>>,
  where = 'the environment of the kubelet',
): ParsedCredentials | undefined => {
  const read = (name: string): string | undefined => env[name.toUpperCase()]?.trim();
  return FIELDS.slice(0, 2).some((name) => read(name)) ? credentialsOf(read, where) : undefined;
};

const credentialsOf = (read: (name: string) => string | undefined, where: string): ParsedCredentials => {
  const [accessKeyId, secretAccessKey, sessionToken] = FIELDS.map((name) => read(name) || undefined);
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? FIELDS[0] : FIELDS[1];
    const name = where.startsWith('the environment') ? missing.toUpperCase() : missing;
    return { ok: false, message: `${where} has no ${name}` };
  }
  // Both become part of headers.
  if ([accessKeyId, sessionToken ?? ''].some((value) => !/^[\x21-\x7e]*$/.test(value)))
    return { ok: false, message: `${where} has an access key or a session token with characters that none has` };
  return { ok: true, credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } };
};
