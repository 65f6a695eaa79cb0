// Characters that could act on a terminal or mislead the eye: controls, format characters (bidirectional overrides and
// isolates, zero-width ones, tags), surrogates, private use, unassigned, line and paragraph separators, and letters that
// are drawn as nothing (fillers, variation selectors).

/** Whether the text has one of them. */
export const unsafeCharacter = madeOnce(() => /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);

/** For all of a text. */
export const unsafeCharacters = madeOnce(() => new RegExp(unsafeCharacter(), 'gu'));

/** Made when it is first asked for: expressions of Unicode's classes take as long to make as a small report. */
export function madeOnce(make: () => RegExp): () => RegExp {
  let made: RegExp | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
