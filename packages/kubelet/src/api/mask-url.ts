import { parseUrl } from '@solo-kubelet/diagnostics/text';

export const MASK = '<masked>';

/** A URL without what may be a secret in it: the password, and the values of its query. Text that is no URL is masked whole. */
export const maskUrl = (text: string): string => {
  if (text === '') return '';
  const url = parseUrl(text);
  if (url === undefined) return MASK;
  const query = [...url.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=${MASK}`).join('&');
  const user = url.username === '' ? '' : `${url.username}${url.password === '' ? '' : `:${MASK}`}@`;
  return `${url.protocol}//${user}${url.host}${url.pathname}${query === '' ? '' : `?${query}`}`;
};
