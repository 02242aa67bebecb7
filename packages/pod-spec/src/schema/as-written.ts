/** What a library for YAML has for one kind of scalar; only what is needed here. */
interface NumberTag {
  readonly tag: string;
  readonly default?: unknown;
  resolve(source: string, onError: (message: string) => void, options: object): unknown;
  stringify(item: { readonly source?: string; readonly value: unknown }, ...more: readonly unknown[]): string;
}

const NUMBERS: readonly unknown[] = ['tag:yaml.org,2002:int', 'tag:yaml.org,2002:float'];

const isNumberTag = (tag: unknown): tag is NumberTag => {
  const { tag: name, resolve, stringify, default: isDefault } = (tag ?? {}) as Partial<NumberTag>;
  return NUMBERS.includes(name) && typeof resolve === 'function' && typeof stringify === 'function' && isDefault !== undefined;
};

/**
 * `customTags` of the yaml library for files that are edited: a number that nobody changed is printed as it was written. By itself the library makes 755
 * of 0755, which Kubernetes reads as 493, and rounds what has more than 53 bits.
 */
export const numbersAsWritten = <Tag>(tags: readonly Tag[]): Tag[] =>
  tags.map((tag) => {
    if (!isNumberTag(tag)) return tag;
    return {
      ...tag,
      stringify: (item: { readonly source?: string; readonly value: unknown }, ...more: readonly unknown[]) =>
        item.source !== undefined &&
        Object.is(
          tag.resolve(item.source, () => {}, {}),
          item.value,
        )
          ? item.source
          : tag.stringify(item, ...more),
    };
  });

/**
 * The documents of a text, each with its `---`; put together they are the text. Comments before the first `---` belong to the first document. A text
 * with directives or `...` is one piece: there a `---` may belong to what is before it.
 */
export const splitDocuments = (text: string): readonly string[] => {
  if (/^(?:%|\.\.\.(?:\s|$))/m.test(text)) return [text];
  const pieces = text.split(/^(?=---(?:\s|$))/m);
  const [first = '', second, ...rest] = pieces;
  const isPrelude = second !== undefined && first.split('\n').every((line) => /^\s*(?:#.*)?$/.test(line));
  return isPrelude ? [first + second, ...rest] : pieces;
};
