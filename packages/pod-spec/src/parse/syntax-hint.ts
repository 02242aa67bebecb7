/** What to do about a text that cannot be read, by what is wrong with it and what stands there; empty if there is nothing to say. */
export const syntaxHint = (message: string, text: string, at: number): string => {
  if (/^(?:<{7}|={7}|>{7})(?: |$)/m.test(text)) return 'it has unresolved merge conflicts';
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at + 1);
  if (line.includes('{{') || /\{\{[^{}\n]*\}\}/.test(text.slice(0, at)))
    return 'it looks like a template: render it first, for instance with helm template';
  if (message.endsWith('looking for beginning of object key string') && text[at] !== '}') {
    return 'what begins with { is read as JSON; put a line --- before it to have it read as YAML';
  }
  if (text[at] === '\t') return 'indent with spaces, not tabs';
  if (message === 'mapping values are not allowed in this context' && isOfTwo(line)) return 'a text that holds ": " must be in quotes';
  return message === 'found incompatible YAML document' ? 'leave out the line that begins with %YAML' : '';
};

/** Whether a line that ends in a colon has `: ` before. */
const isOfTwo = (line: string): boolean => {
  const at = line.indexOf(': ');
  return at !== -1 && line.endsWith(':') && at + 2 < line.length;
};
