// Finds the end of a response head (RFC 3875, section 6: lines, then an empty one) in the pieces of STDOUT.

const LF = 0x0a;
const CR = 0x0d;

export class HeadScanner {
  /** The empty line has come. */
  complete = false;
  /** The line so far is empty, but for a carriage return. */
  private emptyLine = true;

  /** Where the body begins in the piece, which may be its end; -1 while the head goes on. */
  push(bytes: Uint8Array): number {
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === LF) {
        if (this.emptyLine) {
          this.complete = true;
          return at + 1;
        }
        this.emptyLine = true;
      } else if (byte !== CR) {
        this.emptyLine = false;
      }
    }
    return -1;
  }
}
