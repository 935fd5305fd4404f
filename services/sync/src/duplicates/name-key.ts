/**
 * A name as it is compared, searched and sorted: without case, accents, punctuation and doubled spaces, because two
 * systems rarely spell a name alike. The same as the function `name_key` of the database.
 */
export function nameKey(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .replaceAll(/[\s!-/:-@[-`{-~]+/g, ' ')
    .toLowerCase()
    .replaceAll(/^ +| +$/g, '');
}
