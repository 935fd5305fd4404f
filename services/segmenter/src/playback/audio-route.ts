import type { OutgoingHttpHeaders } from 'node:http';
import { contentRange, type EditList, parseByteRange, renderedWavSizeBytes, renderWavParts } from '@wxcc-wfo/audio';
import type { ContactSegmented } from '@wxcc-wfo/contracts';
import { type AccessControl, type App, problem, requireTenant } from '@wxcc-wfo/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type ContactReader, contactsOfTenant } from '../contacts/contact-repository.ts';
import { contactNotFound } from '../contacts/contact-route.ts';
import { ContactParams } from '../contacts/contact-schema.ts';
import type { AudioLinks } from './audio-link.ts';
import { type PlayableContact, playableOfTenant, playablesUnderId } from './playable-contact-repository.ts';
import type { RecordingKeys } from './recording-key-client.ts';
import { openRecordings, storedRecordings } from './recording-source.ts';
import { sendParts } from './send-parts.ts';

export interface AudioRouteDeps extends ContactReader {
  access: AccessControl;
  links: AudioLinks;
  keys: RecordingKeys;
  mediaFolder: string;
  /** Where browsers reach this service. */
  publicUrl(): string;
}

const LISTEN = 'contacts:listen';
const AudioLink = Type.Object(
  {
    url: Type.String({ description: 'Plays the contact in a browser, without a credential.' }),
    expiresAt: Type.String({ format: 'date-time', description: 'From when on it is refused. UTC, ISO 8601.' }),
  },
  {
    description: 'The link.',
    examples: [
      {
        url: 'https://bridge.example.com/v1/contacts/1a2b3c4d-5e6f-5071-8293-a4b5c6d70006/audio?expires=1772443000000&signature=q2xhcml0eSBpcyBhIHZpcnR1ZSBvZiBleGFtcGxlcyE',
        expiresAt: '2026-03-02T09:16:40.000Z',
      },
    ],
  },
);
const wav = (description: string) => ({
  description,
  content: { 'audio/wav': { schema: { type: 'string', format: 'binary', description } } },
});
const LinkQuery = Type.Object({
  expires: Type.Optional(Type.String({ description: 'Of a signed link: until when it holds, epoch milliseconds.' })),
  signature: Type.Optional(Type.String({ description: 'Of a signed link: what proves that it was made here.' })),
});

/** Plays contacts: exactly their window as a WAV stream with byte ranges, by credential or by signed link (SEG-10). */
export function audioRoutes(app: App, deps: AudioRouteDeps): void {
  app.post(
    '/v1/contacts/:contactId/audio-links',
    {
      config: { scope: LISTEN },
      schema: {
        summary: 'A short-lived link to a contact’s audio',
        description:
          'For players that cannot send a credential. Whoever has the link can listen until it expires; refused while the contact has no audio.',
        tags: ['audio'],
        params: ContactParams,
        response: { 201: AudioLink },
      },
    },
    async (request, reply) => {
      const contact = await contactsOfTenant(deps, requireTenant(request)).find(request.params.contactId);
      if (contact === undefined) throw contactNotFound(request.params.contactId);
      requireAudio(contact);
      const { path, expiresAtMs } = deps.links.sign(contact);
      const url = `${deps.publicUrl().replace(/\/+$/, '')}${path}`;
      return await reply.code(201).send({ url, expiresAt: new Date(expiresAtMs).toISOString() });
    },
  );

  app.route({
    method: ['GET', 'HEAD'],
    url: '/v1/contacts/:contactId/audio',
    // The signature in the query is a credential of its own, hence the route looks at both itself.
    config: { public: true },
    schema: {
      summary: 'The contact’s audio as WAV',
      description: `Needs a signed link or a credential with the scope \`${LISTEN}\`. Answers byte ranges; HEAD answers the headers alone.`,
      tags: ['audio'],
      params: ContactParams,
      querystring: LinkQuery,
      response: {
        200: wav('The whole audio: exactly the contact’s time, silent where it was on hold.'),
        206: wav('The range of bytes that was asked for.'),
        304: Type.Null({ description: 'It is still what the caller has (If-None-Match).' }),
      },
    },
    async handler(request, reply) {
      const { contactId } = request.params as { contactId: string };
      const hasSignature = (request.query as { signature?: string }).signature !== undefined;
      const playable = hasSignature
        ? await contactOfLink(deps, contactId, request.url)
        : await contactOfCaller(deps, contactId, request);
      return await sendAudio(deps, playable, { request, reply });
    },
  });
}

