/**
 * Many JSON texts as one parameter. pg writes an array parameter by escaping every quote of every element in JavaScript,
 * which for rows of JSON costs more than all else; here the texts are joined by a control character that JSON never
 * holds unescaped, and Postgres splits them.
 */
const SEPARATOR = '\u001e';

/** The parameter for `jsonColumnSql`. Each text must be JSON or empty. */
export function jsonColumn(texts: readonly string[]): string {
  // The separator in front keeps a single empty text from being no text at all.
  return SEPARATOR + texts.join(SEPARATOR);
}

/** SQL that gives the texts of a parameter such as `$5` back as `text[]`, in their order; for `unnest`. */
export function jsonColumnSql(parameter: string): string {
  return `(string_to_array(${parameter}::text, E'\\x1e'))[2:]`;
}
