/** A URL, or undefined for what is none. `URL.canParse` is not to be asked: that of Node.js 20 gives wrong answers after some thousand calls. */
export const parseUrl = (text: string, base?: string): URL | undefined => {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
};
