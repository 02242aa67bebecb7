/** What the tests use of it; it comes without types. */
declare module '@20minutes/s3rver' {
  import type { RequestListener } from 'node:http';

  export default class S3rver {
    constructor(options: {
      readonly directory: string;
      readonly silent: boolean;
      readonly configureBuckets: readonly { readonly name: string }[];
      readonly serviceEndpoint?: string;
    });
    callback(): RequestListener;
    configureBuckets(): Promise<unknown>;
  }
}
