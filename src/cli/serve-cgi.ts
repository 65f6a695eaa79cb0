// `serve --as-cgi`: the same application as a CGI program, for one request.
import { serveHandlers } from '../endpoints/applications/serve-handlers.js';
import { runAsCgi } from '../endpoints/workers/run-as-cgi.js';
import { UserError } from '../model/errors.js';
import { exitWith } from './exit.js';
import type { ServePlan } from './serve-run.js';
import { standardOutput } from './standard-output.js';

export async function serveAsCgi(plan: ServePlan): Promise<void> {
  if (process.env.REQUEST_METHOD === undefined) {
    throw new UserError(
      '--as-cgi: there is no request in the environment',
      "a web server's CGI module starts it, or: REQUEST_METHOD=GET REQUEST_URI=/ fcgi-inspect serve --as-cgi",
    );
  }
  const { responder, close } = await serveHandlers({ ...plan.application, log: false }, () => {});
  const { env: environment, stdin, stderr } = process;
  exitWith(await runAsCgi(responder!, { environment, stdin, stdout: standardOutput(), stderr, signals: process }));
  close();
}
