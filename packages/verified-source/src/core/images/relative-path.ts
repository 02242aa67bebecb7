const MAX_PATH_CHARACTERS = 512;

export type RelativePath = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly message: string };

/**
 * A path below the directory that a source's document is in, without `./` in front and `/` behind; empty for that directory itself. Nothing in it has another
 * meaning in a URL, as a key of a bucket or on a disk, and nothing leads out.
 */
export const relativePath = (value: unknown): RelativePath => {
  const wrong = (message: string): RelativePath => ({ ok: false, message });
  if (typeof value !== 'string' || value === '' || value.length > MAX_PATH_CHARACTERS)
    return wrong('want a path relative to the URL of the source, such as images');
  if (value.startsWith('/') || value.includes('://')) return wrong('want a path relative to the URL of the source, on the same server');
  const parts = value.split('/');
  while (parts[0] === '.') parts.shift();
  if (parts.at(-1) === '') parts.pop();
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return wrong('it may not have parts that are empty, . or ..');
  return parts.every((part) => /^[A-Za-z0-9._~@+-]+$/.test(part))
    ? { ok: true, path: parts.join('/') }
    : wrong('want letters, digits, ., _, ~, @, + and - between its slashes');
};
