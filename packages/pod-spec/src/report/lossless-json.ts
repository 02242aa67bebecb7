/** JSON text of data that may hold bigints, on one line or indented. */
export const losslessJson = (value: unknown, indent = 0): string => {
  const pad = (depth: number): string => (indent === 0 ? '' : `\n${' '.repeat(indent * depth)}`);
  const write = (data: unknown, depth: number): string => {
    if (typeof data === 'bigint') return String(data);
    if (typeof data !== 'object' || data === null) return JSON.stringify(data) ?? 'null';
    const isList = Array.isArray(data);
    const parts = isList
      ? data.map((item) => write(item, depth + 1))
      : Object.entries(data).flatMap(([key, item]) =>
          item === undefined ? [] : [`${JSON.stringify(key)}:${indent === 0 ? '' : ' '}${write(item, depth + 1)}`],
        );
    const [open, close] = isList ? '[]' : '{}';
    return parts.length === 0 ? `${open}${close}` : `${open}${parts.map((part) => pad(depth + 1) + part).join(',')}${pad(depth)}${close}`;
  };
  return write(value, 0);
};
