// The floor: downloads a file, encrypts it by AES-256-GCM and writes it to the disk, with nothing else in it.
import { createCipheriv, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { request } from 'undici';

const [url = '', path = ''] = process.argv.slice(2);
const began = performance.now();
const { body } = await request(url);
const cipher = createCipheriv('aes-256-gcm', randomBytes(32), randomBytes(12));
await pipeline(body, cipher, createWriteStream(path, { flush: true }));
process.stdout.write(`${performance.now() - began}\n`);
await rm(path);
