// What is known of a request that a server of ours has answered: made where it is served, told where it is printed.

/** One request that has ended, as plain data. */
export interface ServedRequest {
  readonly pid: number;
  /** Number of the connection in its process. */
  readonly connection: number;
  readonly protocol: string;
  readonly requestId: number;
  readonly role: string;
  readonly method: string;
  readonly uri: string;
  /** 0 where it is not known: no head was sent, or the protocol is SCGI. */
  readonly status: number;
  readonly appStatus: number;
  readonly protocolStatus: number;
  readonly stdinBytes: number;
  /** Bytes of STDOUT, the head included. */
  readonly stdoutBytes: number;
  /** Milliseconds from the end of PARAMS to the end of the answer. */
  readonly duration: number;
  readonly aborted: string | undefined;
}
