import { link, rm } from 'node:fs/promises';
import { describeError } from '@solo-kubelet/diagnostics';
import { writeDurably } from '@solo-kubelet/state-files';
import { openRegular, readRegular } from '@solo-kubelet/untrusted-files';
import { SecretError } from './secret-error.js';

/** File in the root directory that holds the node's identities. */
export const AGE_IDENTITY_FILE = 'age-identity.txt';

const MAX_BYTES = 64 * 1024;
/** More than a change of keys needs; each is tried with each recipient of a file. */
const MAX_IDENTITIES = 16;

/**
 * The identities in a file as `age-keygen` writes it: a key on a line, `#` begins a comment.
 * @throws SecretError SECRET_IDENTITY for a file that is missing, may be read by others, or holds anything else
 */
export const readIdentities = async (path: string): Promise<readonly string[]> => {
  const lines = (await readPrivate(path))
    .split('\n')
    .map((line, at) => ({ text: line.trim(), number: at + 1 }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'));
  const { Decrypter } = await import('age-encryption');
  for (const { text, number } of lines) {
    try {
      new Decrypter().addIdentity(text);
    } catch {
      throw unusable(`${path}:${number} is not an age identity (AGE-SECRET-KEY-1…)`);
    }
  }
  if (lines.length === 0) throw unusable(`there is no age identity in ${path}`);
  if (lines.length > MAX_IDENTITIES) throw unusable(`${path} holds more than ${MAX_IDENTITIES} age identities`);
  return lines.map(({ text }) => text);
};

/** Whom to encrypt for, so that each of the identities can read it. */
export const recipientsOf = async (identities: readonly string[]): Promise<readonly string[]> => {
  const { identityToRecipient } = await import('age-encryption');
  return Promise.all(identities.map((identity) => identityToRecipient(identity)));
};

/**
 * Makes the file with a new identity, mode 0600, in one step; one that is there stays as it is.
 * @returns whether it was made
 */
export const makeIdentity = async (path: string): Promise<boolean> => {
  const { generateX25519Identity } = await import('age-encryption');
  const identity = await generateX25519Identity();
  const [recipient] = await recipientsOf([identity]);
  const draft = `${path}.${process.pid}.draft`;
  try {
    await writeDurably(draft, `# public key: ${recipient}\n${identity}\n`, { directoryMode: 0o750 });
    // Unlike a rename, a link never takes the place of a file that somebody else made meanwhile.
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unusable(`cannot make ${path}: ${describeError(error)}`);
  } finally {
    await rm(draft, { force: true });
  }
};

const readPrivate = async (path: string): Promise<string> => {
  try {
    const file = await openRegular(path, { followLinks: true });
    const { mode } = await file.stat().finally(() => file.close());
    if ((mode & 0o077) !== 0) throw unusable(`${path} may be used by others than its owner: chmod 600 it`);
    return (await readRegular(path, { followLinks: true, maxBytes: MAX_BYTES })).toString();
  } catch (error) {
    if (error instanceof SecretError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw unusable(`there is no age identity at ${path}: put it there, or make one with "kubelet-cli secret keygen"`);
    throw unusable(`cannot read the age identity ${path}: ${describeError(error)}`);
  }
};

const unusable = (message: string): SecretError => new SecretError({ code: 'SECRET_IDENTITY', message });
