declare module 'postject' {
  /** Puts `data` into a binary as a resource of that name. */
  export const inject: (path: string, name: string, data: Buffer, options: { readonly sentinelFuse: string }) => Promise<void>;
}
