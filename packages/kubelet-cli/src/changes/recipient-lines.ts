/** A line at the head of a decrypted manifest that says whom the file is encrypted for. */
const RECIPIENT_LINE = /^# recipient: (age1[0-9a-z]+)[ \t]*\r?\n/;

/**
 * A manifest that begins with a line for each of the recipients, in the place of those that it had. JSON is left as it is: it has no comments.
 */
export const withRecipients = (text: Uint8Array, recipients: readonly string[]): Buffer => {
  const rest = split(text).rest;
  if (/^\uFEFF?\s*[{[]/.test(rest)) return Buffer.from(text);
  return Buffer.from(`${recipients.map((recipient) => `# recipient: ${recipient}\n`).join('')}${rest}`);
};

/** Whom the first lines of a decrypted manifest name. */
export const recipientsIn = (text: Uint8Array): readonly string[] => split(text).recipients;

const split = (text: Uint8Array): { readonly recipients: readonly string[]; readonly rest: string } => {
  const recipients: string[] = [];
  let rest = new TextDecoder().decode(text);
  for (let line = RECIPIENT_LINE.exec(rest); line !== null; line = RECIPIENT_LINE.exec(rest)) {
    recipients.push(line[1]!);
    rest = rest.slice(line[0].length);
  }
  return { recipients, rest };
};
