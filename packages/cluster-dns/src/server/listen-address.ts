/** Where the server is asked. */
export interface ListenAddress {
  readonly address: string;
  /** 0: any. */
  readonly port: number;
}
