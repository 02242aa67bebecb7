/** FNV-1a of 32 bits: the same number for the same text on every machine. `start`: the hash of a text that this one goes on from. */
export const textHash = (text: string, start = 0x811c9dc5): number => {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
};
