/** What stands in the place of a secret, as Go's `url.Redacted` writes it. */
const MASK = 'xxxxx';

/**
 * A URL as it may be shown in statuses, logs and events: without user name and password, and with the value of every query parameter masked,
 * since signatures and tokens stand there. A text that is no URL is masked as a whole.
 */
export const redactUrl = (text: string): string => {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return MASK;
  }
  // Without an authority (`user:secret@host`) the parts of a URL can't be told apart.
  if (url.host === '' && url.protocol !== 'file:') return MASK;
  url.username = '';
  url.password = '';
  url.hash = '';
  url.search = url.search
    .slice(1)
    .split('&')
    .map((pair) => (pair.includes('=') ? `${pair.slice(0, pair.indexOf('='))}=${MASK}` : pair === '' ? '' : MASK))
    .join('&');
  return url.href;
};
