const POD_UID_LABEL = 'io.kubernetes.pod.uid';

/** What a runtime lists of containers and sandboxes alike. */
interface Listed {
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata?: { readonly attempt: number } | undefined;
  readonly createdAt: bigint;
}

/**
 * In the order of their attempts, newest first: a clock may be set back between two creations. Attempts of different pods say nothing of each other,
 * so the pod that was made last comes first. Instances of one container, or sandboxes of one name.
 */
export const newestFirst = <T extends Listed>(items: readonly T[]): readonly T[] => {
  const uidOf = ({ labels }: T): string => labels[POD_UID_LABEL] ?? '';
  const lastOf = new Map<string, bigint>();
  for (const item of items) {
    const last = lastOf.get(uidOf(item));
    if (last === undefined || last < item.createdAt) lastOf.set(uidOf(item), item.createdAt);
  }
  return [...items].sort(
    (a, b) =>
      Number((lastOf.get(uidOf(b)) ?? 0n) - (lastOf.get(uidOf(a)) ?? 0n)) ||
      (b.metadata?.attempt ?? 0) - (a.metadata?.attempt ?? 0) ||
      Number(b.createdAt - a.createdAt),
  );
};
