import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

/** A team's chat that takes messages as Slack's incoming webhooks do. */
export type Chat = {
  url: string;
  /** The messages that have come. */
  heard(): string[];
  stop(): Promise<void>;
};

const message = z.object({ text: z.string() });

export async function openChat(): Promise<Chat> {
  const messages: string[] = [];
  const server = createServer((request, response) => {
    text(request)
      .then((body) => {
        messages.push(message.parse(JSON.parse(body)).text);
        response.end('ok');
      })
      .catch(() => response.writeHead(400).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the chat has no port');
  return {
    url: `http://127.0.0.1:${address.port}/team`,
    heard: () => messages,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
