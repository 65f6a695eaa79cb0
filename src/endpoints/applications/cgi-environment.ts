// The environment of a CGI program (RFC 3875, section 4.1) out of PARAMS.
import type { Params } from '../../protocol/application-params.js';

/** Shells and loaders act on these whatever else they are: a web server that forwards them is led astray. */
const DANGEROUS =
  /^(?:LD_|DYLD_|BASH_|PERL5|PYTHON(?:PATH|HOME|STARTUP)|RUBY(?:OPT|LIB))|^(?:PATH|IFS|ENV|SHELLOPTS|NODE_OPTIONS|NODE_PATH|HTTP_PROXY)$/;

/**
 * Only names a variable can have, and values without NUL. `Proxy:` headers stay out, as programs take HTTP_PROXY for a
 * setting; so do variables that would change how programs are loaded.
 * @param contentLength of the body, where it is known
 */
export function cgiEnvironment(params: Params, contentLength: number | undefined): Record<string, string> {
  const environment: Record<string, string> = Object.create(null) as Record<string, string>;
  params.forEach((value, name) => {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !DANGEROUS.test(name) && !value.includes('\0'))
      environment[name] = value;
  });
  environment.GATEWAY_INTERFACE = 'CGI/1.1';
  if (contentLength === undefined) delete environment.CONTENT_LENGTH;
  return environment;
}
