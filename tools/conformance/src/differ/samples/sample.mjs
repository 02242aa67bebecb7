/** A kind, where its objects are, and a sound content of one. */
export const kind = (group, plural, name, content, { namespaced = true, status } = {}) => ({
  group,
  plural,
  kind: name,
  content,
  namespaced,
  status,
});