async function contactOfCaller(deps: AudioRouteDeps, contactId: string, request: FastifyRequest) {
  request.caller = await deps.access.authenticate(request.headers);
  deps.access.authorize(request.caller, LISTEN);
  const playable = await playableOfTenant(deps, requireTenant(request), contactId);
  if (playable === undefined) throw contactNotFound(contactId);
  return playable;
}

async function contactOfLink(deps: AudioRouteDeps, contactId: string, url: string): Promise<PlayableContact> {
  let expired = false;
  for (const playable of await playablesUnderId(deps.pool, contactId)) {
    const verdict = deps.links.verify(playable.contact, url);
    if (verdict.ok) return playable;
    expired ||= verdict.why === 'expired';
  }
  throw problem({
    status: 403,
    code: expired ? 'link-expired' : 'signature-refused',
    detail: expired ? 'This link has expired.' : 'The signature is not one for this contact.',
    field: 'query/signature',
    remedy: `Ask for a new link: POST /v1/contacts/${contactId}/audio-links.`,
  });
}

/** The edit list of a contact that can be heard; else the state that says why not (MED-02). */
function requireAudio({ contactId, audio }: ContactSegmented): EditList {
  if (audio.state === 'file-uploaded' && audio.editList !== null) return audio.editList as EditList;
  const never = audio.state === 'no-file-to-upload';
  throw problem({
    status: 409,
    code: 'audio-not-available',
    detail: `The audio of contact ${contactId} is in the state ${audio.state}.${audio.reason === null ? '' : ` ${audio.reason}`}`,
    remedy: never ? 'There will be none.' : 'Try again when the contact’s audio state is file-uploaded.',
  });
}

async function sendAudio(
  deps: AudioRouteDeps,
  { contact, recordings }: PlayableContact,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): Promise<FastifyReply> {
  const list = requireAudio(contact);
  const size = renderedWavSizeBytes(list);
  const etag = `"${contact.contactId}-${contact.version}"`;
  void reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-disposition': `inline; filename="contact-${contact.contactId}.wav"`,
    'referrer-policy': 'no-referrer',
  });
  if (request.headers['if-none-match'] === etag) return await reply.code(304).send();
  // Parts of two versions must not be put together.
  const mayBePart = [undefined, etag].includes(request.headers['if-range'] as string | undefined);
  const range = parseByteRange(mayBePart ? request.headers.range : undefined, size);
  if (range.kind === 'unsatisfiable') {
    throw problem({
      status: 416,
      code: 'range-not-satisfiable',
      detail: `The audio has ${size} bytes.`,
      field: 'headers/range',
      remedy: `Ask for bytes between 0 and ${size - 1}.`,
      headers: { 'content-range': contentRange(range, size)! },
    });
  }
  const { startByte, endByte } = range.kind === 'range' ? range : { startByte: 0, endByte: size };
  const part = contentRange(range, size);
  void reply
    .code(part === undefined ? 200 : 206)
    .type('audio/wav')
    .header('content-length', endByte - startByte);
  if (part !== undefined) void reply.header('content-range', part);
  if (request.method === 'HEAD') return await reply.send();
  const opened = await openRecordings(deps, storedRecordings(recordings), list.pieces);
  // From here on the answer is ours: what goes wrong can only cut it.
  reply.hijack();
  try {
    const parts = renderWavParts(list, opened.openSource, { startByte, endByte });
    reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
    await sendParts(reply.raw, parts);
  } catch (error) {
    request.log.error({ err: error, contactId: contact.contactId }, 'audio was cut off');
  } finally {
    await opened.close();
  }
  return reply;
}
