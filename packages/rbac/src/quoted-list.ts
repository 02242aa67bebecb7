import { goQuote } from '@solo-kubelet/pod-spec/schema';

/** A list of texts as Go's %q prints it: `["a" "b"]`. */
export const quotedList = (items: readonly string[]): string => `[${items.map(goQuote).join(' ')}]`;
