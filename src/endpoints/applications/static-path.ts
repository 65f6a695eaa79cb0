// The file a request's path names below a folder: pure, so that no trick with paths gets past its tests.

/**
 * The parts of the path, decoded, or why there are none. `bad`: no proper path (400). `hidden`: outside of the folder, or a
 * name that begins with a dot (404).
 */
export function staticPath(path: string): readonly string[] | 'bad' | 'hidden' {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return 'bad';
  }
  // A NUL ends a file name for the system; a backslash is a slash for some.
  if (!decoded.startsWith('/') || /[\0\\]/.test(decoded)) return 'bad';
  const parts = decoded.split('/').filter((part) => part !== '');
  return parts.some((part) => part.startsWith('.')) ? 'hidden' : parts;
}
