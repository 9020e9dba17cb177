// Makes foreign text fit to be stored and sent on: well-formed, and cut between code points. Half of a surrogate pair
// is not text: strict readers of JSON refuse the whole answer that contains it.

/** Replaces lone surrogates by U+FFFD, and keeps at most the given number of UTF-16 units. */
export function cutText(text: string, charsMax: number): string {
  // Cut first: a pair that the cut would split is left out, not turned into a replacement character.
  const end = text.length > charsMax && isHighSurrogate(text.charCodeAt(charsMax - 1)) ? charsMax - 1 : charsMax;
  return text.slice(0, end).toWellFormed();
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
