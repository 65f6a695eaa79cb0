// `--fault` of request and bench: what the web server's side does wrong.
import { ClientFaults } from '../endpoints/faults/client-faults.js';
import { parseFault } from '../faults/parse-fault.js';

/** @throws UserError for a fault that a client cannot make */
export function clientFaults(options: {
  readonly fault?: readonly string[];
  readonly scgi?: boolean;
  readonly keepConn?: boolean;
}): ClientFaults | undefined {
  if (!options.fault) return undefined;
  return new ClientFaults(
    options.fault.map((text) => parseFault(text, 'client')),
    { protocol: options.scgi ? 'scgi' : 'fastcgi', keepConn: options.keepConn === true },
  );
}
