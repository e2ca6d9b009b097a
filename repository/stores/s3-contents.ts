import type { ListObjectsV2Command } from '@aws-sdk/client-s3';

/** One entry of a listing, as the service wrote it. */
export type ListedObject = { key: string; bytes: number; modifiedAt: Date; storageClass?: string };

/**
 * Makes a listing's entries cheap: they are taken out of the answer before the SDK reads it, which takes some twenty
 * times as long for them as this. What is left, and a page with an entry that is not of the usual form, is the SDK's.
 *
 * @returns where the entries of the answer are to be found after it was sent
 */
export function takeContents(command: ListObjectsV2Command): ListedObject[] {
  const taken: ListedObject[] = [];
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      if (!isAnswer(response) || response.statusCode !== 200) return result;
      const text = await textOf(response.body);
      const entries = contentsIn(text);
      if (entries !== null) taken.push(...entries.objects);
      response.body = Buffer.from(entries?.rest ?? text);
      return result;
    },
    // After the SDK's own reading in this order, and so before it on the way back.
    { step: 'deserialize', priority: 'low', name: 'takeContents' },
  );
  return taken;
}

type Answer = { statusCode: number; body: AsyncIterable<Uint8Array> | Uint8Array };

function isAnswer(response: unknown): response is Answer {
  return typeof response === 'object' && response !== null && 'statusCode' in response && 'body' in response;
}

async function textOf(body: Answer['body']): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const opening = '<Contents>';
const closing = '</Contents>';

/** The entries of a listing's answer, and the answer without them; null where any is not of the usual form. */
export function contentsIn(text: string): { objects: ListedObject[]; rest: string } | null {
  const objects: ListedObject[] = [];
  let rest = '';
  let from = 0;
  for (let start = text.indexOf(opening); start >= 0; start = text.indexOf(opening, from)) {
    const end = text.indexOf(closing, start);
    const object = end < 0 ? null : objectIn(text.slice(start + opening.length, end));
    if (object === null) return null;
    objects.push(object);
    rest += text.slice(from, start);
    from = end + closing.length;
  }
  rest += text.slice(from);
  return rest.includes('Contents') ? null : { objects, rest };
}

function objectIn(entry: string): ListedObject | null {
  if (entry.includes(opening)) return null;
  const key = textIn(entry, keyTag);
  const size = textIn(entry, sizeTag);
  const modified = textIn(entry, modifiedTag);
  const storageClass = textIn(entry, classTag);
  // Anything that XML writes in another way than it is is left to the SDK.
  if (key === null || key === '' || key.includes('&') || key.includes('<')) return null;
  if (size === null || !/^\d{1,15}$/.test(size) || modified === null) return null;
  const modifiedAt = new Date(modified);
  if (Number.isNaN(modifiedAt.getTime())) return null;
  const bytes = Number(size);
  return storageClass === null ? { key, bytes, modifiedAt } : { key, bytes, modifiedAt, storageClass };
}

type Tag = { open: string; close: string };

const tag = (name: string): Tag => ({ open: `<${name}>`, close: `</${name}>` });
const [keyTag, sizeTag, modifiedTag, classTag] = [
  tag('Key'),
  tag('Size'),
  tag('LastModified'),
  tag('StorageClass'),
];

function textIn(entry: string, { open, close }: Tag): string | null {
  const start = entry.indexOf(open);
  if (start < 0) return null;
  const end = entry.indexOf(close, start);
  return end < 0 ? null : entry.slice(start + open.length, end);
}
