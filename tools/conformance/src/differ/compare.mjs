const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** The first place where two values differ: its path and both sides; undefined if they are equal. */
export const firstDifference = (theirs, ours, path = '') => {
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
      if (i >= theirs.length || i >= ours.length) return { path: `${path}[${i}]`, theirs: theirs[i], ours: ours[i] };
      const found = firstDifference(theirs[i], ours[i], `${path}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isMap(theirs) && isMap(ours)) {
    const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
    for (const key of keys) {
      if (!Object.hasOwn(theirs, key) || !Object.hasOwn(ours, key)) return { path: `${path}.${key}`, theirs: theirs[key], ours: ours[key] };
      const found = firstDifference(theirs[key], ours[key], `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return Object.is(theirs, ours) ? undefined : { path, theirs, ours };
};

/** Whether a difference is one of words only: the text of a message, a cause or a warning. */
export const isWords = ({ path, theirs, ours }) =>
  typeof theirs === 'string' && typeof ours === 'string' && /\.(message|warning\[\d+\]|text)$/.test(path);

/**
 * Whether two messages differ in how they print an inner structure (Go's structs, maps and differences of these), of which there are so many that they
 * would hide everything else.
 */
export const printsStructure = ({ theirs, ours }) =>
  [theirs, ours].some((text) => typeof text === 'string' && /\n@@ |Invalid value: (\{|\[\{|"\{|"map\[|\[\{?)/.test(text));

/** The kind of a difference: alike ones are told once. */
export const classOf = ({ path, theirs, ours }, kind) => {
  const blunt = (value) =>
    (JSON.stringify(value) ?? 'absent')
      .replace(/\d+/g, '0')
      .replace(/\\"[^"]*\\"/g, '_')
      .slice(0, 70);
  return `${kind} ${path.replace(/\[\d+\]/g, '[]')} ${blunt(theirs)} ${blunt(ours)}`;
};
