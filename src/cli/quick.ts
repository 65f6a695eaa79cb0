// The quick program: the command line without what it loads only when a command asks for it (the screen, and all that
// serves or sends), so that it is one file that V8 can compile beforehand. bin/quick.js loads it.
import { main } from './main.js';

/** The build puts an error with this code in the place of each module that is loaded on demand. */
const NOT_HERE = 'FCGI_INSPECT_NOT_HERE';

/**
 * Does what `argv` asks; false where that needs the whole program: commands load what they need before they do anything,
 * so nothing has happened then.
 */
export function quick(argv: readonly string[]): Promise<boolean> {
  return main(argv, (error) => error instanceof Error && 'code' in error && error.code === NOT_HERE);
}
