// Text of somebody else's, made fit to be stored and sent on: well-formed, and cut between code points. Half of a
// surrogate pair is no text: strict readers of JSON refuse the whole answer that it stands in.

/** Replaces lone surrogates by U+FFFD, and keeps at most so many UTF-16 units. */
export function cutText(text: string, charsMax: number): string {
  // Cut first: a pair that the cut would halve is left out, not made a replacement character.
  const end = text.length > charsMax && isHighSurrogate(text.charCodeAt(charsMax - 1)) ? charsMax - 1 : charsMax;
  return text.slice(0, end).toWellFormed();
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
