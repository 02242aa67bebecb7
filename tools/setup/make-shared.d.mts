export function makeOwnDirectory(path: string, uid?: number): boolean;
export function makeShared(path: string): () => void;
