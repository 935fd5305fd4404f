import { Type } from 'typebox';

/** Headers of a route that changes something for the version that was read. */
export const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({ maxLength: 200, description: 'The ETag of the version that is meant; needed.' }),
  ),
});
