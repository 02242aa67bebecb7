/** What became of one thing that was told to the API server, or asked of it. */
export type Report =
  | { readonly type: 'done'; readonly what: string; readonly about: string }
  | { readonly type: 'failed'; readonly what: string; readonly about: string; readonly message: string };
