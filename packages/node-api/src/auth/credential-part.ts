import { describeError, type Logger } from '@solo-kubelet/diagnostics';

/** One kind of credentials, kept in files that may change at any time. */
export interface CredentialPart<T> {
  current(): T;
  /** Reads the files again. True when that changed what is in use; files that cannot be used now leave the old in use, and a reason in the log. */
  reload(): Promise<boolean>;
}

/**
 * Loads one part; each is loaded anew by itself, so a broken file keeps no other back.
 * @throws whatever `load` throws the first time
 */
export const loadCredentialPart = async <T>(
  name: string,
  load: () => Promise<T>,
  { fingerprint, logger }: { readonly fingerprint: (value: T) => string; readonly logger: Logger },
): Promise<CredentialPart<T>> => {
  let value = await load();
  let complaint: string | undefined;
  return {
    current: () => value,
    reload: async () => {
      try {
        const next = await load();
        complaint = undefined;
        if (fingerprint(next) === fingerprint(value)) return false;
        value = next;
        logger.info({ part: name }, 'Took changed credentials into use');
        return true;
      } catch (error) {
        const err = describeError(error);
        // Looked at every minute: the same reason is told once.
        if (err !== complaint) logger.warn({ part: name, err }, 'Cannot take the changed credentials into use; the old ones stay');
        complaint = err;
        return false;
      }
    },
  };
};
