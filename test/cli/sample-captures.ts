// Captures that the tests of the command line read.
import { cgiResponse, request, response, stderr } from '../support/fastcgi-messages.js';
import { type Scene, scene } from '../support/scene.js';
import { scgiRequest } from '../support/scgi-messages.js';

/** Some exchanges on port 9000, one a second, each on a connection that the application closes. */
export function plainScene(count = 3, application = '127.0.0.1:9000', start = 0): Scene {
  const play = scene(application);
  for (let i = 0; i < count; i++) {
    const c = play.conversation(start + i).connect();
    c.web(request({ uri: `/page/${i}` })).app(response({ status: i === 1 ? 404 : 200, body: 'hello' }));
    c.finApp().finWeb();
  }
  return play;
}

export function plainCapture(count = 3): Uint8Array {
  return plainScene(count).capture();
}

/** One 500 among good answers: an error finding is not in it, a note is. */
export function failingCapture(): Uint8Array {
  const play = plainScene(2);
  const c = play.conversation(5).connect();
  c.web(request({ uri: '/broken' }))
    .app(response({ status: 500, stderr: 'PHP Fatal error: no' }))
    .finApp()
    .finWeb();
  return play.capture();
}

/** Refused connections beside good ones: an error. */
export function refusedCapture(): Uint8Array {
  const play = plainScene(2);
  for (let i = 0; i < 5; i++) play.conversation(3 + i).refused();
  return play.capture();
}

/** Everything a terminal would obey, wherever a capture can hold text. */
export const TERMINAL_COMMANDS = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\u2066\u200e\ufeff\u0000\u007f\b\r\n\t';

export function hostileCapture(): Uint8Array {
  const play = scene();
  const text = TERMINAL_COMMANDS;
  const c = play.conversation().connect();
  c.web(
    request({
      uri: `/a${text}b`,
      method: `G${text}T`,
      script: `/srv/${text}.php`,
      host: text,
      parameters: { [text]: text },
    }),
  );
  c.app(
    response({
      status: 500,
      headers: { [`X-${text}`]: text },
      stderr: `PHP Fatal error: ${text} in ${text}`,
      body: text,
    }),
  );
  c.finApp().finWeb();
  const d = play.conversation(1).connect();
  d.web(request({ uri: `/missing${text}` }))
    .app(stderr(`Primary script unknown ${text}`))
    .app(response({ status: 404 }));
  d.finApp().finWeb();
  // Another protocol on a listener, and SCGI.
  play.conversation(2).connect().web(`GET /${text} HTTP/1.1\r\nHost: ${text}\r\n\r\n`).app(text).finApp().finWeb();
  const s = play.conversation(3, { application: '127.0.0.1:9100' }).connect();
  s.web(scgiRequest({ uri: `/scgi${text.replaceAll('\u0000', '')}` }))
    .app(cgiResponse({ status: 500, body: text }))
    .finApp()
    .finWeb();
  return play.capture();
}
