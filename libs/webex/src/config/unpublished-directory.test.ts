import { expect, it } from '@jest/globals';
import { createUnpublishedDirectory, directoryOf } from './unpublished-directory.ts';

it('AUTH-07: only the directory of the programmatic APIs is published', () => {
  expect(directoryOf('2.0')).toEqual({ available: true });
  for (const variant of ['1.0-cmsv1', '1.0-to-2.0-cmsv2', '2.0-cmsv1'] as const) {
    expect(directoryOf(variant)).toEqual({ available: false, missing: expect.stringMatching(/which one is the TID/) });
  }
});

it.each(['1.0-cmsv1', '1.0-to-2.0-cmsv2', '2.0-cmsv1'] as const)(
  'AUTH-07, SYNC-06: %s says what is missing instead of an empty listing',
  async (variant) => {
    const directory = createUnpublishedDirectory(variant);
    const notPublished = { kind: 'not-published', retriable: false };
    const first = (pages: AsyncIterable<unknown>) => pages[Symbol.asyncIterator]().next();
    await expect(first(directory.listUsers())).rejects.toMatchObject(notPublished);
    await expect(first(directory.listUsers())).rejects.toThrow(
      new RegExp(`^Listing users is not possible over variant ${variant}\\. .*the paths, the paging and the fields`),
    );
    await expect(first(directory.listTeams())).rejects.toMatchObject(notPublished);
    await expect(first(directory.listQueues())).rejects.toMatchObject(notPublished);
    await expect(first(directory.listSites())).rejects.toMatchObject(notPublished);
    await expect(first(directory.listEntryPoints())).rejects.toMatchObject(notPublished);
    await expect(first(directory.listAuxiliaryCodes())).rejects.toMatchObject(notPublished);
    await expect(directory.findUsers(['u1'])).rejects.toMatchObject(notPublished);
    await expect(directory.findUserByIdentity('c1')).rejects.toMatchObject(notPublished);
  },
);
